"""Who may connect, as scripts decide it with ``verifyClient``, ``path`` and ``subprotocols``."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from ...support.scripts import DEADLINE, Script, running
from ...support.server_scripts import script, within
from ...support.wire import Raw, handshake

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

REPORT = """
    server.on('connection', (socket, request) => {
      console.log('connected', JSON.stringify([socket.data, socket.path(), socket.subprotocol()]));
      socket.on('close', (code) => console.log('closed', code));
    });
"""


async def status_of(port: int, path: str = "/", *fields: str) -> int:
    """Shake hands, and return the status of the answer."""
    head, _ = await answer_of(port, path, *fields)
    return int(head.split(" ")[1])


async def answer_of(port: int, path: str = "/", *fields: str) -> tuple[str, str]:
    """Shake hands, and return the answer: its head, and its body unless it is a 101."""
    async with await Raw.connect(port) as raw:
        raw.send(handshake(*fields).replace(b"GET / ", f"GET {path} ".encode()))
        head = (await asyncio.wait_for(raw.reader.readuntil(b"\r\n\r\n"), DEADLINE)).decode()
        return head, "" if " 101 " in head else (await raw.rest()).decode()


def verifying(hook: str, options: str = "", more: str = "") -> str:
    return script(REPORT + more, f"verifyClient: {hook}, {options}")


# What the hook gets


def test_the_hook_and_connection_get_the_request(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            const fields = (request) => JSON.stringify([request.path, request.query,
              request.headers, request.origin, request.subprotocols, request.remoteHost,
              request.remotePort, request.secure, request.clientCertificate]);
            server.on('connection', (socket, request) => {
              console.log('connection', fields(request));
              console.log('same', request.headers === request.headers,
                request.subprotocols === request.subprotocols,
                fields(request) === JSON.stringify(Object.values(request.toJSON())));
              console.log('socket', socket.path(), socket.subprotocol(), socket.data);
            });
            """,
            "verifyClient: (request) => { console.log('hook', fields(request)); return true; }",
        )
        async with running(engine, source) as run:
            port = await run.port()
            for fields in ([], ["Sec-WebSocket-Protocol: a ,b", "Sec-WebSocket-Protocol: c"]):
                async with await Raw.connect(port) as raw:
                    sent = [
                        "X-Twice: 1", "x-twice: 2", "COOKIE: a=b", "Cookie: c=d",
                        "Origin: https://e.org", "__proto__: x", "X-Blank:  \t v \t",
                        "X-Latin: \xe9", *fields,
                    ]  # fmt: skip
                    request = handshake(*sent).replace(b"GET / ", b"GET /p%20q?a=b&c?d ")
                    raw.send(request.decode().encode("latin-1"))
                    assert b" 101 " in await raw.reader.readuntil(b"\r\n\r\n")
                    local = raw.writer.get_extra_info("sockname")
                    for who in ("hook", "connection"):
                        path, query, headers, *others = json.loads(await run.stdout.until(who))
                        assert (path, query) == ("/p%20q", "a=b&c?d")
                        expected: list[Any] = ["https://e.org", ["a", "b", "c"] if fields else []]
                        assert others == [*expected, local[0], local[1], False, None]
                        assert headers["x-twice"] == "1, 2"
                        assert headers["cookie"] == "a=b; c=d"
                        assert (headers["x-blank"], headers["x-latin"]) == ("v", "\xe9")
                        assert headers["__proto__"] == "x"
                        assert headers["host"] == "127.0.0.1"
                    assert await run.stdout.until("same") == "true true true"
                    assert await run.stdout.until("socket") == "/p%20q null undefined"

    within(main())


def test_printing_a_request_does_not_print_its_secrets(engine: str) -> None:
    async def main() -> None:
        hook = "(request) => { console.log('request', request); return true; }"
        async with running(engine, verifying(hook)) as run:
            port = await run.port()
            assert await status_of(port, "/a?token=secret", "Authorization: Bearer secret") == 101
            shown = await run.stdout.until("request")
            assert re.fullmatch(r"<Request of 127\.0\.0\.1:\d+ for /a>", shown)

    within(main())


