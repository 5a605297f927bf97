"""The contract of @modules/web-socket-server, as scripts see it."""

from __future__ import annotations

import asyncio
import json
import socket as sockets

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from accessor_host.codecs.values import supported_receive_types, supported_send_types
from accessor_host.options import load_schema

from ...conftest import RunJs
from ...support.checks import assert_refused
from ...support.scripts import DEADLINE, running
from ...support.server_scripts import receive, script, within
from ...support.wire import Raw


async def close_of(client: ClientConnection) -> tuple[int | None, str | None]:
    await asyncio.wait_for(client.wait_closed(), DEADLINE)
    return client.close_code, client.close_reason


# Options


def test_options_may_be_missing_and_null_means_the_default(run_js: RunJs) -> None:
    outcome = run_js("""
        const { Server } = require('@modules/web-socket-server');
        for (const given of [undefined, null, {}, { port: null, sendType: undefined }]) {
          const s = new Server(given);
          console.log(s.hostInterface, s.port, s.receiveType, s.sendType, s.sslTls,
            JSON.stringify([s.pfxKeyCertPath, s.pfxKeyCertPassword]), s.address());
        }
        console.log(new Server({ hostInterface: '' }).hostInterface, new Server({ port: 0 }).port);
    """)
    line = 'localhost 80 application/json application/json false ["",""] null\n'
    assert outcome.stdout == line * 4 + "localhost 0\n"
    assert outcome.stderr == ""


BAD_OPTIONS = [
    ("{ port: '80' }", "option 'port': '80' is not allowed; expected an integer"),
    ("{ port: 65536 }", "option 'port': 65536 is not allowed; expected an integer"),
    ("{ port: -1 }", "option 'port': -1 is not allowed"),
    ("{ port: 1.5 }", "option 'port': 1.5 is not allowed"),
    ("{ port: NaN }", "option 'port': NaN is not allowed"),
    ("{ port: true }", "option 'port': true is not allowed"),
    ("{ hostInterface: 7 }", "option 'hostInterface': 7 is not allowed; expected a string"),
    ("{ receiveType: 'no/such' }", "option 'receiveType': 'no/such' is not allowed; expected"),
    ("{ sendType: 'image/x' }", "option 'sendType': 'image/x' is not allowed; expected"),
    ("{ sendType: 5 }", "option 'sendType': 5 is not allowed; expected a string"),
    ("{ sslTls: 'yes' }", "option 'sslTls': 'yes' is not allowed; expected true or false"),
    ("{ pfxKeyCertPath: {} }", "option 'pfxKeyCertPath': {} is not allowed"),
    ("{ pfxKeyCertPassword: 1 }", "option 'pfxKeyCertPassword': the value (not shown) is not"),
    ("{ maxMessageSize: 0 }", "option 'maxMessageSize': 0 is not allowed"),
    ("{ allowedOrigins: 'x' }", "option 'allowedOrigins': 'x' is not allowed"),
    ("{ allowedOrigins: [1] }", "option 'allowedOrigins': [ 1 ] is not allowed"),
    ("{ path: 'status' }", "option 'path': 'status' is not allowed; expected a path that"),
    ("{ path: '/a?b' }", "option 'path': '/a?b' is not allowed; expected a path that"),
    ("{ subprotocols: ['a,b'] }", "option 'subprotocols': [ 'a,b' ] is not allowed; expected"),
    ("{ subprotocols: ['a\\n'] }", "option 'subprotocols': [ 'a\\n' ] is not allowed; expect"),
    (
        "{ verifyClient: true }",
        "option 'verifyClient': true is not allowed; expected a function",
    ),
    ("'8080'", "options must be an object, not '8080'"),
    ("[]", "options must be an object, not a list"),
]


def test_a_bad_option_throws_what_is_allowed(run_js: RunJs) -> None:
    assert_refused(run_js, "new (require('@modules/web-socket-server').Server)(%s)", BAD_OPTIONS)


def test_every_option_refuses_a_value_of_another_type(run_js: RunJs) -> None:
    names = sorted(load_schema("web-socket-server")["properties"])
    outcome = run_js(f"""
        const {{ Server }} = require('@modules/web-socket-server');
        for (const name of {json.dumps(names)}) {{
          try {{ new Server({{ [name]: {{}} }}); console.log('accepted', name); }}
          catch (error) {{ if (!error.message.includes(`'${{name}}'`)) console.log(error); }}
        }}
    """)
    assert outcome.stdout == ""


