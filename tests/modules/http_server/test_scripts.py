"""The contract of @modules/http-server, as scripts see it."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from ...conftest import RunJs
from ...support.certificates import Certificates
from ...support.images import opened
from ...support.scripts import DEADLINE, Script, running
from ...support.server_scripts import within
from ...support.wire import Raw

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

SERVER = """
    const { HttpServer } = require('@modules/http-server');
    const server = new HttpServer({ port: 0, %s });
    server.on('listening', (port) => console.log('listening', port));
    server.on('error', (error) => console.log('error', error.code));
    server.on('close', () => console.log('closed'));
"""


def script(body: str, options: str = "") -> str:
    return SERVER % options + body + "\nserver.start();"


def answering(arguments: str) -> str:
    return script(f"server.on('request', (r) => server.respond(r.requestID, {arguments}));")


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


async def ask(
    port: int, path: str = "/", data: bytes | None = None, method: str | None = None, **headers: str
) -> Answer:
    def fetch() -> Answer:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(f"http://127.0.0.1:{port}{path}", data, fields, method=method)
        try:
            with urlopen(request, timeout=DEADLINE) as reply:
                return Answer(reply.status, dict(reply.headers), reply.read())
        except HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    return await asyncio.to_thread(fetch)


def asked(engine: str, source: str, **options: object) -> Answer:
    """Run a server, and return what it answers to one request."""
    answers = []

    async def main() -> None:
        async with running(engine, source) as one:
            answers.append(await ask(await one.port(), **options))  # type: ignore[arg-type]

    within(main())
    return answers[0]


# Options


def test_options_may_be_missing_and_null_means_the_default(run_js: RunJs) -> None:
    outcome = run_js("""
        const http = require('@modules/http-server');
        const EventEmitter = require('events');
        for (const given of [undefined, null, {}, { port: null, timeout: undefined }]) {
          const s = new http.HttpServer(given);
          console.log(s.hostInterface, s.port, s.timeout, s.address(), s instanceof EventEmitter);
        }
        console.log(new http.HttpServer({ port: 0 }).port, Object.keys(http).join());
    """)
    assert outcome.stdout == "localhost 80 10000 null true\n" * 4 + "0 HttpServer\n"
    assert outcome.stderr == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("{ port: '80' }", "option 'port': '80' is not allowed; expected an integer"),
        ("{ port: 65536 }", "option 'port': 65536 is not allowed; expected an integer"),
        ("{ timeout: 0 }", "option 'timeout': 0 is not allowed; expected an integer"),
        ("{ static: 7 }", "option 'static': 7 is not allowed; expected a string"),
        ("'8080'", "options must be an object, not '8080'"),
    ],
)
def test_a_bad_option_throws_what_is_allowed(run_js: RunJs, options: str, message: str) -> None:
    outcome = run_js(f"""
        const {{ HttpServer }} = require('@modules/http-server');
        try {{ new HttpServer({options}); }} catch (error) {{
          console.log(error instanceof TypeError, error.message);
        }}
    """)
    assert outcome.stdout.startswith(f"true {message}")


def test_every_name_of_the_module_is_the_same(run_js: RunJs) -> None:
    outcome = run_js("""
        const names = ['@accessors-modules/http-server', 'httpServer', '@accessors/http-server'];
        const { HttpServer } = require('@modules/http-server');
        console.log(names.every((name) => require(name).HttpServer === HttpServer));
    """)
    assert outcome.stdout == "true\n"


# Requests


def test_a_request_says_what_the_client_asks_for(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('request', (request) => {
              console.log('request', JSON.stringify(request));
              server.respond(request.requestID, 'ok');
            });
        """)
        async with running(engine, source) as one:
            port = await one.port()
            await ask(port, "/a/b%20c?x=1&y=%C3%A9&x=2&__proto__=z", X_Own="1")
            first = json.loads(await one.stdout.until("request"))
            await ask(port, "/", "h\0ä€😀".encode(), "PUT", Content_Type="text/plain")
            second = json.loads(await one.stdout.until("request"))
        assert first["method"] == "GET"
        assert first["path"] == "/a/b%20c"
        assert first["params"] == {"x": ["1", "2"], "y": "é", "__proto__": "z"}
        assert first["headers"]["x-own"] == "1"
        assert first["body"] is None
        assert first["remoteHost"] == "127.0.0.1"
        assert "secure" not in first
        assert second["method"] == "PUT"
        assert second["body"] == "h\0ä€😀"
        assert second["params"] == {}
        assert second["requestID"] != first["requestID"]

    within(main())