def test_connection_gets_a_request_without_a_hook(engine: str) -> None:
    async def main() -> None:
        source = script("""
            server.on('connection', (socket, request) => {
              console.log('request', request.path, request.query, request.headers['x-a'],
                socket.path(), 'data' in socket);
            });
        """)
        async with running(engine, source) as run:
            port = await run.port()
            assert await status_of(port, "/a?b", "X-A: 1") == 101
            assert await run.stdout.until("request") == "/a b 1 /a false"

    within(main())


# What it may answer


ANSWERS = {
    "true": (101, [None, "/", "b"]),
    "{ data: { user: 'eve' } }": (101, [{"user": "eve"}, "/", "b"]),
    "{ data: 0 }": (101, [0, "/", "b"]),
    "{ data: undefined }": (101, [None, "/", "b"]),
    "{ subprotocol: 'a' }": (101, [None, "/", "a"]),
    "{ subprotocol: null, data: 'x' }": (101, ["x", "/", "b"]),
    "{ subprotocol: 'c', data: [1] }": (101, [[1], "/", "c"]),
    "false": (401, "Unauthorized"),
    "{ status: 403 }": (403, "Forbidden"),
    "{ status: 403, reason: 'not you', headers: null }": (403, "not you"),
    "{ status: 499, headers: { 'X-A': 'b' } }": (499, "Refused"),
    "{ status: 403, reason: 'nein\\u00ad, \\u{1f44e}' }": (403, "nein\u00ad, \U0001f44e"),
    "{ status: 503, headers: { 'Retry-After': '3', 'X-A': ['b', 'c'] } }": (
        503,
        "Service Unavailable",
    ),
}

FORMS: dict[str, str] = {
    "plain": "() => (%s)",
    "asynchronous": "async () => (%s)",
    "later": "() => new Promise((resolve) => setTimeout(() => resolve(%s), 10))",
    "thenable": "() => ({ then(resolve) { resolve(%s); resolve(false); } })",
}


@pytest.mark.parametrize("form", FORMS)
def test_what_a_hook_answers_is_done(engine: str, form: str) -> None:
    async def main() -> None:
        answers = ", ".join(f"() => ({answer})" for answer in ANSWERS)
        hook = FORMS[form] % "answers.shift()()"
        source = f"const answers = [{answers}];" + verifying(hook, "subprotocols: ['b', 'a']")
        async with running(engine, source) as run:
            port = await run.port()
            for answer, (status, expected) in ANSWERS.items():
                head, body = await answer_of(port, "/", "Sec-WebSocket-Protocol: a, b, c")
                assert head.startswith(f"HTTP/1.1 {status} "), (answer, head)
                if status == 101:
                    assert json.loads(await run.stdout.until("connected")) == expected, answer
                    assert f"\r\nSec-WebSocket-Protocol: {expected[2]}\r\n" in head
                    await run.stdout.until("closed")
                else:
                    assert body == f"{expected}\n"
                if "X-A" in answer:
                    assert "\r\nX-A: b\r\n" in head
            assert run.stderr.text == ""

    within(main())


EXPECTED = "expected true, false, {status, reason, headers}, {data, subprotocol}, or a promise"