def test_an_unknown_option_is_one_warning_with_the_nearest_name(run_js: RunJs) -> None:
    outcome = run_js("""
        const { Server } = require('@modules/web-socket-server');
        new Server({ prot: 8080 });
        new Server({ 'zzz-nothing-like-it': 1 });
    """)
    assert outcome.stderr.splitlines() == [
        "accessor-host: warning: script.js:3: unknown option 'prot'; did you mean 'port'?",
        "accessor-host: warning: script.js:4: unknown option 'zzz-nothing-like-it'",
    ]
    assert outcome.exit_code == 0


@pytest.mark.parametrize(
    "hook",
    ["undefined", "() => { throw new Error('mine'); }", "() => '    at host.js:1:1'"],
)
def test_a_script_that_formats_traces_itself_cannot_say_where_it_is(
    run_js: RunJs, hook: str
) -> None:
    outcome = run_js(f"""
        Error.prepareStackTrace = {hook};
        new (require('@modules/web-socket-server').Server)({{ prot: 1 }});
    """)
    assert outcome.stderr == (
        "accessor-host: warning: unknown option 'prot'; did you mean 'port'?\n"
    )
    assert outcome.exit_code == 0


def test_the_type_lists_are_what_works(run_js: RunJs) -> None:
    outcome = run_js("""
        const wss = require('@modules/web-socket-server');
        const all = [wss.supportedReceiveTypes(), wss.supportedSendTypes()];
        for (const type of all[0]) new wss.Server({ receiveType: type, sendType: type });
        console.log(JSON.stringify(all));
    """)
    assert json.loads(outcome.stdout) == [
        list(supported_receive_types()),
        list(supported_send_types()),
    ]


def test_exports_are_the_specified_ones(run_js: RunJs) -> None:
    outcome = run_js("""
        const wss = require('@modules/web-socket-server');
        const EventEmitter = require('events');
        console.log(Object.keys(wss).sort().join());
        console.log(new wss.Server() instanceof EventEmitter);
        try { new wss.Socket(); } catch (error) { console.log(error.message); }
    """)
    assert outcome.stdout == (
        "Server,Socket,supportedReceiveTypes,supportedSendTypes\n"
        "true\n"
        "a Socket is made by a Server, not by a script\n"
    )


def test_printing_a_server_does_not_print_its_password(run_js: RunJs) -> None:
    outcome = run_js("""
        const { Server } = require('@modules/web-socket-server');
        const server = new Server({ pfxKeyCertPassword: 'hunter2' });
        console.log(server, JSON.stringify(server), server.pfxKeyCertPassword.length);
    """)
    assert "hunter2" not in outcome.stdout
    assert outcome.stdout.endswith("7\n")


# Starting and stopping


def test_listening_comes_once_with_the_port_and_before_any_connection(engine: str) -> None:
    async def main() -> None:
        source = script("""
            console.log('address before', server.address());
            server.on('listening', (port) => {
              const a = server.address();
              console.log('address', a.port === port, a.family, a.address);
            });
            server.on('connection', () => console.log('connection'));
        """)
        async with running(engine, source) as run:
            assert await run.stdout.next() == "address before null"
            port = await run.port()
            assert (await run.stdout.next()).startswith("address true IPv4 127.0.0.1")
            async with connect(f"ws://127.0.0.1:{port}"):
                assert await run.stdout.next() == "connection"
        assert run.stdout.text.count("listening") == 1

    within(main())


def test_localhost_is_both_loopback_addresses(engine: str) -> None:
    async def main() -> None:
        async with running(engine, script("")) as run:
            port = await run.port()
            for address in ("127.0.0.1", "[::1]"):
                async with connect(f"ws://{address}:{port}"):
                    pass

    within(main())