def test_a_body_that_is_no_text_is_a_buffer(engine: str) -> None:
    source = script("""
        server.on('request', ({ requestID, body }) => {
          server.respond(requestID, [Buffer.isBuffer(body), Array.from(body)]);
        });
    """)
    answer = asked(engine, source, data=b"\0\xff", Content_Type="image/png")
    assert json.loads(answer.body) == [True, [0, 255]]
    assert answer.headers["Content-Type"] == "application/json"


def test_each_request_gets_its_own_answer_in_any_order(engine: str) -> None:
    async def main() -> None:
        source = script("""
            const waiting = [];
            server.on('request', (request) => {
              waiting.push(request);
              if (waiting.length === 3) {
                for (const one of waiting.reverse()) server.respond(one.requestID, one.path);
              }
            });
        """)
        async with running(engine, source) as one:
            port = await one.port()
            answers = await asyncio.gather(*(ask(port, f"/{number}") for number in range(3)))
            assert [answer.body for answer in answers] == [b"/0", b"/1", b"/2"]

    within(main())


# Answers


@pytest.mark.parametrize(
    ("arguments", "status", "kind", "body"),
    [
        ("'grün'", 200, "text/html; charset=utf-8", "grün".encode()),
        ("'a\\0b', 200, 'text/plain'", 200, "text/plain", b"a\0b"),
        ("'x', 404", 404, "text/html; charset=utf-8", b"x"),
        ("'x', '418'", 418, "text/html; charset=utf-8", b"x"),
        ("'x', null, { 'Content-Type': 'text/css' }", 200, "text/css", b"x"),
        ("Buffer.from([0, 255])", 200, "application/octet-stream", b"\0\xff"),
        ("new Uint8Array([1, 2]).buffer", 200, "application/octet-stream", b"\1\2"),
        ("{ type: 'image/x', data: Buffer.from('i') }", 200, "image/x", b"i"),
        ("{ a: 1 }, 201", 201, "application/json", b'{"a":1}'),
        ("7", 200, "text/html; charset=utf-8", b"7"),
        ("undefined", 200, "text/html; charset=utf-8", b""),
        ("''", 200, "text/html; charset=utf-8", b""),
    ],
)
def test_an_answer_has_status_type_and_body(
    engine: str, arguments: str, status: int, kind: str, body: bytes
) -> None:
    answer = asked(engine, answering(arguments))
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (status, kind, body)
    assert answer.headers["Content-Length"] == str(len(body))
    assert "Date" in answer.headers


def test_pixels_become_a_png(engine: str) -> None:
    pixels = "{ width: 2, height: 1, pixels: Buffer.from([255, 0, 0, 255, 0, 0, 255, 255]) }"
    answer = asked(engine, answering(pixels))
    assert answer.headers["Content-Type"] == "image/png"
    assert opened(answer.body).size == (2, 1)