NONSENSE = {
    "undefined": f"returned undefined; {EXPECTED}",
    "null": f"returned null; {EXPECTED}",
    "1": f"returned 1; {EXPECTED}",
    "'yes'": f"returned 'yes'; {EXPECTED}",
    "[true]": f"returned [ true ]; {EXPECTED}",
    "() => true": f"returned [Function (anonymous)]; {EXPECTED}",
    "{}": f"returned {{}}; {EXPECTED}",
    "{ statsu: 403 }": "returned an object with 'statsu'",
    "{ status: 403, data: 1 }": "returned an object with 'data'",
    "{ data: 1, role: 'x' }": "returned an object with 'role'",
    "{ status: 200 }": "returned status 200; expected an integer from 400 to 599",
    "{ status: 302 }": "returned status 302;",
    "{ status: 600 }": "returned status 600;",
    "{ status: '403' }": "returned status '403';",
    "{ status: NaN }": "returned status NaN;",
    "{ status: undefined }": "returned status undefined;",
    "{ status: 403, reason: 'a\\r\\nX: y' }": "returned reason 'a\\r\\nX: y'; expected a text",
    "{ status: 403, reason: 7 }": "returned reason 7;",
    "{ status: 403, reason: '\\ud800' }": "returned reason '",
    "{ status: 403, reason: 'x'.repeat(8193) }": "returned reason 'xxx",
    "{ status: 403, headers: 'X: y' }": "returned headers 'X: y';",
    "{ status: 403, headers: ['X'] }": "returned headers [ 'X' ];",
    "{ status: 403, headers: { 'X': 'a\\nY: b' } }": "returned headers.X 'a\\nY: b';",
    "{ status: 403, headers: { 'X': 7 } }": "returned headers.X 7;",
    "{ status: 403, headers: { 'X Y': 'a' } }": "returned a header 'X Y', which cannot be",
    "{ status: 403, headers: { 'Content-Length': '0' } }": "returned a header 'Content-Length'",
    "{ status: 403, headers: { X: 'x'.repeat(8192) } }": "returned headers of more than 8192",
    "{ subprotocol: 'c' }": "returned subprotocol 'c'; expected one of those that the client",
    "{ subprotocol: 'a, b' }": "returned subprotocol 'a, b';",
    "{ subprotocol: 'a\\r\\nX: y' }": "returned subprotocol 'a\\r\\nX: y';",
    "{ subprotocol: '' }": "returned subprotocol '';",
    "{ subprotocol: 7 }": "returned subprotocol 7;",
}


@pytest.mark.parametrize("form", ["plain", "asynchronous"])
def test_an_answer_that_means_nothing_is_an_error_and_500(engine: str, form: str) -> None:
    async def main() -> None:
        answers = ", ".join(f"() => ({answer})" for answer in [*NONSENSE, "true"])
        source = f"const answers = [{answers}];\n" + verifying(FORMS[form] % "answers.shift()()")
        async with running(engine, source) as run:
            port = await run.port()
            for answer, said in NONSENSE.items():
                assert await status_of(port, "/", "Sec-WebSocket-Protocol: a, b") == 500, answer
                line = await run.stderr.until("Uncaught")
                assert re.match(r"\[?TypeError: verifyClient \(script\.js:\d+\) ", line)
                assert said in line, answer
            # Others are unaffected.
            assert await status_of(port) == 101

    within(main())


ERRORS = {
    "throws": ("() => { throw new Error('boo'); }", "Error: boo"),
    "rejects": ("async () => { throw new Error('boo'); }", "Error: boo"),
    "rejects later": (
        "() => new Promise((_, reject) => setTimeout(() => reject(new Error('boo')), 10))",
        "Error: boo",
    ),
    "throws nothing": ("() => { throw undefined; }", "undefined"),
    "throws a proxy": ("() => { throw hostile; }", ""),
    "rejects with a proxy": ("() => Promise.reject(hostile)", ""),
    "returns a proxy": ("() => hostile", "Error: trap"),
    "promises a proxy": ("async () => ({ data: 1, get subprotocol() { throw new Error('trap') } })",
                         "Error: trap"),
    "has a then that throws": ("() => ({ get then() { throw new Error('trap') } })", "Error: trap"),
}  # fmt: skip

HOSTILE = """
    const trap = () => { throw new Error('trap'); };
    const hostile = new Proxy(function () {}, { get: trap, has: trap, ownKeys: trap,
      getPrototypeOf: trap, getOwnPropertyDescriptor: trap });
    let first = true;
    const once = (hook) => (request) => {
      if (!first) return true;
      first = false;
      return hook(request);
    };
"""