def test_starting_a_started_server_is_an_error_event(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('error', (error) => console.log('error', error.code, error.message));
            server.once('listening', () => server.start());
            server.start();
        """)
        async with running(engine, source) as run:
            for _ in range(2):
                line = await run.stdout.until("error")
                assert line.startswith("ERR_SERVER_ALREADY_STARTED ")
                assert line.endswith(": the server is already started")

    within(main())


def test_a_port_in_use_is_an_error_with_its_code(engine: str) -> None:
    async def main() -> None:
        with sockets.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            source = f"""
                const {{ Server }} = require('@modules/web-socket-server');
                const server = new Server({{ port: {port}, hostInterface: '127.0.0.1' }});
                server.on('listening', () => console.log('listening'));
                server.on('error', (e) => {{
                  console.log(e instanceof Error, e.code, e.message, server.address());
                }});
                server.start();
            """
            async with running(engine, source) as run:
                line = await run.stdout.next()
                assert line.startswith(
                    f"true EADDRINUSE listen EADDRINUSE: cannot listen on 127.0.0.1:{port}: "
                )
                await run.ended()
                assert "listening" not in run.stdout.text
                assert run.host.exit_code == 1

    within(main())


TWO_SERVERS = """
    const { Server } = require('@modules/web-socket-server');
    for (const _ of [1, 2]) {
      const server = new Server({ port: 0, closingTimeout: 1000 });
      server.on('listening', (port) => console.log('listening', port));
      server.start();
    }
"""


def test_silent_clients_of_two_servers_have_their_time_together(engine: str) -> None:
    async def main() -> None:
        async with running(engine, TWO_SERVERS) as run:
            raws = [await Raw.open(await run.port()) for _ in range(2)]
            began = asyncio.get_running_loop().time()
            await run.host.stop()
            assert 0.9 < asyncio.get_running_loop().time() - began < 1.9
            for raw in raws:
                raw.writer.close()

    within(main())


FAILED_LISTENS = """
    const { Server } = require('@modules/web-socket-server');
    const make = (port) => {
      const server = new Server({ port, hostInterface: '127.0.0.1' });
      server.on('error', (error) => console.log(error.code));
      server.on('listening', () => server.stop());
      return server;
    };
    const taken = make(%d);
"""


@pytest.mark.parametrize(
    ("then", "code"),
    [
        ("taken.start();", 1),
        # Another port, once it is known that the first is taken.
        ("taken.on('error', () => make(0).start()); taken.start();", 0),
        # The same server, after it could not.
        ("taken.once('error', () => taken.start()); taken.start();", 1),
        # Another one that was starting anyway makes up for nothing.
        ("taken.start(); make(0).start();", 1),
        ("const other = make(0); other.on('close', () => taken.start()); other.start();", 1),
        # To start what listens already is an error, and nothing that was to listen does not.
        ("const other = make(0); other.start(); other.start();", 0),
        ("const other = make(0); other.start(); other.stop();", 0),
    ],
)
def test_the_run_fails_with_a_server_that_could_not_listen(
    engine: str, then: str, code: int
) -> None:
    async def main() -> None:
        with sockets.create_server(("127.0.0.1", 0)) as taken:
            source = (FAILED_LISTENS + then) % taken.getsockname()[1]
            async with running(engine, source) as run:
                await run.ended()
                assert run.host.exit_code == code
                assert run.stderr.text == ""

    within(main())


def test_an_unhandled_bind_failure_is_an_uncaught_error(engine: str) -> None:
    async def main() -> None:
        with sockets.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            source = f"""
                const {{ Server }} = require('@modules/web-socket-server');
                new Server({{ port: {port}, hostInterface: '127.0.0.1' }}).start();
            """
            async with running(engine, source) as run:
                await run.ended()
                assert run.host.exit_code == 1
                assert "EADDRINUSE" in run.stderr.text
                assert f"127.0.0.1:{port}" in run.stderr.text

    within(main())


def test_an_interface_that_does_not_exist_is_an_error(engine: str) -> None:
    async def main() -> None:
        source = script(
            "server.on('error', (e) => console.log('error', e.code));",
            "hostInterface: 'no.such.host.invalid'",
        )
        async with running(engine, source) as run:
            assert await run.stdout.until("error") in ("ENOTFOUND", "EAI_AGAIN")

    within(main())


def test_stop_closes_sockets_with_1001_then_the_server(engine: str) -> None:
    async def main() -> None:
        source = script("""
            let sockets = 0;
            server.on('connection', (socket) => {
              socket.on('close', (code, reason) => console.log('socket', code, socket.isOpen()));
              if (++sockets === 2) {
                socket.send('last words');
                server.stop();
                server.stop();
              }
            });
            server.on('close', () => console.log('server', server.address()));
        """)
        async with running(engine, source) as run:
            port = await run.port()
            async with connect(f"ws://127.0.0.1:{port}") as one:
                async with connect(f"ws://127.0.0.1:{port}") as two:
                    assert await receive(two) == '"last words"'
                    assert (await close_of(one))[0] == 1001
                    assert (await close_of(two))[0] == 1001
            await run.ended()
            assert run.stdout.text.splitlines()[1:] == [
                "socket 1001 false",
                "socket 1001 false",
                "server null",
            ]
            assert run.host.exit_code == 0

    within(main())


def test_stop_before_start_does_nothing(run_js: RunJs) -> None:
    outcome = run_js("""
        const { Server } = require('@modules/web-socket-server');
        const server = new Server({ port: 0 });
        server.on('close', () => console.log('close'));
        server.stop();
    """)
    assert (outcome.stdout, outcome.stderr, outcome.exit_code) == ("", "", 0)


def test_start_after_stop_works_also_at_once(engine: str) -> None:
    async def main() -> None:
        source = script("""
            let times = 0;
            server.on('close', () => console.log('closed'));
            server.on('listening', () => { if (++times === 1) { server.stop(); server.start(); } });
            server.on('connection', (socket) => socket.send(times));
        """)
        async with running(engine, source) as run:
            await run.port()
            await run.stdout.until("closed")
            port = await run.port()
            async with connect(f"ws://127.0.0.1:{port}") as client:
                assert await receive(client) == "2"

    within(main())


# Messages


def test_values_arrive_decoded_and_leave_encoded(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('connection', (socket) => {
              socket.on('message', function (value, ...more) {
                const sent = socket.send(value);
                console.log(typeof value, more.length, this === socket, sent);
              });
            });
        """)
        vectors = ['{"a":[1,null,{"b":"\\u00e9"}]}', "[]", "3.5", "null", "true", '"text"', "0"]
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                for wire in vectors:
                    await client.send(wire)
                    assert json.loads(await receive(client)) == json.loads(wire)
                    assert (await run.stdout.next()).endswith("0 true true")
                await client.send("not json {")
                assert await receive(client) == '"not json {"'
                await client.send(b'{"binary":1}')
                assert await receive(client) == '{"binary":1}'
                await client.send(b"bad \xff utf-8")
                assert json.loads(await receive(client)) == "bad \ufffd utf-8"

    within(main())


