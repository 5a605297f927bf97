"""The contract of @modules/socket, as scripts see it (module specification section 7)."""

from __future__ import annotations

import asyncio
import socket as sockets
import struct

import pytest

from accessor_host.modules.socket.framing import frame

from ...conftest import RunJs
from ...support.checks import passes
from ...support.scripts import running
from ...support.server_scripts import within
from ...support.tcp import client_script, connected, server_script, serving

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")


def free_port() -> int:
    with sockets.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


def test_exports_and_properties(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const socket = require('@modules/socket');
        check(socket === require('@accessors-modules/socket'), true);
        check(Object.keys(socket).sort(), [
          'Socket', 'SocketClient', 'SocketServer', 'supportedReceiveTypes', 'supportedSendTypes'
        ]);
        const client = new socket.SocketClient(null, '');
        check([client.port, client.host], [4000, 'localhost']);
        check(client.options, {
          receiveType: 'string', sendType: 'string', rawBytes: true,
          emitBatchDataAsAvailable: false, idleTimeout: 0, keepAlive: true, noDelay: true,
          receiveBufferSize: 65536, sendBufferSize: 65536, maxMessageSize: 16777216,
          maxUnsentBytes: 16777216, sslTls: false,
          pfxKeyCertPath: '', pemKeyPath: '', pemCertPath: '', trustedCACertPath: '',
          connectTimeout: 6000, discardMessagesBeforeOpen: false, maxUnsentMessages: 100,
          reconnectAttempts: 10, reconnectInterval: 1000, trustAll: false
        });
        check(client.options.pfxKeyCertPassword, '');
        const server = new socket.SocketServer();
        check([server.options.port, server.options.hostInterface], [4000, '0.0.0.0']);
        check([server.options.clientAuth, server.options.connectTimeout], ['none', undefined]);
        // Each has options of its own: in other hosts they are one object for all.
        const other = new socket.SocketClient(1, 'x', { idleTimeout: 9 });
        check([other.options.idleTimeout, client.options.idleTimeout], [9, 0]);
        """,
    )


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("new SocketClient(0)", "option 'port': 0 is not allowed; expected an integer from 1 to"),
        ("new SocketClient('80')", "option 'port': '80' is not allowed"),
        ("new SocketClient(80, 5)", "option 'host': 5 is not allowed; expected a string"),
        ("new SocketClient(1, '', 5)", "options must be an object, not 5"),
        ("new SocketClient(1, '', {sendType: 'x'})", "option 'sendType': 'x' is not allowed; expe"),
        ("new SocketServer({port: 65536})", "option 'port': 65536 is not allowed"),
        ("new SocketServer({clientAuth: 'yes'})", "option 'clientAuth': 'yes' is not allowed"),
        ("new SocketServer({receiveType: 'png'})", "option 'receiveType': 'png' is not allowed"),
        ("new Socket()", "a Socket is made by a SocketServer, not by a script"),
    ],
)
def test_bad_arguments(run_js: RunJs, code: str, message: str) -> None:
    outcome = run_js(f"""
        const {{ SocketClient, SocketServer, Socket }} = require('@modules/socket');
        try {{ {code} }} catch (error) {{ console.log(error.name, error.message); }}
    """)
    assert outcome.stdout.startswith(f"TypeError {message}")


def test_options_of_the_other_class_are_unknown(run_js: RunJs) -> None:
    outcome = run_js("""
        const { SocketClient, SocketServer } = require('@modules/socket');
        new SocketClient(1, '', { clientAuth: 'required' });
        new SocketServer({ trustAll: true, nodelay: true });
    """)
    assert "unknown option 'clientAuth' of a SocketClient" in outcome.stderr
    assert "unknown option 'trustAll' of a SocketServer" in outcome.stderr
    assert "unknown option 'nodelay'; did you mean 'noDelay'?" in outcome.stderr


def test_open_comes_before_what_was_queued_is_sent(engine: str) -> None:
    async def main() -> None:
        async with serving(echo) as port:
            source = client_script(
                port,
                """
                client.on('open', () => client.send('from open '));
                client.on('data', (data) => { if (data.includes('queued')) client.close(); });
                client.send('queued');
                client.open();
                """,
            )
            async with running(engine, source) as run:
                assert await run.stdout.next() == "client open"
                text = ""
                while "queued" not in text:
                    text += (await run.stdout.until("client data ")).strip('"')
                assert text == "from open queued"
                assert await run.stdout.next() == "client close"
                await run.ended()

    within(main())


def test_the_queue_throws_when_it_is_full(engine: str) -> None:
    async def main() -> None:
        got: list[bytes] = []

        async def collect(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
            got.append(await reader.read())

        async with serving(collect) as port:
            source = client_script(
                port,
                """
                for (let i = 0; i < 5; i++) {
                  try { client.send(String(i)); }
                  catch (error) { console.log(typeof error, error); }
                }
                client.on('open', () => setImmediate(() => client.close()));
                client.open();
                """,
                "maxUnsentMessages: 3",
            )
            async with running(engine, source) as run:
                reached = "string Maximum number of unsent messages has been reached: 3"
                for _ in range(3):
                    assert await run.stdout.next() == reached
                await run.ended()
        # The third call throws though it is queued; later ones are not.
        assert got == [b"012"]

    within(main())


@pytest.mark.parametrize(
    ("options", "count"), [("maxUnsentMessages: 0, maxUnsentBytes: 10", 10), ("", 100)]
)
def test_the_queue_is_bounded(run_js: RunJs, options: str, count: int) -> None:
    outcome = run_js(
        client_script(
            1,
            """
            let thrown = 0;
            for (let i = 0; i < 200; i++) try { client.send('x'); } catch { thrown++; }
            console.log(thrown);
            client.close();
            """,
            options,
        )
    )
    assert outcome.stdout.split("\n")[0] == str(200 - count + (count == 100))
    assert outcome.stdout.split("\n")[1] == "client error ERR_SOCKET_UNSENT"


def test_messages_before_open_can_be_discarded(run_js: RunJs) -> None:
    outcome = run_js(
        client_script(
            1,
            "for (let i = 0; i < 200; i++) client.send('x'); client.close();",
            "discardMessagesBeforeOpen: true",
        )
    )
    assert outcome.stdout == ""
    assert outcome.stderr.count("messages are discarded") == 1


def test_close_is_the_last_event_and_listeners_are_removed(engine: str) -> None:
    async def main() -> None:
        async with serving(echo) as port:
            source = client_script(
                port,
                """
                client.on('open', () => { client.close(); client.close(); });
                client.on('close', () => setTimeout(() => {
                  console.log(client.eventNames().length);
                  client.on('open', () => { console.log('again'); client.close(); });
                  client.open();
                }, 10));
                client.open();
                """,
            )
            async with running(engine, source) as run:
                await run.ended()
            assert run.stdout.text == "client open\nclient close\n0\nagain\n"

    within(main())


def test_a_refused_connection_is_one_error_after_all_attempts(engine: str) -> None:
    async def main() -> None:
        source = client_script(
            free_port(),
            "client.on('error', (e) => console.log(e.message)); client.open();",
            "reconnectAttempts: 2, reconnectInterval: 10",
        )
        async with running(engine, source) as run:
            await run.ended()
        first, second = run.stdout.text.splitlines()
        assert first == "client error ECONNREFUSED"
        assert second.endswith("after 3 attempts: connection refused")
        assert run.stderr.text == ""

    within(main())


def test_a_server_that_comes_late_is_found(engine: str) -> None:
    async def main() -> None:
        port = free_port()
        source = client_script(
            port, "client.on('open', () => client.close()); client.open();", "reconnectInterval: 20"
        )
        async with running(engine, source) as run:
            await asyncio.sleep(0.05)
            async with await asyncio.start_server(echo, "127.0.0.1", port):
                assert await run.stdout.next() == "client open"
                await run.ended()

    within(main())


def test_a_client_that_is_closed_while_it_connects_ends(engine: str) -> None:
    async def main() -> None:
        source = client_script(free_port(), "client.open(); setTimeout(() => client.close(), 20);")
        async with running(engine, source) as run:
            await run.ended()
        assert run.stdout.text == ""

    within(main())


FRAMED = "rawBytes: false"
BATCH = "emitBatchDataAsAvailable: true"
JSON = f"{FRAMED}, receiveType: 'json'"
SHORT = f"{FRAMED}, receiveType: 'short'"


@pytest.mark.parametrize(
    ("options", "wire", "lines"),
    [
        (FRAMED, frame(b"one") + frame("ü".encode()) + frame(b""), ['"one"', '"ü"', '""']),
        (FRAMED, frame(b"a" * 300), ['"' + "a" * 300 + '"']),
        (JSON, frame(b'{"a":[1]}') + frame(b"x"), ['{"a":[1]}', '"x"']),
        (SHORT, frame(b"\xff\xff\0\1") + frame(b"\0\2"), ["[-1,1]", "2"]),
        (f"{FRAMED}, receiveType: 'number'", frame(struct.pack(">d", 0.1)), ["0.1"]),
        ("receiveType: 'byte'", b"\1\xff", ["1", "-1"]),
        (f"{BATCH}, receiveType: 'unsignedshort'", b"\1\0\xff\xff", ["[256,65535]"]),
        ("receiveType: 'image'", b"\x89P", ["[137,80]"]),
        ("", b"as it comes", ['"as it comes"']),
    ],
)  # fmt: skip
def test_what_arrives(engine: str, options: str, wire: bytes, lines: list[str]) -> None:
    async def main() -> None:
        async with running(engine, server_script(options=options)) as run:
            async with connected(await run.port()) as peer:
                assert await run.stdout.next() == "connection"
                await peer.send(wire)
                for line in lines:
                    assert await run.stdout.next() == f"socket data {line}"

    within(main())


@pytest.mark.parametrize(
    ("options", "code", "wire"),
    [
        (FRAMED, "socket.send('one'); socket.send('');", frame(b"one") + frame(b"")),
        (FRAMED, "socket.send('x'.repeat(255));", b"\xff\0\0\0\xff" + b"x" * 255),
        (FRAMED, "socket.send(['a', 'ü']);", frame("aü".encode())),
        (f"{FRAMED}, sendType: 'int'", "socket.send([1, 2 ** 31]);", b"\x08\0\0\0\1\x80\0\0\0"),
        (f"{FRAMED}, sendType: 'json'", "socket.send({a: 1});", frame(b'{"a":1}')),
        ("sendType: 'byte'", "socket.send([1, 300, -1]);", b"\1\x2c\xff"),
        ("sendType: 'double'", "socket.send(0.1);", struct.pack(">d", 0.1)),
        ("", "socket.send('a'); socket.send('b');", b"ab"),
        ("", "socket.send('\\0\\x1e' + '\\ud800');", b"\0\x1e\xef\xbf\xbd"),
    ],
)
def test_what_is_sent(engine: str, options: str, code: str, wire: bytes) -> None:
    async def main() -> None:
        async with running(engine, server_script(options=options, each=code)) as run:
            async with connected(await run.port()) as peer:
                assert await peer.read(len(wire)) == wire

    within(main())


def test_an_array_arrives_as_it_was_sent_between_two_scripts(engine: str) -> None:
    types = "receiveType: 'number', sendType: 'number', rawBytes: false"

    async def main() -> None:
        async with running(engine, server_script(options=types, each=ECHO)) as server:
            source = client_script(
                await server.port(),
                """
                const sent = [[1.5, -0, NaN, Infinity, -1e300], 7];
                const got = [];
                client.on('data', (value) => {
                  got.push(value);
                  if (got.length < sent.length) return;
                  const same = (a, b) => Array.isArray(a)
                    ? a.length === b.length && a.every((one, i) => Object.is(one, b[i]))
                    : Object.is(a, b);
                  console.log(same(got[0], sent[0]), same(got[1], sent[1]));
                  client.close();
                });
                client.on('open', () => sent.forEach((value) => client.send(value)));
                client.open();
                """,
                types,
            )
            async with running(engine, source) as client:
                assert await client.stdout.until("true") == "true"

    within(main())


ECHO = "socket.on('data', (data) => socket.send(data));"


def test_what_came_before_the_end_is_delivered_and_may_be_answered(engine: str) -> None:
    async def main() -> None:
        async with running(engine, server_script(options=FRAMED, each=ECHO)) as run:
            async with connected(await run.port()) as peer:
                await peer.send(frame(b"last"))
                peer.writer.write_eof()
                assert await peer.rest() == frame(b"last")
            lines = [await run.stdout.next() for _ in range(3)]
            assert lines == ["connection", 'socket data "last"', "socket close"]

    within(main())


def test_very_much_before_the_end_is_delivered(engine: str) -> None:
    count = 20_000

    async def main() -> None:
        each = """
          let n = 0;
          socket.removeAllListeners('data');
          socket.on('data', () => n++);
          socket.on('close', () => console.log(n));
        """
        async with running(engine, server_script(options=FRAMED, each=each)) as run:
            async with connected(await run.port()) as peer:
                await peer.send(frame(b"") * count)
            assert await run.stdout.until("connection") == ""
            assert [await run.stdout.next() for _ in range(2)] == ["socket close", str(count)]

    within(main())


def test_a_server_tells_of_its_clients(engine: str) -> None:
    async def main() -> None:
        each = "console.log(socket.remoteHost(), socket.remotePort());"
        async with running(engine, server_script(each=each)) as run:
            async with connected(await run.port()) as peer:
                assert await run.stdout.next() == "connection"
                port = peer.writer.get_extra_info("sockname")[1]
                assert await run.stdout.next() == f"127.0.0.1 {port}"

    within(main())


def test_stop_closes_every_socket_and_delivers_what_was_sent(engine: str) -> None:
    async def main() -> None:
        each = "socket.send('bye'); server.stop();"
        async with running(engine, server_script(each=each)) as run:
            async with connected(await run.port()) as peer:
                assert await peer.rest() == b"bye"
            await run.ended()
        assert run.stdout.text.splitlines()[1:] == ["connection", "socket close", "server close"]

    within(main())


def test_a_server_starts_again(engine: str) -> None:
    async def main() -> None:
        body = """
          let starts = 0;
          server.on('listening', () => { if (++starts < 3) { server.stop(); server.start(); }
                                         else server.stop(); });
        """
        async with running(engine, server_script(body)) as run:
            await run.ended()
        words = [line.split()[0] for line in run.stdout.text.splitlines()]
        assert words == ["listening", "server"] * 3

    within(main())


def test_a_port_that_is_taken_is_an_error(engine: str) -> None:
    async def main() -> None:
        with sockets.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            source = server_script(options=f"port: {port}").replace("port: 0, ", "")
            async with running(engine, source) as run:
                await run.ended()
                assert run.host.exit_code == 1
        assert run.stdout.text == "server error EADDRINUSE\n"

    within(main())


def test_to_start_twice_is_an_error_and_the_server_goes_on(engine: str) -> None:
    async def main() -> None:
        async with running(engine, server_script("server.start();")) as run:
            lines = {(await run.stdout.next()).split(" 4")[0].split(" 3")[0] for _ in range(2)}
            assert "server error ERR_SERVER_ALREADY_STARTED" in lines

    within(main())


def test_send_on_a_closed_socket_is_false_and_warned_of_once(engine: str) -> None:
    async def main() -> None:
        each = "socket.close(); console.log(socket.send('x'), socket.send('y'));"
        async with running(engine, server_script(each=each)) as run:
            async with connected(await run.port()) as peer:
                assert await peer.rest() == b""
            assert await run.stdout.until("connection") == ""
            assert await run.stdout.next() == "false false"
            assert await run.stdout.next() == "socket close"
        assert run.stderr.text.count("that is not open") == 1

    within(main())


def test_a_throwing_listener_does_not_stop_what_follows(engine: str) -> None:
    async def main() -> None:
        each = "socket.on('data', (n) => { if (n === 2) throw new Error('two'); });"
        options = "receiveType: 'byte'"
        async with running(engine, server_script(options=options, each=each)) as run:
            async with connected(await run.port()) as peer:
                await peer.send(b"\1\2\3")
                assert await run.stdout.until("socket data 3") == ""
                await peer.send(b"\4")
                assert await run.stdout.until("socket data 4") == ""
        assert run.stderr.text.count("Error: two") == 1

    within(main())


def test_an_idle_connection_is_closed(engine: str) -> None:
    async def main() -> None:
        async with running(engine, server_script(options="idleTimeout: 1")) as run:
            async with connected(await run.port()) as peer:
                assert await peer.rest() == b""
            assert await run.stdout.until("socket close") == ""

    within(main())


def test_a_host_that_stops_closes_what_is_open(engine: str) -> None:
    async def main() -> None:
        async with running(engine, server_script(each="socket.send('x');")) as run:
            async with connected(await run.port()) as peer:
                assert await peer.read(1) == b"x"
                stopping = asyncio.create_task(run.host.stop())
                assert await peer.rest() == b""
                peer.writer.close()
                await stopping
            lines = run.stdout.text.splitlines()
            assert lines[1:] == ["connection", "socket close", "server close"]

    within(main())