@pytest.mark.parametrize("name", ERRORS)
def test_a_hook_that_fails_is_an_error_and_500(engine: str, name: str) -> None:
    hook, said = ERRORS[name]

    async def main() -> None:
        async with running(engine, HOSTILE + verifying(f"once({hook})")) as run:
            port = await run.port()
            assert await status_of(port) == 500
            line = await run.stderr.until("Uncaught")
            assert said in line
            assert run.host.error_count == 1
            assert await status_of(port) == 101
            await run.stdout.until("connected")

    within(main())


def test_the_stack_of_a_hook_s_error_names_its_place(engine: str) -> None:
    async def main() -> None:
        hook = "async function check() { throw new Error('boo'); }"
        async with running(engine, verifying(hook)) as run:
            assert await status_of(await run.port()) == 500
            await run.stderr.until("Uncaught Error: boo")
            assert re.match(r"at check \(script\.js:\d+:\d+\)", (await run.stderr.next()).strip())

    within(main())


def test_an_endless_hook_is_stopped_and_the_client_gets_500(engine: str) -> None:
    async def main() -> None:
        hook = "(request) => { while (request.path === '/endless'); return true; }"
        async with running(engine, verifying(hook), callback_timeout=0.3) as run:
            port = await run.port()
            assert await status_of(port, "/endless") == 500
            said = await run.stderr.until("Stopped: 'verifyClient' of a Server, verifyClient (")
            assert said.endswith("ran longer than 0.3 s and was stopped")
            assert await status_of(port) == 101

    within(main())


# Time, and who leaves


def test_without_an_answer_in_time_it_is_503(engine: str) -> None:
    async def main() -> None:
        hook = "(request) => request.path === '/' ? true : new Promise((r) => { late = r; })"
        more = "let late; setInterval(() => { if (late) late(true); }, 300);"
        async with running(engine, verifying(hook, "openingTimeout: 150", more)) as run:
            port = await run.port()
            head, body = await answer_of(port, "/never")
            assert head.startswith("HTTP/1.1 503 ")
            assert "\r\nRetry-After: " in head
            assert "could not decide in time" in body
            assert await status_of(port) == 101
            assert "/never" not in run.stdout.text

    within(main())


LATE = """
    const waiting = [];
    const settle = (answer) => { while (waiting.length > 0) waiting.shift()(answer); };
"""


def test_who_leaves_while_it_is_decided_is_no_connection(engine: str) -> None:
    async def main() -> None:
        hook = (
            "(request) => { console.log('asked'); if (request.path === '/') return { data: 'x' };"
            " if (request.path === '/settle') { settle({ data: 'gone' }); return true; }"
            " return new Promise((resolve) => waiting.push(resolve)); }"
        )
        async with running(engine, LATE + verifying(hook)) as run:
            port = await run.port()
            for cut in ("close", "reset"):
                async with await Raw.connect(port) as raw:
                    raw.send(handshake().replace(b"GET / ", b"GET /wait "))
                    await run.stdout.until("asked")
                    if cut == "reset":
                        raw.kill()
            assert await status_of(port, "/settle") == 101
            assert json.loads(await run.stdout.until("connected"))[1] == "/settle"
            assert await status_of(port) == 101
            assert json.loads(await run.stdout.until("connected")) == ["x", "/", None]
            assert run.stderr.text == ""

    within(main())


def test_those_that_wait_count_as_connections(engine: str) -> None:
    async def main() -> None:
        hook = "() => { console.log('asked'); return new Promise((r) => waiting.push(r)); }"
        more = "setInterval(() => { if (waiting.length === 2) settle(true); }, 20);"
        source = LATE + verifying(hook, "maxConnections: 2", more)
        async with running(engine, source) as run:
            port = await run.port()
            async with await Raw.connect(port) as first:
                first.send(handshake())
                await run.stdout.until("asked")
                async with await Raw.connect(port) as second:
                    async with await Raw.connect(port) as third:
                        third.send(handshake())
                        head = await third.reader.readuntil(b"\r\n\r\n")
                        assert head.startswith(b"HTTP/1.1 503 ")
                    second.send(handshake())
                    for raw in (first, second):
                        assert b" 101 " in await raw.reader.readuntil(b"\r\n\r\n")

    within(main())


