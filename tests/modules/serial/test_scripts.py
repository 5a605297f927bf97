"""The contract of @modules/serial, as scripts see it, on the port without hardware."""

from __future__ import annotations

import json
import sys

import pytest

from ...conftest import RunJs
from ...support.scripts import running
from ...support.wire import run

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

NUMBERS = ["byte", "double", "float", "int"]
TYPES = [*NUMBERS, "json", "number", "short", "string", "unsignedbyte", "unsignedshort"]


def loopback(body: str, **options: object) -> str:
    """Return a script with an open port that prints what arrives and closes after `bye`."""
    return f"""
        const {{ SerialPort }} = require('@modules/serial');
        const port = new SerialPort('loopback', 'me', 1000, {json.dumps(options)});
        port.on('data', (value) => {{
          console.log('data', typeof value, JSON.stringify(value));
          if (value === 'bye' || value === 99) port.close();
        }});
        port.on('error', (error) => console.log('error', error.code, error.message));
        {body}
    """


@pytest.mark.parametrize("name", ["@modules/serial", "@accessors-modules/serial", "serial"])
def test_it_is_one_module_by_every_name_it_has(run_js: RunJs, name: str) -> None:
    outcome = run_js(f"console.log(require('{name}') === require('@modules/serial'));")
    assert outcome.stdout == "true\n"


def test_what_it_exports(run_js: RunJs) -> None:
    outcome = run_js("""
        const serial = require('@modules/serial');
        console.log(Object.keys(serial).sort().join());
        console.log(serial.supportedReceiveTypes().join(' '));
        console.log(serial.supportedSendTypes().join(' '));
        serial.supportedSendTypes().length = 0;
        console.log(serial.supportedSendTypes().length);
    """)
    assert outcome.stdout.splitlines() == [
        "SerialPort,hostSerialPorts,supportedReceiveTypes,supportedSendTypes",
        " ".join(TYPES),
        " ".join(TYPES),
        str(len(TYPES)),
    ]


def test_ports_are_told_once_and_at_once(run_js: RunJs) -> None:
    outcome = run_js("""
        const { hostSerialPorts } = require('@modules/serial');
        let calls = 0;
        const returned = hostSerialPorts((ports) => {
          calls++;
          console.log(Array.isArray(ports), ports[0]);
        });
        console.log(calls, Array.isArray(returned), hostSerialPorts()[0]);
        setTimeout(() => console.log(calls), 5);
        try { hostSerialPorts(5); } catch (error) { console.log(error.name); }
    """)
    assert outcome.stdout == "true loopback\n1 true loopback\nTypeError\n1\n"


