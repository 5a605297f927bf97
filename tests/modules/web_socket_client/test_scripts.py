"""The contract of @modules/web-socket-client, as scripts see it."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from accessor_host.options import load_schema

from ...conftest import RunJs
from ...support.checks import assert_refused
from ...support.scripts import DEADLINE, running

Serve = Callable[[ServerConnection], Awaitable[None]]


def within(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 3 * DEADLINE))


@asynccontextmanager
async def served(handle: Serve, port: int = 0) -> AsyncIterator[int]:
    """Serve on the loopback address and give the port."""
    async with serve(handle, "127.0.0.1", port) as server:
        yield next(iter(server.sockets)).getsockname()[1]


async def echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def idle(connection: ServerConnection) -> None:
    await connection.wait_closed()


def free_port() -> int:
    with sockets.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def script(port: int, body: str, options: str = "") -> str:
    return f"""
        const {{ Client }} = require('@modules/web-socket-client');
        const client = new Client({{ host: '127.0.0.1', port: {port}, {options} }});
        for (const name of ['open', 'message', 'close', 'error']) {{
          client.on(name, (...args) => {{
            const shown = args.map((a) => (a instanceof Error ? a.code : JSON.stringify(a)));
            console.log([name, ...shown].join(' '));
          }});
        }}
        {body}
    """


def test_options_may_be_missing_and_defaults_are_the_documented_ones(run_js: RunJs) -> None:
    properties = load_schema("web-socket-client")["properties"]
    outcome = run_js(f"""
        const {{ Client }} = require('@modules/web-socket-client');
        const defaults = {json.dumps({name: one["default"] for name, one in properties.items()})};
        for (const given of [undefined, null, {{}}, {{ port: null }}]) {{
          const client = new Client(given);
          for (const name of Object.keys(defaults)) {{
            if (client[name] !== defaults[name]) console.log(name, client[name], defaults[name]);
          }}
        }}
        const names = Object.keys(require('@modules/web-socket-client')).sort();
        console.log(new Client().isOpen(), names);
    """)
    assert outcome.stdout == ("false [ 'Client', 'supportedReceiveTypes', 'supportedSendTypes' ]\n")
    assert outcome.exit_code == 0


BAD_OPTIONS = [
    ("{ host: 5 }", "option 'host': 5 is not allowed; expected a string"),
    ("{ port: '80' }", "option 'port': '80' is not allowed; expected an integer"),
    ("{ numberOfRetries: -1 }", "option 'numberOfRetries': -1 is not allowed"),
    ("{ connectTimeout: -1 }", "option 'connectTimeout': -1 is not allowed"),
    ("{ throttleFactor: 'x' }", "option 'throttleFactor': 'x' is not allowed"),
    ("{ discardMessagesBeforeOpen: 1 }", "option 'discardMessagesBeforeOpen': 1 is not"),
    ("{ receiveType: 'no/such' }", "option 'receiveType': 'no/such' is not allowed"),
    ("{ path: 'no slash' }", "option 'path': 'no slash' is not allowed; expected"),
    ("7", "options must be an object, not 7"),
]


def test_a_bad_option_throws_what_is_allowed(run_js: RunJs) -> None:
    assert_refused(run_js, "new (require('@modules/web-socket-client').Client)(%s)", BAD_OPTIONS)


def test_a_client_opens_sends_receives_and_closes(engine: str) -> None:
    async def main() -> None:
        async with served(echo) as port:
            source = script(
                port,
                """
                client.on('open', () => { console.log(client.isOpen()); client.send({ a: [1] }); });
                client.on('message', () => client.close(4000, 'done'));
                client.open();
                client.open();
                """,
            )
            async with running(engine, source) as run:
                await run.ended()
                assert run.stdout.text.splitlines() == [
                    "open",
                    "true",
                    'message {"a":[1]}',
                    'close 4000 "done"',
                ]
                assert run.host.exit_code == 0

    within(main())


def test_what_is_sent_before_open_goes_out_first_and_in_order(engine: str) -> None:
    async def main() -> None:
        async with served(echo) as port:
            source = script(
                port,
                """
                client.send(1);
                client.send(2);
                client.on('open', () => client.send(4));
                client.open();
                client.send(3);
                client.on('message', (n) => { if (n === 4) client.close(); });
                """,
            )
            async with running(engine, source) as run:
                await run.ended()
                assert run.stdout.text.splitlines() == [
                    "open",
                    *(f"message {number}" for number in (1, 2, 3, 4)),
                    'close 1000 ""',
                ]

    within(main())


def test_a_value_without_a_form_throws_to_the_caller_before_open_too(run_js: RunJs) -> None:
    outcome = run_js("""
        const { Client } = require('@modules/web-socket-client');
        for (const value of [undefined, () => 1, 10n]) {
          try { new Client().send(value); } catch (e) { console.log(e instanceof TypeError); }
        }
        try { new Client().close(999); } catch (e) { console.log(e.name); }
    """)
    assert outcome.stdout == "true\ntrue\ntrue\nRangeError\n"


def test_a_server_that_is_not_there_is_one_error_after_all_attempts(engine: str) -> None:
    async def main() -> None:
        source = script(
            free_port(),
            """
            client.on('error', (error) => console.log(error.message));
            client.open();
            """,
            "numberOfRetries: 2, timeBetweenRetries: 10",
        )
        async with running(engine, source) as run:
            await run.ended()
            first, second = run.stdout.text.splitlines()
            assert first == "error WS_CONNECT_FAILED"
            assert "after 3 attempts" in second
            assert run.host.exit_code == 0

    within(main())


def test_an_unhandled_connect_failure_is_an_uncaught_error(engine: str) -> None:
    async def main() -> None:
        source = f"""
            const {{ Client }} = require('@modules/web-socket-client');
            new Client({{ host: '127.0.0.1', port: {free_port()}, numberOfRetries: 0 }}).open();
        """
        async with running(engine, source) as run:
            await run.ended()
            assert run.stderr.text.startswith("Uncaught Error: could not connect to ws://127.0.0.1")
            assert run.host.exit_code == 1

    within(main())


def test_a_client_finds_a_server_that_starts_later(engine: str) -> None:
    async def main() -> None:
        port = free_port()
        source = script(
            port,
            "client.send('early'); client.on('message', () => client.close()); client.open();",
            "numberOfRetries: 1000, timeBetweenRetries: 10",
        )
        async with running(engine, source) as run:
            async with served(echo, port):
                await run.ended()
            assert run.stdout.text.splitlines() == ["open", 'message "early"', 'close 1000 ""']

    within(main())


def test_close_cancels_retries_and_reports_what_was_not_sent(engine: str) -> None:
    async def main() -> None:
        source = script(
            free_port(),
            """
            client.send(1);
            client.open();
            setTimeout(() => { client.close(); client.close(); }, 30);
            """,
            "numberOfRetries: 1000, timeBetweenRetries: 10",
        )
        async with running(engine, source) as run:
            await run.ended()
            assert run.stdout.text.splitlines() == ["error WS_UNSENT_MESSAGES"]

    within(main())


def test_close_is_safe_in_every_state(engine: str) -> None:
    async def main() -> None:
        async with served(echo) as port:
            source = script(
                port,
                """
                client.close();
                client.once('open', () => { client.close(); client.close(); });
                client.once('close', () => { client.close(); console.log(client.isOpen()); });
                client.open();
                """,
            )
            async with running(engine, source) as run:
                await run.ended()
                assert run.stdout.text.splitlines() == ["open", 'close 1000 ""', "false"]

    within(main())


def test_a_client_can_open_again_after_close(engine: str) -> None:
    async def main() -> None:
        async with served(echo) as port:
            source = script(
                port,
                """
                let times = 0;
                client.on('open', () => client.close());
                client.on('close', () => { if (++times < 3) client.open(); });
                client.open();
                """,
            )
            async with running(engine, source) as run:
                await run.ended()
                assert run.stdout.text.splitlines() == ["open", 'close 1000 ""'] * 3

    within(main())


def test_a_dropped_connection_is_closed_and_not_reopened(engine: str) -> None:
    async def drop(connection: ServerConnection) -> None:
        connection.transport.abort()

    async def main() -> None:
        async with served(drop) as port:
            async with running(engine, script(port, "client.open();")) as run:
                await run.ended()
                assert run.stdout.text.splitlines() == ["open", 'close 1006 ""']

    within(main())


def test_a_server_that_closes_is_heard(engine: str) -> None:
    async def leave(connection: ServerConnection) -> None:
        await connection.send('"bye"')
        await connection.close(4321, "gone")

    async def main() -> None:
        async with served(leave) as port:
            async with running(engine, script(port, "client.open();")) as run:
                await run.ended()
                assert run.stdout.text.splitlines() == [
                    "open",
                    'message "bye"',
                    'close 4321 "gone"',
                ]

    within(main())


def test_the_queue_before_open_has_a_bound(engine: str) -> None:
    async def main() -> None:
        source = script(
            free_port(),
            "for (let i = 0; i < 4; i++) client.send(i); client.close();",
            "maxQueuedMessages: 3",
        )
        async with running(engine, source) as run:
            await run.ended()
            assert run.stdout.text.splitlines() == [
                "error WS_QUEUE_FULL",
                "error WS_UNSENT_MESSAGES",
            ]

    within(main())


def test_messages_before_open_can_be_discarded(engine: str) -> None:
    async def main() -> None:
        async with served(echo) as port:
            source = script(
                port,
                """
                client.send('lost');
                client.on('open', () => client.send('kept'));
                client.on('message', () => client.close());
                client.open();
                """,
                "discardMessagesBeforeOpen: true",
            )
            async with running(engine, source) as run:
                await run.ended()
                assert run.stdout.text.splitlines() == ["open", 'message "kept"', 'close 1000 ""']

    within(main())


def test_the_wrong_side_of_the_protocol_is_an_error_with_its_code(engine: str) -> None:
    async def main() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            source = script(
                port,
                "client.on('error', (e) => console.log(e.message)); client.open();",
                "numberOfRetries: 0",
            )
            async with running(engine, source) as run:
                await run.ended()
                first, second = run.stdout.text.splitlines()
                assert first == "error WS_CONNECT_FAILED"
                assert "503" in second

    within(main())


def test_scripts_of_both_kinds_exchange_ten_thousand_messages_each_way(engine: str) -> None:
    async def main() -> None:
        count = 10_000
        source = f"""
            const {{ Server }} = require('@modules/web-socket-server');
            const {{ Client }} = require('@modules/web-socket-client');
            const server = new Server({{ port: 0 }});
            const wrong = [];
            function expect(who) {{
              let next = 0;
              return (n) => {{ if (n !== next++) wrong.push(who); return next === {count}; }};
            }}
            server.on('connection', (socket) => {{
              const check = expect('server');
              socket.on('message', (n) => {{
                socket.send(n);
                if (check(n)) server.stop();
              }});
            }});
            server.on('listening', (port) => {{
              const client = new Client({{ port, maxQueuedMessages: {count} }});
              const check = expect('client');
              let received = 0;
              client.on('message', (n) => {{ received++; check(n); }});
              client.on('close', (code) => console.log('done', received, wrong.length, code));
              for (let i = 0; i < {count}; i++) client.send(i);
              client.open();
            }});
            server.start();
        """
        async with running(engine, source) as run:
            await run.ended()
            assert await run.stdout.until("done") == f"{count} 0 1001"

    within(main())


def test_stopping_the_host_closes_clients_with_1001(engine: str) -> None:
    async def main() -> None:
        closed: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

        async def watch(connection: ServerConnection) -> None:
            await connection.wait_closed()
            closed.set_result(connection.close_code)

        async with served(watch) as port:
            async with running(engine, script(port, "client.open();")) as run:
                assert await run.stdout.next() == "open"
                await run.host.stop()
                assert await asyncio.wait_for(closed, DEADLINE) == 1001
            assert run.stdout.text.splitlines() == ["open", 'close 1001 ""']

    within(main())


def test_what_is_over_is_forgotten_on_both_sides(engine: str) -> None:
    async def main() -> None:
        source = f"""
            const {{ Server }} = require('@modules/web-socket-server');
            const {{ Client }} = require('@modules/web-socket-client');
            let rounds = 0;
            function round() {{
              const server = new Server({{ port: 0 }});
              server.on('listening', (port) => {{
                const client = new Client({{ port }});
                client.on('open', () => client.close());
                client.on('close', () => server.stop());
                client.open();
              }});
              server.on('close', () => {{ if (++rounds < 20) round(); }});
              server.start();
            }}
            round();
            for (let i = 0; i < 20; i++) {{
              const refused = new Client({{ port: {free_port()}, numberOfRetries: 0 }});
              refused.on('error', () => {{}});
              refused.open();
              new Server().stop();
              new Client().close();
            }}
        """
        async with running(engine, source) as run:
            await run.ended()
            left = [
                len(getattr(binding, name))
                for binding in run.host._bindings
                for name in ("_servers", "_clients", "_connections")
                if hasattr(binding, name)
            ]
            assert left == [0, 0, 0]
            assert run.stderr.text == ""

    within(main())


def test_a_client_that_is_used_again_after_it_was_forgotten_works(engine: str) -> None:
    async def main() -> None:
        async with served(echo) as port:
            source = script(
                port,
                """
                client.on('open', () => client.send('once more'));
                client.on('message', () => client.close());
                client.open();
                client.once('close', () => setTimeout(() => client.open(), 20));
                """,
            )
            async with running(engine, source) as run:
                await run.ended()
                assert (
                    run.stdout.text.splitlines()
                    == [
                        "open",
                        'message "once more"',
                        'close 1000 ""',
                    ]
                    * 2
                )

    within(main())