def test_a_server_that_stops_forgets_those_that_wait(engine: str) -> None:
    async def main() -> None:
        hook = (
            "() => { setTimeout(() => server.stop(), 0); return new Promise((r) => { late = r }) }"
        )
        more = """
            let late;
            server.on('close', () => {
              console.log('stopped');
              late({ data: 1 });
              server.start();
            });
        """
        async with running(engine, verifying(hook, "", more)) as run:
            port = await run.port()
            async with await Raw.connect(port) as raw:
                raw.send(handshake())
                assert await raw.reader.read(-1) == b""
            await run.stdout.until("stopped")
            await run.port()
            assert "connected" not in run.stdout.text
            assert run.stderr.text == ""

    within(main())


# The other options


def test_a_server_has_one_path_and_its_subprotocols(engine: str) -> None:
    async def main() -> None:
        source = script(REPORT, "path: '/feed', subprotocols: ['v2', 'v1']")
        async with running(engine, source) as run:
            port = await run.port()
            assert await status_of(port, "/other") == 404
            assert await status_of(port, "/feed/") == 404
            async with connect(
                f"ws://127.0.0.1:{port}/feed?x=1",
                subprotocols=[Subprotocol("v1"), Subprotocol("v2")],
            ) as client:
                assert client.subprotocol == "v2"
                assert json.loads(await run.stdout.until("connected")) == [None, "/feed", "v2"]
            async with connect(
                f"ws://127.0.0.1:{port}/feed", subprotocols=[Subprotocol("v3")]
            ) as client:
                assert client.subprotocol is None
                assert json.loads(await run.stdout.until("connected")) == [None, "/feed", None]

    within(main())


def test_a_refused_path_or_origin_does_not_reach_the_hook(engine: str) -> None:
    async def main() -> None:
        hook = "(request) => { console.log('asked', request.path); return true; }"
        options = "path: '/feed', allowedOrigins: ['https://e.org']"
        async with running(engine, verifying(hook, options)) as run:
            port = await run.port()
            assert await status_of(port, "/no", "Origin: https://e.org") == 404
            assert await status_of(port, "/feed", "Origin: https://f.org") == 403
            assert await status_of(port, "/feed", "Origin: https://e.org") == 101
            assert await run.stdout.until("asked") == "/feed"

    within(main())


def test_the_hook_is_the_one_that_the_server_was_made_with(engine: str) -> None:
    async def main() -> None:
        more = "server.verifyClient = () => true;"
        async with running(engine, verifying("() => false", "", more)) as run:
            assert await status_of(await run.port()) == 401

    within(main())