def test_the_loopback_needs_no_extra(run_js: RunJs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serial", None)
    monkeypatch.setitem(sys.modules, "serial.tools.list_ports", None)
    outcome = run_js(
        """
        const { hostSerialPorts } = require('@modules/serial');
        console.log(hostSerialPorts().join());
        """
        + loopback("port.open(); port.send('bye');")
        + """
        const real = new SerialPort('/dev/null', 'me');
        real.on('error', (error) => console.log(error.code, error.message));
        real.open();
        """
    )
    assert outcome.stdout.splitlines() == [
        "loopback",
        'data string "bye"',
        "ERR_MODULE_NOT_AVAILABLE serial ports need pyserial: pip install 'accessor-host[serial]'; "
        "the port 'loopback' needs nothing",
    ]


def test_nothing_comes_before_it_is_open_and_later_than_it_was_sent(run_js: RunJs) -> None:
    outcome = run_js(
        loopback("""
            port.send('early');
            setTimeout(() => {
              console.log('open');
              port.open();
              port.send('late');
              port.send('bye');
              console.log('sent');
            }, 5);
        """)
    )
    lines = ["open", "sent", *(f'data string "{text}"' for text in ("early", "late", "bye"))]
    assert outcome.stdout.splitlines() == lines
    assert (outcome.stderr, outcome.exit_code) == ("", 0)


@pytest.mark.parametrize(
    ("options", "sent", "expected"),
    [
        ({}, ["'a'", "'Grüße 🚀'", "''", "'bye'"], ['"a"', '"Grüße 🚀"', '"bye"']),
        ({}, ["5", "['a', 'b']", "'bye'"], ['"5"', '"a"', '"b"', '"bye"']),
        ({}, ["'x\\0y'", "Buffer.from('raw')", "'bye'"], ['"x"', '"y"', '"raw"', '"bye"']),
        (
            {"sendType": "json", "receiveType": "json"},
            ["{ a: [1] }", "'as it is'", "[1, 2]", "null", "'bye'"],
            ['"{\\"a\\":[1]}"', '"as it is"', '"[1,2]"', '"null"', '"bye"'],
        ),
        ({"sendType": "int", "receiveType": "string"}, ["65", "66", "[0]"], ['"A"', '"B"']),
        ({"sendType": "byte", "receiveType": "unsignedbyte"}, ["-1", "[1, 2.9, 99]"], "255 1 2 99"),
        ({"sendType": "short", "receiveType": "byte"}, ["258", "99"], "1 2 0 99"),
        ({"sendType": "byte", "receiveType": "short"}, ["[1]", "[2, 0]", "99"], "258 99"),
        ({"sendType": "number", "receiveType": "double"}, ["0.1", "NaN", "99"], "0.1 null 99"),
        ({"sendType": "INT", "receiveType": "Int"}, ["2147483648", "99"], "-2147483648 99"),
    ],
)
def test_what_is_sent_comes_back_through_the_same_bytes(
    run_js: RunJs, options: dict[str, str], sent: list[str], expected: list[str] | str
) -> None:
    values = expected.split() if isinstance(expected, str) else expected
    sends = "".join(f"port.send({value});" for value in sent)
    count = f"let n = 0; port.on('data', () => {{ if (++n === {len(values)}) port.close(); }});"
    outcome = run_js(loopback(f"port.open(); {sends} {count}", **options))
    assert [line.split(" ", 2)[2] for line in outcome.stdout.splitlines()] == values
    assert (outcome.stderr, outcome.exit_code) == ("", 0)


def test_what_cannot_be_sent_throws(run_js: RunJs) -> None:
    outcome = run_js("""
        const { SerialPort } = require('@modules/serial');
        for (const [sendType, values] of [
          ['string', [null, undefined, ['a', null]]],
          ['json', [undefined, () => 1]],
          ['int', ['x', null, {}, [1, 'y']]]
        ]) {
          const port = new SerialPort('loopback', 'me', 1000, { sendType });
          for (const value of values) {
            try { port.send(value); } catch (error) { console.log(error.name); }
          }
        }
    """)
    assert outcome.stdout == "TypeError\n" * 9
    assert (outcome.stderr, outcome.exit_code) == ("", 0)


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "5",
        "''",
        "'loopback', 'me', 0",
        "'loopback', 'me', NaN",
        "'loopback', 'me', 600001",
        "'loopback', 'me', 'soon'",
        "'loopback', 'me', 1000, { baudRate: 0 }",
        "'loopback', 'me', 1000, { baudRate: 9600.5 }",
        "'loopback', 'me', 1000, { receiveType: 'image' }",
        "'loopback', 'me', 1000, { sendType: 'words' }",
        "'loopback', 'me', 1000, { maxUnsentBytes: 0 }",
    ],
)
def test_what_is_not_allowed_throws_when_it_is_made(run_js: RunJs, arguments: str) -> None:
    outcome = run_js(f"""
        const {{ SerialPort }} = require('@modules/serial');
        try {{ new SerialPort({arguments}); }} catch (error) {{ console.log(error.name); }}
    """)
    assert outcome.stdout == "TypeError\n"


def test_closing_removes_the_listeners_and_may_be_done_in_any_state(run_js: RunJs) -> None:
    outcome = run_js(
        loopback("""
            port.close();
            console.log(port.listenerCount('data'));
            port.open();
            port.close();
            port.close();
            port.on('data', (value) => { console.log('again', value); port.close(); });
            port.open();
            port.send('second');
        """)
    )
    assert outcome.stdout == "0\nagain second\n"
    assert (outcome.stderr, outcome.exit_code) == ("", 0)


def test_what_is_under_way_when_it_is_closed_is_not_told(run_js: RunJs) -> None:
    outcome = run_js(
        loopback(
            """
            port.open();
            port.send([1, 2, 3, 4]);
            port.removeAllListeners('data');
            port.on('data', (value) => {
              console.log(value);
              if (value !== 2) return;
              port.close();
              port.on('data', (next) => { console.log('second', next); port.close(); });
              port.open();
              port.send(7);
            });
            """,
            sendType="byte",
            receiveType="byte",
        )
    )
    assert outcome.stdout == "1\n2\nsecond 7\n"