# Long text leaves the engine another way than short text, and the engines end a text at a NUL.
@pytest.mark.parametrize("character", ["x", "\0", "\x1d", "\x1e", "\x1f", "é", "漢", "\U0001f600"])
def test_text_comes_back_whatever_is_in_it(engine: str, character: str) -> None:
    async def main() -> None:
        source = script(
            "server.on('connection', (s) => {"
            "  s.on('message', (text) => { s.send(text); s.send('5 x'); });"
            "});",
            "receiveType: 'text/plain', sendType: 'text/plain'",
        )
        sizes = (1, 127, 128, 129, 70_000)
        texts = [("a" * (size // 2) + character).ljust(size, "z") for size in sizes]
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                for text in (text for text in texts for _ in range(2)):
                    await client.send(text)
                    assert await receive(client) == text
                    assert await receive(client) == "5 x"

    within(main())


@pytest.mark.parametrize(
    "handler",
    [
        "async (text) => { await null; s.send(text); }",
        "(text) => { Promise.resolve(text).then((same) => s.send(same)); }",
        "(text) => { setTimeout(() => s.send(text), 0); }",
        "(text) => { s.send(last); s.send(text); last = text; }",
    ],
)
def test_each_text_comes_back_however_late(engine: str, handler: str) -> None:
    # A text that is sent as it came does not leave the engine: which it is must stay true.
    async def main() -> None:
        source = script(
            f"let last = 'none'; server.on('connection', (s) => s.on('message', {handler}));",
            "receiveType: 'text/plain', sendType: 'text/plain'",
        )
        texts = [letter * 1_000 for letter in "abcdef"]
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                for text in texts:
                    await client.send(text)
                if "last" in handler:
                    pairs = zip(["none", *texts], texts, strict=False)
                    texts = [text for pair in pairs for text in pair]
                assert [await receive(client) for _ in texts] == texts

    within(main())


def test_text_types_are_strings(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              socket.on('message', (text) => {
                socket.send(text);
                socket.send(42);
                try { socket.send(null); } catch (e) { console.log('thrown', e.name); }
              });
            });
            """,
            "receiveType: 'text/plain', sendType: 'text/html'",
        )
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                await client.send('{"a":1} \U0001f600 \0')
                assert await receive(client) == '{"a":1} \U0001f600 \0'
                assert await receive(client) == "42"
                assert await run.stdout.until("thrown") == "TypeError"

    within(main())


def test_a_value_without_a_json_form_throws_to_the_caller(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('connection', (socket) => {
              const loop = {}; loop.self = loop;
              for (const bad of [undefined, () => 1, Symbol('s'), loop, 10n]) {
                try { console.log('sent', socket.send(bad)); }
                catch (error) { console.log(error instanceof TypeError); }
              }
              socket.send('fine');
            });
        """)
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                assert await receive(client) == '"fine"'
            for _ in range(5):
                assert await run.stdout.next() == "true"

    within(main())


def test_a_message_that_comes_with_the_handshake_is_heard(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('connection', (socket) => socket.on('message', (m) => console.log('got', m)));
        """)
        handshake = (
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        frame = bytes((0x81, 0x82, 0, 0, 0, 0)) + b"17"
        async with running(engine, source) as run:
            _, writer = await asyncio.open_connection("127.0.0.1", await run.port())
            writer.write(handshake + frame)
            assert await run.stdout.until("got") == "17"
            writer.close()
            await writer.wait_closed()

    within(main())


def test_ten_thousand_messages_keep_their_order(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('connection', (socket) => {
              let next = 0;
              socket.on('message', (n) => {
                if (n !== next++) console.log('out of order', n);
                socket.send(n);
              });
            });
        """)
        count = 10_000
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:

                async def send() -> None:
                    for number in range(count):
                        await client.send(str(number))

                sending = asyncio.create_task(send())
                for number in range(count):
                    assert await receive(client) == str(number)
                await sending
            assert "out of order" not in run.stdout.text

    within(main())


# Sockets


def test_a_socket_knows_its_peer_and_its_state(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('connection', (socket, ...more) => {
              console.log('socket', socket instanceof Socket, more.length, socket.isOpen(),
                socket.remoteHost(), socket.remotePort());
            });
        """)
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                port = client.local_address[1]
                assert await run.stdout.until("socket") == f"true 1 true 127.0.0.1 {port}"

    within(main())


@pytest.mark.parametrize(
    ("call", "code", "reason"),
    [
        ("close()", 1000, ""),
        ("close(4001)", 4001, ""),
        ("close(3000, 'b\\u00fd')", 3000, "b\u00fd"),
        ("close(1011, 'x'.repeat(123))", 1011, "x" * 123),
    ],
)
def test_the_script_can_close(engine: str, call: str, code: int, reason: str) -> None:
    async def main() -> None:
        source = script(f"""
            server.on('connection', (socket) => {{
              socket.on('close', (...args) => console.log('close', JSON.stringify(args)));
              socket.{call};
              socket.close();
              console.log('open', socket.isOpen());
            }});
        """)
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                assert await close_of(client) == (code, reason)
            assert await run.stdout.until("open") == "false"
            assert json.loads(await run.stdout.until("close")) == [code, reason]
        assert run.stdout.text.count("close") == 1

    within(main())


def test_the_client_can_close(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('connection', (socket) => {
              socket.on('close', (...args) => {
                console.log('close', JSON.stringify(args), socket.isOpen());
              });
            });
        """)
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                await client.close(4321, "gone")
            assert await run.stdout.until("close") == '[4321,"gone"] false'
        assert run.stdout.text.count("close") == 1

    within(main())


BAD_CLOSES = [
    "close(999)",
    "close(1005)",
    "close(1006)",
    "close(1015)",
    "close(5000)",
    "close('1000')",
    "close(null)",
    "close(1000.5)",
    "close(1000, 7)",
    "close(1000, 'x'.repeat(124))",
    "close(1000, '\\u00e9'.repeat(62))",
]


def test_a_close_that_is_not_allowed_throws_to_the_caller(engine: str) -> None:
    attempts = "".join(
        f"""
        try {{ socket.{call}; }} catch (error) {{ console.log('thrown', error.name); }}
        console.log('open', socket.isOpen());
        """
        for call in BAD_CLOSES
    )

    async def main() -> None:
        source = script(f"server.on('connection', (socket) => {{ {attempts} }});")
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}"):
                for call in BAD_CLOSES:
                    assert await run.stdout.until("thrown") in ("RangeError", "TypeError"), call
                    assert await run.stdout.until("open") == "true", call

    within(main())