def test_a_forged_decision_changes_nothing(engine: str, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        hook = (
            "(request) => { if (request.path === '/go') { settle({ status: 418 }); return false; }"
            " console.log('asked'); return new Promise((resolve) => waiting.push(resolve)); }"
        )
        async with running(engine, LATE + verifying(hook)) as run:
            port = await run.port()
            binding = _binding(run)
            operations = run.host._services.turns.operations
            async with await Raw.connect(port) as raw:
                raw.send(handshake())
                await run.stdout.until("asked")
                (target,) = binding._servers
                (applicant,) = _applicants(binding)
                for name, details in (
                    ("admit", [target, applicant - 1, None]),
                    ("admit", [target + 1, applicant, None]),
                    ("admit", [target, applicant, 7]),
                    ("admit", [target, applicant]),
                    ("refuse", [target, applicant - 1, 403, "", None]),
                    ("refuse", [target, applicant, "403", "", None]),
                    ("refuse", [target, applicant, 403, "", []]),
                ):
                    operations[f"server.{name}"](*details)
                assert list(_applicants(binding)) == [applicant]
                assert await status_of(port, "/go") == 401
                head = await raw.reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 418 ")

    within(main())
    assert "is refused" in caplog.text


@pytest.mark.parametrize(
    ("name", "details"),
    [
        ("admit", ["other"]),
        ("refuse", [200, "", None]),
        ("refuse", [403, "a\r\nX: y", None]),
        ("refuse", [403, "", {"X": "a\r\nY: b"}]),
        ("refuse", [403, "", {"X": 7}]),
    ],
)
def test_a_decision_that_goes_around_the_module_is_500(
    engine: str, name: str, details: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        hook = "() => { console.log('asked'); return new Promise(() => {}); }"
        async with running(engine, verifying(hook)) as run:
            port = await run.port()
            binding = _binding(run)
            async with await Raw.connect(port) as raw:
                raw.send(handshake())
                await run.stdout.until("asked")
                (target,) = binding._servers
                (applicant,) = _applicants(binding)
                run.host._services.turns.operations[f"server.{name}"](target, applicant, *details)
                head = await raw.reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 500 ")

    within(main())
    assert f"request 'server.{name}' is refused" in caplog.text


def test_who_is_admitted_around_the_module_is_closed(engine: str) -> None:
    async def main() -> None:
        hook = "() => { console.log('asked'); return new Promise(() => {}); }"
        async with running(engine, verifying(hook)) as run:
            port = await run.port()
            binding = _binding(run)
            async with await Raw.connect(port) as raw:
                raw.send(handshake())
                await run.stdout.until("asked")
                (target,) = binding._servers
                (applicant,) = _applicants(binding)
                run.host._services.turns.operations["server.admit"](target, applicant, None)
                assert b" 101 " in await raw.reader.readuntil(b"\r\n\r\n")
                assert await raw.close_code() == (1011, "")
            assert run.stderr.text == ""
            assert "connected" not in run.stdout.text

    within(main())


def test_data_is_the_script_s_own_object(engine: str) -> None:
    async def main() -> None:
        hook = "() => ({ data: user })"
        more = """
            const user = { self: () => 'me' };
            user.user = user;
            server.on('connection', (socket) => {
              console.log('same', socket.data === user, socket.data.self());
              socket.data = 7;
              console.log('then', socket.data);
            });
        """
        source = script(more, f"verifyClient: {hook}")
        async with running(engine, source) as run:
            assert await status_of(await run.port()) == 101
            assert await run.stdout.until("same") == "true me"
            assert await run.stdout.until("then") == "7"

    within(main())


@pytest.mark.slow
def test_nothing_is_left_of_10000_clients_that_left(engine: str) -> None:
    async def main() -> None:
        # Their answers come, with data, when they are gone.
        hook = (
            "(request) => { if (request.path === '/') { settleAll(); return false; }"
            " return new Promise((resolve) => waiting.push(resolve)); }"
        )
        more = """
            const settleAll = () => {
              while (waiting.length > 0) waiting.shift()({ data: new Uint8Array(4096) });
            };
        """
        async with running(engine, LATE + verifying(hook, "", more)) as run:
            port = await run.port()
            binding = _binding(run)
            resident = 0
            for batch in range(100):
                raws = await asyncio.gather(*(Raw.connect(port) for _ in range(100)))
                for raw in raws:
                    raw.send(handshake().replace(b"GET / ", b"GET /wait "))
                await _until(lambda: len(_applicants(binding)) == 100)
                for raw in raws:
                    raw.kill()
                await _until(lambda: not _applicants(binding))
                assert await status_of(port) == 401
                if batch == 20:
                    resident = _resident()
            (server,) = binding._servers.values()
            await _until(lambda: not server.lifecycle._listener.connections)
            assert binding._connections == {}
            # What scripts knew of the others is 32 MiB.
            assert _resident() - resident < 8 * 1024 * 1024
            assert "connected" not in run.stdout.text
            assert run.stderr.text == ""

    asyncio.run(asyncio.wait_for(main(), 120))


def _resident() -> int:
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _binding(run: Script) -> Any:
    (binding,) = run.host._bindings
    return binding


def _applicants(binding: Any) -> dict[int, Any]:
    (server,) = binding._servers.values()
    applicants: dict[int, Any] = server._applicants
    return applicants


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not holds():  # noqa: ASYNC110 - what others hold announces nothing
            await asyncio.sleep(0)