def test_an_answer_has_the_fields_that_it_is_given(engine: str) -> None:
    async def main() -> None:
        fields = "{ 'Set-Cookie': ['a=1', 'b=2'], 'X-Number': 5 }"
        async with (
            running(engine, answering(f"'', 204, {fields}")) as one,
            await Raw.connect(await one.port()) as raw,
        ):
            raw.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answer = await raw.rest()
        assert answer.startswith(b"HTTP/1.1 204 No Content\r\n")
        assert b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Number: 5\r\n" in answer
        assert b"Content-" not in answer

    within(main())


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ("'', 99", "RangeError"),
        ("'', 600", "RangeError"),
        ("'', 'abc'", "RangeError"),
        ("'', 200, { 'Content-Length': 1 }", "TypeError"),
        ("'', 200, { 'A B': 'x' }", "TypeError"),
        ("'', 200, { A: 'x\\r\\nB: y' }", "TypeError"),
        ("'', 200, { A: {} }", "TypeError"),
        ("'', 200, 5", "TypeError"),
        ("{ type: 'a\\nb', data: Buffer.from('') }", "TypeError"),
    ],
)
def test_a_wrong_answer_throws_and_the_request_waits_on(
    engine: str, arguments: str, kind: str
) -> None:
    source = script(f"""
        server.on('request', ({{ requestID }}) => {{
          try {{ server.respond(requestID, {arguments}); }}
          catch (error) {{ server.respond(requestID, error.name); }}
        }});
    """)
    assert asked(engine, source).body == kind.encode()


def test_answers_to_nobody_are_dropped(engine: str) -> None:
    source = script("""
        server.respond(1, 'nobody');
        server.on('request', ({ requestID }) => {
          const wrong = [0, -1, 1.5, 99999999, 'x', null, undefined, {}];
          for (const id of wrong) server.respond(id, 'no');
          server.respond(String(requestID), 'first');
          server.respond(requestID, 'second');
        });
    """)
    assert asked(engine, source).body == b"first"


def test_no_answer_in_time_is_a_500_and_a_late_one_is_dropped(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            let first = 0;
            server.on('request', ({ requestID }) => {
              if (first !== 0) {
                server.respond(first, 'late');
                server.respond(requestID, 'in time');
              }
              first = requestID;
            });
            """,
            "timeout: 50",
        )
        async with running(engine, source) as one:
            port = await one.port()
            late = await ask(port)
            assert (late.status, late.body) == (500, b"This server did not answer in time.\n")
            assert (await ask(port)).body == b"in time"

    within(main())


def test_without_a_listener_the_answer_is_404(engine: str) -> None:
    assert asked(engine, script("")).status == 404


def test_a_listener_that_throws_is_reported_and_the_server_goes_on(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('request', ({ requestID, path }) => {
              if (path === '/bad') throw new Error('oops');
              server.respond(requestID, 'ok');
            });
            """,
            "timeout: 50",
        )
        async with running(engine, source) as one:
            port = await one.port()
            assert (await ask(port, "/bad")).status == 500
            assert (await ask(port)).body == b"ok"
            assert "oops" in one.stderr.text

    within(main())


# Starting and stopping


def test_a_port_that_is_taken_is_an_error_and_no_listening(engine: str) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            source = script("", f"hostInterface: '127.0.0.1', port: {port}")
            async with running(engine, source) as one:
                assert await one.stdout.next() == "error EADDRINUSE"
                await one.ended()
                assert one.stdout.text == "error EADDRINUSE\n"

    within(main())


def test_stop_is_fine_in_every_state(engine: str) -> None:
    async def main() -> None:
        source = """
            const { HttpServer } = require('@modules/http-server');
            const server = new HttpServer({ port: 0 });
            server.stop();
            let starts = 0;
            server.on('listening', () => {
              console.log('listening', server.address().port > 0);
              if (++starts === 1) { server.stop(); server.stop(); server.start(); }
              else server.stop();
            });
            server.on('close', () => console.log('closed', server.address()));
            server.start();
        """
        async with running(engine, source) as one:
            await one.ended()
            assert one.stdout.text == "listening true\nclosed null\n" * 2
            assert one.stderr.text == ""

    within(main())