def test_sending_on_a_closed_socket_is_false_with_one_warning(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('connection', (socket) => {
              socket.close();
              console.log('sent', socket.send(1), socket.send(2));
            });
        """)
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                assert await run.stdout.until("sent") == "false false"
                with pytest.raises(ConnectionClosed):
                    await receive(client)
            assert run.stderr.text.count("warning") == 1
            assert "that is not open" in run.stderr.text

    within(main())


def test_a_fault_of_a_peer_is_an_error_event_then_close(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              socket.on('error', (e) => console.log('error', e instanceof Error, e.code));
              socket.on('close', (code) => console.log('close', code));
            });
            """,
            "maxMessageSize: 10",
        )
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                await client.send("x" * 11)
                assert (await close_of(client))[0] == 1009
            assert await run.stdout.until("error") == "true WS_MESSAGE_TOO_BIG"
            assert await run.stdout.until("close") == "1009"

    within(main())


def test_a_fault_that_nobody_hears_is_logged_and_harms_nobody(engine: str) -> None:
    async def main() -> None:
        source = script(
            "server.on('connection', (s) => s.on('message', (m) => s.send(m)));",
            "maxMessageSize: 10",
        )
        async with running(engine, source) as run:
            port = await run.port()
            async with connect(f"ws://127.0.0.1:{port}") as good:
                async with connect(f"ws://127.0.0.1:{port}") as bad:
                    await bad.send("x" * 11)
                    await close_of(bad)
                await good.send("1")
                assert await receive(good) == "1"
            assert "WS_MESSAGE_TOO_BIG" in run.stderr.text
            assert run.stderr.text.count("\n") == 1
            assert run.host.exit_code == 0

    within(main())


