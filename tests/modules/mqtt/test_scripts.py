"""The contract of @modules/mqtt, as scripts see it, with mosquitto as the broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from accessor_host.options import load_schema

from ...conftest import RunJs
from ...support.certificates import Certificates
from ...support.mosquitto import PASSWORD, USER, Broker, mosquitto
from ...support.programs import free_port
from ...support.scripts import DEADLINE, running

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with mosquitto() as started:
        yield started


def within(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 3 * DEADLINE))


def script(port: int, body: str, options: str = "") -> str:
    return f"""
        const mqtt = require('@modules/mqtt');
        const make = (more) => {{
          const given = {{ reconnectMinDelay: 50, {options} }};
          return mqtt.createClient({port}, '127.0.0.1', Object.assign(given, more));
        }};
        const show = (client, prefix = '') => {{
          for (const name of ['connect', 'message', 'close', 'error']) {{
            client.on(name, (...args) => {{
              const shown = args.map((a) => (a instanceof Error ? a.code : JSON.stringify(a)));
              console.log([prefix + name, ...shown].join(' '));
            }});
          }}
          return client;
        }};
        const client = show(make());
        {body}
    """


def lines(run_js: RunJs, port: int, body: str, options: str = "") -> list[str]:
    """Run a script to its end and return what it printed."""
    outcome = run_js(script(port, body, options))
    assert outcome.stderr == ""
    return outcome.stdout.splitlines()


def test_what_the_module_exports(run_js: RunJs) -> None:
    outcome = run_js("""
        const mqtt = require('@modules/mqtt');
        console.log(Object.keys(mqtt).sort(), require('mqtt') === mqtt);
        console.log(mqtt.byteArrayToString([104, 195, 164, -28]), mqtt.binToStr(Buffer.from('ok')));
        for (const args of [['1883', 'localhost'], [1883], [0, 'a'], [1883, 5]]) {
          try { mqtt.createClient(...args); } catch (thrown) { console.log(typeof thrown); }
        }
        const client = mqtt.createClient(1883, 'localhost');
        console.log(client.connected, client.on === require('events').prototype.on);
        try { client.connected = true; } catch (error) { console.log('read-only'); }
        console.log(client.connected);
    """)
    assert outcome.stdout.splitlines()[:7] == [
        "[ 'binToStr', 'byteArrayToString', 'createClient' ] true",
        "hä\ufffd ok",
        *["string"] * 4,
        "false true",
    ]
    assert outcome.stdout.splitlines()[-1] == "false"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("make({ keepalive: -1 })", "option 'keepalive': -1 is not allowed"),
        ("make({ clean: false })", "option 'clean': false is not allowed"),
        ("make({ password: 'secret' })", "option 'username': '' is not allowed"),
        ("make({ reconnectMaxDelay: 1 })", "option 'reconnectMaxDelay': 1 is not allowed"),
        ("make({ clientId: 'a\\0' })", "option 'clientId': 'a\\x00' is not allowed"),
        ("make({ will: 'x' })", "option 'will': 'x' is not allowed"),
        ("make({ will: { topic: 'a/#' } })", "option 'will': this is not allowed"),
        ("make({ will: { topic: 'a', qos: 3 } })", "option 'will': this is not allowed"),
        ("client.publish('', 'x')", 'topic "" is not allowed'),
        ("client.publish('a/+', 'x')", 'topic "a/+" is not allowed'),
        ("client.publish('a\\0', 'x')", 'topic "a\\u0000" is not allowed'),
        ("client.publish('a'.repeat(65536), 'x')", "topic "),
        ("client.publish(5, 'x')", 'The "topic" argument must be of type string'),
        ("client.publish('a')", 'The "message" argument must be'),
        ("client.publish('a', [256])", 'The "message[0]" argument must be'),
        ("client.publish('a', 'x', { qos: 3 })", 'The "qos" argument must be'),
        ("client.publish('a', 'x', { retain: 1 })", 'The "retain" argument must be'),
        ("client.publish('a', 'x', {}, 5)", 'The "callback" argument must be'),
        ("client.subscribe('a/#/b')", 'topic "a/#/b" is not allowed'),
        ("client.subscribe('a+')", 'topic "a+" is not allowed'),
        ("client.subscribe('a', { qos: '1' })", 'The "qos" argument must be'),
        ("client.unsubscribe('')", 'topic "" is not allowed'),
    ],
)
@pytest.mark.slow_with("dukpy")
def test_a_bad_value_throws_what_is_allowed(run_js: RunJs, call: str, words: str) -> None:
    shown = "console.log(error instanceof TypeError, error.message)"
    (line,) = lines(run_js, 1, f"try {{ {call}; }} catch (error) {{ {shown}; }}")
    assert line.startswith(f"true {words}")
    assert "secret" not in line


def test_defaults_are_the_documented_ones(run_js: RunJs) -> None:
    properties = load_schema("mqtt")["properties"]
    given = json.dumps(dict.fromkeys(properties))
    assert lines(run_js, 1, f"make({given}); console.log('fine');") == ["fine"]


def test_a_client_subscribes_publishes_and_ends(run_js: RunJs, broker: Broker) -> None:
    body = """
        client.on('connect', () => {
          console.log(client.connected);
          client.subscribe('home/+/temperature', { qos: 1 });
          client.subscribe('home/+/temperature', { qos: 1 });
          client.publish('home/kitchen/temperature', '21', { qos: 1 });
        });
        client.on('message', (topic) => {
          client.end();
          console.log(client.connected);
        });
        client.start();
        client.start();
    """
    assert lines(run_js, broker.port, body) == [
        "connect",
        "true",
        'message "home/kitchen/temperature" "21"',
        "false",
        "close",
    ]


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_each_quality_of_service_is_acknowledged_once(
    run_js: RunJs, broker: Broker, qos: int
) -> None:
    body = f"""
        let published = 0;
        client.on('published', () => published++);
        client.subscribe('qos/{qos}', {{ qos: {qos} }});
        const sent = ['a', 7, true, {{ b: [1] }}, Buffer.from('c'), [100, -61, 164]];
        let left = sent.length;
        client.on('connect', () => {{
          for (const one of sent) {{
            client.publish('qos/{qos}', one, {{ qos: {qos} }}, (error) => {{
              if (--left === 0) console.log('all', error, published);
              if (left === 0) setTimeout(() => client.end(), 50);
            }});
          }}
        }});
        client.start();
    """
    printed = lines(run_js, broker.port, body)
    assert [line for line in printed if line.startswith("message")] == [
        f'message "qos/{qos}" {json.dumps(text, ensure_ascii=False)}'
        for text in ("a", "7", "true", '{"b":[1]}', "c", "dä")
    ]
    assert [line for line in printed if line.startswith("all")] == ["all undefined 6"]


def test_what_is_published_before_the_start_waits_in_order(run_js: RunJs, broker: Broker) -> None:
    body = """
        client.subscribe('early', { qos: 1 });
        for (let i = 0; i < 50; i++) client.publish('early', String(i), { qos: 1 });
        let seen = [];
        client.removeAllListeners('message');
        client.on('message', (topic, data) => {
          seen.push(data);
          if (seen.length === 50) { console.log(seen.join(' ')); client.end(); }
        });
        client.start();
    """
    printed = lines(run_js, broker.port, body)
    assert printed == ["connect", " ".join(map(str, range(50))), "close"]


def test_raw_bytes_come_as_a_list(run_js: RunJs, broker: Broker) -> None:
    body = """
        client.subscribe('raw');
        client.on('connect', () => client.publish('raw', [0, 127, 128, 255]));
        client.on('message', (topic, data) => {
          console.log(Array.isArray(data), mqtt.byteArrayToString([0xe2, 0x82, 0xac]));
          client.end();
        });
        client.start();
    """
    assert lines(run_js, broker.port, body, "rawBytes: true") == [
        "connect",
        'message "raw" [0,127,128,255]',
        "true \u20ac",
        "close",
    ]


def test_retained_and_empty_messages_and_unsubscribe(run_js: RunJs, broker: Broker) -> None:
    body = """
        client.on('connect', () => {
          client.publish('kept', 'old', { qos: 1, retain: true }, () => client.subscribe('kept'));
        });
        let count = 0;
        client.on('message', (topic, data) => {
          if (++count === 1) {
            client.unsubscribe('kept');
            client.publish('kept', 'unseen', { qos: 1 });
            client.subscribe('other');
            client.publish('kept', '', { qos: 1, retain: true });
            client.publish('other', '\\u0000 \\ud83d\\ude00', { qos: 1 });
          } else client.end();
        });
        client.start();
    """
    assert lines(run_js, broker.port, body) == [
        "connect",
        'message "kept" "old"',
        'message "other" "\\u0000 \U0001f600"',
        "close",
    ]


def test_one_delivery_for_one_subscription(run_js: RunJs, broker: Broker) -> None:
    """The reference host adds a listener with each subscription, and compares literally."""
    body = """
        for (const topic of ['a/b', 'a/b', '#', 'a/+']) client.subscribe(topic);
        client.unsubscribe('#');
        client.unsubscribe('a/+');
        client.on('connect', () => {
          client.publish('a/b', '1');
          client.publish('a/c', 'unseen');
          client.publish('a/b', '2', { qos: 1 });
        });
        client.on('message', (topic, data) => { if (data === '2') client.end(); });
        client.start();
    """
    assert lines(run_js, broker.port, body) == [
        "connect",
        'message "a/b" "1"',
        'message "a/b" "2"',
        "close",
    ]


def test_everything_may_be_called_in_every_state(run_js: RunJs, broker: Broker) -> None:
    body = """
        client.end();
        client.unsubscribe('x');
        client.publish('x', 'lost', { qos: 1 }, (error) => console.log(error.code));
        client.end();
        client.start();
        client.end();
        client.once('close', () => console.log('never'));
        client.removeAllListeners('close');
        client.on('connect', () => { client.end(); client.end(); client.start(); });
        let closed = 0;
        client.on('close', () => {
          if (++closed === 2) { client.removeAllListeners('connect'); client.end(); }
        });
        client.start();
    """
    printed = lines(run_js, broker.port, body)
    assert printed == ["error MQTT_UNSENT_MESSAGES", "MQTT_UNSENT", "connect", "connect"]


def test_a_will_is_published_for_a_client_that_is_lost(engine: str, broker: Broker) -> None:
    async def main() -> None:
        watcher = script(broker.port, "client.subscribe('status', { qos: 1 }); client.start();")
        will = "will: { topic: 'status', message: 'lost', qos: 1 }, clientId: 'one-of-two'"
        async with running(engine, watcher) as seeing:
            await seeing.stdout.until("connect")
            lost = script(broker.port, "client.start();", will + ", reconnect: false")
            async with running("quickjs", lost) as first:
                await first.stdout.until("connect")
                # Of two clients with one name, the broker throws out the first.
                async with running("quickjs", lost) as second:
                    await second.stdout.until("connect")
                    await first.stdout.until("close")
                    assert await seeing.stdout.until("message") == '"status" "lost"'
            # These two ended in order.
            after = "client.publish('status', 'after', { qos: 1 }, () => client.end());"
            async with running("quickjs", script(broker.port, after + "client.start();")) as last:
                await last.ended()
            assert await seeing.stdout.until("message") == '"status" "after"'

    within(main())


def test_a_broker_with_passwords(run_js: RunJs) -> None:
    with mosquitto(with_password=True) as broker:
        body = "client.on('connect', () => client.end()); client.start();"
        user = f"username: '{USER}', password: '{PASSWORD}'"
        assert lines(run_js, broker.port, body, user) == ["connect", "close"]
        body = "client.on('error', (e) => console.log(e.message)); client.start();"
        wrong = f"username: '{USER}', password: 'no', reconnect: false"
        printed = lines(run_js, broker.port, body, wrong)
        assert printed[0] == "error MQTT_REFUSED"
        assert printed[1].startswith(f"could not connect to mqtt://127.0.0.1:{broker.port}: ")
        assert printed[1].endswith("the broker refuses the client: this client is not authorized")


def test_a_broker_with_tls(run_js: RunJs, certificates: Certificates) -> None:
    with mosquitto(certificates=certificates) as broker:
        body = """
            client.subscribe('t');
            client.on('connect', () => client.publish('t', 'x'.repeat(100000), { qos: 2 }));
            client.removeAllListeners('message');
            client.on('message', (topic, data) => { console.log(data.length); client.end(); });
            client.start();
        """
        trust = f"sslTls: true, trustedCACertPath: '{certificates.ca}'"
        assert lines(run_js, broker.port, body, trust) == ["connect", "100000", "close"]
        body = "client.on('error', (e) => console.log(e.message)); client.start();"
        printed = lines(run_js, broker.port, body, "sslTls: true, reconnect: false")
        assert printed[0] == "error MQTT_CONNECT_FAILED"
        assert "trustedCACertPath" in printed[1]
        trust = "sslTls: true, trustedCACertPath: '/no/such.pem'"
        assert lines(run_js, broker.port, "client.start();", trust) == [
            "error ERR_TLS_FILE_MISSING"
        ]


def test_nobody_listens(run_js: RunJs) -> None:
    body = """
        let errors = 0;
        client.publish('a', 'x', { qos: 1 }, (error) => console.log(error.code));
        client.on('error', (error) => { console.log(error.message); });
        client.start();
        setTimeout(() => client.end(), 300);
    """
    port = free_port()
    printed = lines(run_js, port, body)
    # Several attempts, one error.
    assert printed == [
        "error MQTT_CONNECT_FAILED",
        f"could not connect to mqtt://127.0.0.1:{port}: connection refused; "
        "messages that stay queued: 1",
        "error MQTT_UNSENT_MESSAGES",
        "a message was not acknowledged by the broker before the client ended",
        "MQTT_UNSENT",
    ]


def test_the_queue_is_bounded(run_js: RunJs) -> None:
    body = """
        for (let i = 0; i < 4; i++) {
          client.publish('a', 'x', { qos: 1 }, (error) => console.log(i, error.code));
        }
        client.on('error', (error) => { console.log(error.message); });
        setTimeout(() => client.end(), 50);
    """
    printed = lines(run_js, 1, body, "maxQueuedMessages: 2")
    assert printed[:3] == [
        "error MQTT_QUEUE_FULL",
        "a message is not published: maxQueuedMessages, 2 messages, wait already",
        "2 MQTT_UNSENT",
    ]
    assert printed[-2:] == ["0 MQTT_UNSENT", "1 MQTT_UNSENT"]
    printed = lines(run_js, 1, body.replace("'x'", "'x'.repeat(100)"), "maxQueuedBytes: 250")
    assert printed[1] == "a message is not published: maxQueuedBytes, 250 bytes, wait already"


def test_a_throwing_listener_disturbs_nothing(run_js: RunJs, broker: Broker) -> None:
    outcome = run_js(
        script(
            broker.port,
            """
        client.subscribe('t', { qos: 1 });
        client.on('message', (topic, data) => {
          if (data === '2') client.end();
          throw new Error('listener of ' + data);
        });
        client.on('connect', () => {
          client.publish('t', '1', { qos: 1 }, () => { throw new Error('callback'); });
          client.publish('t', '2', { qos: 1 });
        });
        client.start();
    """,
        )
    )
    assert outcome.stdout.splitlines()[-1] == "close"
    for words in ("listener of 1", "listener of 2", "Error: callback"):
        assert outcome.stderr.count(words) >= 1