def test_stop_answers_who_waits(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('request', ({ requestID, path }) => {
              console.log('request', path);
              if (path === '/stop') { server.respond(requestID, 'bye'); server.stop(); }
            });
        """)
        async with running(engine, source) as one, await Raw.connect(await one.port()) as raw:
            port = raw.writer.get_extra_info("peername")[1]
            raw.send(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            await one.stdout.until("request /wait")
            assert (await ask(port, "/stop")).body == b"bye"
            assert (await raw.rest()).startswith(b"HTTP/1.1 503 ")
            raw.writer.close()
            await one.stdout.until("closed")
            await one.ended()

    within(main())


def test_a_second_start_is_an_error_and_the_first_goes_on(engine: str) -> None:
    source = answering("'ok'") + "server.start();"
    assert asked(engine, source).body == b"ok"


# TLS and Unix sockets


def test_over_tls(engine: str, certificates: Certificates) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('request', ({ requestID, secure, clientCertificate }) => {
              server.respond(requestID, [secure, clientCertificate]);
            });
            """,
            json.dumps(certificates.options)[1:-1],
        )
        async with running(engine, source) as one:
            port = await one.port()
            reader, writer = await asyncio.open_connection(
                "localhost", port, ssl=ssl.create_default_context(cafile=certificates.ca)
            )
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
            assert answer.endswith(b"[true,null]")
            async with await Raw.connect(port) as raw:
                raw.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                assert (await raw.rest()).startswith(b"HTTP/1.1 400 ")

    within(main())


def test_on_a_unix_socket(engine: str, tmp_path: object) -> None:
    async def main() -> None:
        path = f"{tmp_path}/s"
        source = script(
            "server.on('request', (r) => server.respond(r.requestID, r.remoteHost + '!'));",
            f"hostInterface: 'unix:{path}'",
        )
        async with running(engine, source) as one:
            assert await one.port() == 0
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert (await reader.read()).endswith(b"\r\n\r\n!")
            writer.close()

    within(main())


# Permissions


async def _denied(one: Script) -> str:
    return await one.stdout.next()


def test_what_is_not_permitted_is_an_error(engine: str, tmp_path: object) -> None:
    async def main() -> None:
        async with running(engine, script(""), permissions={}) as one:
            assert await _denied(one) == "error ERR_ACCESS_DENIED"
        source = script("", f"static: '{tmp_path}'")
        async with running(engine, source, permissions={"listen": True}) as one:
            assert await _denied(one) == "error ERR_ACCESS_DENIED"

    within(main())


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("''", b""),
        ("'a\\nb'", b"a\nb"),
        ("'\\0\\x1e\\x1f'", b"\0\x1e\x1f"),
        ("'\\ud800'", b"?"),
        ("'é€😀'", "é€😀".encode()),
        ("'x'.repeat(200)", b"x" * 200),
        ("'é'.repeat(99)", "é".encode() * 99),
    ],
)
def test_a_text_alone_is_an_answer(engine: str, text: str, body: bytes) -> None:
    answer = asked(engine, answering(text))
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.body == body


def test_a_request_that_comes_again_is_told_anew(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('request', (r) => {
              const seen = [r.headers.mark, r.params.a, r.requestID];
              r.headers.mark = r.params.a = 'changed';
              server.respond(r.requestID, JSON.stringify(seen));
            });
        """)
        async with running(engine, source) as one:
            port = await one.port()
            numbers = set()
            for _ in range(3):
                answer = await ask(port, "/?a=1")
                mark, a, number = json.loads(answer.body)
                assert (mark, a) == (None, "1")
                numbers.add(number)
            assert len(numbers) == 3

    within(main())


def test_a_text_for_a_request_that_waits_no_more_is_dropped(engine: str) -> None:
    answer = asked(
        engine,
        script("""
            server.on('request', (r) => {
              server.respond(r.requestID, 'first');
              server.respond(r.requestID, 'second');
              server.respond(r.requestID + 1000, 'third');
            });
        """),
    )
    assert answer.body == b"first"