def test_a_throwing_handler_does_not_harm_other_sockets(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('connection', (socket) => {
              socket.on('message', (m) => {
                if (m === 'boom') throw new Error('boom');
                socket.send(m);
              });
            });
        """)
        async with running(engine, source) as run:
            port = await run.port()
            async with (
                connect(f"ws://127.0.0.1:{port}") as one,
                connect(f"ws://127.0.0.1:{port}") as two,
            ):
                await one.send('"boom"')
                await one.send("1")
                await two.send("2")
                assert await receive(one) == "1"
                assert await receive(two) == "2"
            assert run.stderr.text.startswith("Uncaught Error: boom\n    at ")
            assert run.host.exit_code == 1

    within(main())


def test_a_listener_may_remove_itself_while_it_runs(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('connection', (socket) => {
              socket.on('message', function first(m) {
                socket.off('message', first);
                socket.send('a');
              });
              socket.on('message', (m) => socket.send('b'));
            });
        """)
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                await client.send("1")
                await client.send("2")
                assert [await receive(client) for _ in range(3)] == ['"a"', '"b"', '"b"']

    within(main())


@pytest.mark.slow
def test_a_broadcast_reaches_a_thousand_sockets(engine: str) -> None:
    async def main() -> None:
        source = script("""
            const all = new Set();
            server.on('connection', (socket) => {
              all.add(socket);
              socket.on('message', (m) => { for (const one of all) one.send(m); });
              socket.on('close', () => all.delete(socket));
              if (all.size === 1000) console.log('all are here');
            });
        """)
        async with running(engine, source) as run:
            port = await run.port()
            clients = await asyncio.gather(
                *(connect(f"ws://127.0.0.1:{port}", open_timeout=30) for _ in range(1000))
            )
            await run.stdout.until("all are here")
            await clients[0].send('"hello"')
            assert set(await asyncio.gather(*map(receive, clients))) == {'"hello"'}
            await asyncio.gather(*(client.close() for client in clients))

    within(main())


def test_a_run_ends_when_its_last_server_has_stopped(engine: str) -> None:
    async def main() -> None:
        source = script("server.on('listening', () => setTimeout(() => server.stop(), 10));")
        async with running(engine, source) as run:
            await run.ended()
            assert run.host.exit_code == 0

    within(main())


def test_a_busy_script_leaves_room_for_the_rest_of_the_program(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('connection', (socket) => {
              socket.on('message', (m) => {
                const end = Date.now() + 1;
                while (Date.now() < end);
                if (m === 999) socket.send(m);
              });
            });
        """)
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.001)
                ticks += 1

        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                for number in range(1000):
                    await client.send(str(number))
                ticking = asyncio.create_task(tick())
                assert await receive(client) == "999"
                ticking.cancel()
        # A second of JavaScript, in turns of 50 ms at most.
        assert ticks >= 5

    within(main())