def test_what_was_never_sent_is_reported_at_the_end(run_js: RunJs) -> None:
    outcome = run_js(loopback("port.send('abc'); port.close();"))
    assert outcome.stdout == ""
    assert "4 bytes were not sent before the serial port loopback was closed" in outcome.stderr


def test_one_user_at_a_time_and_the_error_names_the_first(run_js: RunJs) -> None:
    outcome = run_js(
        loopback("""
            port.open();
            const other = new SerialPort('loopback', 'other');
            other.on('error', (error) => {
              console.log(error instanceof Error, error.code, error.message);
              port.close();
              other.on('data', (value) => { console.log(value); other.close(); });
              other.open();
              other.send('mine now');
            });
            other.open();
        """)
    )
    assert outcome.stdout.splitlines() == [
        "true ERR_SERIAL_IN_USE loopback is in use by 'me'",
        "mine now",
    ]


def test_an_error_that_nobody_takes_is_reported(run_js: RunJs) -> None:
    outcome = run_js("""
        const { SerialPort } = require('@modules/serial');
        new SerialPort('/dev/no-such-port', 'me').open();
        setTimeout(() => console.log('the rest runs on'), 20);
    """)
    assert outcome.stdout == "the rest runs on\n"
    assert "there is no serial port '/dev/no-such-port'" in outcome.stderr
    assert outcome.exit_code == 1


def test_types_may_change(run_js: RunJs) -> None:
    outcome = run_js(
        loopback("""
            port.open();
            port.send('text');
            port.once('data', () => {
              port.setSendType('short');
              port.setReceiveType('UnsignedByte');
              console.log(port.options.sendType, port.options.receiveType);
              port.send([258, 99]);
            });
            try { port.setSendType('image'); } catch (error) { console.log(error.name); }
        """)
    )
    assert outcome.stdout.splitlines() == [
        "TypeError",
        'data string "text"',
        "short unsignedbyte",
        *(f"data number {value}" for value in (1, 2, 0, 99)),
    ]


def test_a_handler_that_throws_loses_nothing(run_js: RunJs) -> None:
    outcome = run_js(
        loopback(
            "port.on('data', (value) => { if (value === 1) throw new Error('handler'); });"
            "port.open(); port.send([1, 2, 99]);",
            sendType="byte",
            receiveType="byte",
        )
    )
    assert outcome.stdout.splitlines() == [f"data number {value}" for value in (1, 2, 99)]
    assert "handler" in outcome.stderr
    assert outcome.exit_code == 1


def test_what_waits_is_bounded(run_js: RunJs) -> None:
    outcome = run_js(
        loopback(
            """
            port.send('1234');
            port.send('1234');
            port.send('6');
            port.on('error', () => port.open());
            port.on('data', () => port.send('bye'));
            """,
            maxUnsentBytes=10,
        )
    )
    assert outcome.stdout.splitlines() == [
        "error ERR_SERIAL_QUEUE_FULL 2 bytes are not sent: more than maxUnsentBytes, 10, wait",
        'data string "1234"',
        'data string "1234"',
        'data string "bye"',
    ]


def test_a_text_that_is_too_long_is_one_error(run_js: RunJs) -> None:
    outcome = run_js(
        loopback(
            "port.open(); port.send('12345678'); port.send('x'.repeat(9000)); port.send('bye');",
            maxMessageSize=8,
        )
    )
    assert outcome.stdout.splitlines() == [
        'data string "12345678"',
        "error ERR_SERIAL_TOO_LONG a text is longer than maxMessageSize, 8 bytes, and is dropped",
        'data string "bye"',
    ]


def test_much_comes_back_whole(run_js: RunJs) -> None:
    outcome = run_js(
        loopback(
            """
            port.removeAllListeners('data');
            let sum = 0, count = 0;
            port.on('data', (value) => {
              sum += value;
              if (++count === 20000) { console.log(sum); port.close(); }
            });
            port.open();
            for (let i = 0; i < 20; i++) port.send(new Uint16Array(1000).fill(i));
            """,
            sendType="unsignedshort",
            receiveType="unsignedshort",
        )
    )
    assert outcome.stdout == "190000\n"


def test_the_host_stops_with_open_ports(engine: str) -> None:
    async def main() -> None:
        async with running(engine, loopback("port.open(); port.send('x');")) as script:
            assert await script.stdout.next() == 'data string "x"'
            await script.host.stop()
            assert script.stderr.text == ""

    run(main())
