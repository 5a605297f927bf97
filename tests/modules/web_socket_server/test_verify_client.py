"""Who may connect, as Python programs decide it with ``verify_client``."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from accessor_host import Request, Server, Socket
from accessor_host.errors import OptionError

from ...support.wire import TEXT, Raw, echo, frame, handshake, run, serving

Hook = Callable[[Request], Any]


def plainly(answer: object) -> Hook:
    return lambda request: answer


def in_a_coroutine(answer: object) -> Hook:
    async def hook(request: Request) -> object:
        return answer

    return hook


def later(answer: object) -> Hook:
    def hook(request: Request) -> Awaitable[object]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[object] = loop.create_future()
        loop.call_later(0.01, future.set_result, answer)
        return future

    return hook


FORMS = [plainly, in_a_coroutine, later]


async def answer_of(port: int, path: str = "/", *fields: str) -> tuple[int, str, str]:
    """Shake hands; return status, head and body of the answer."""
    async with await Raw.connect(port) as raw:
        raw.send(handshake(*fields).replace(b"GET / ", f"GET {path} ".encode()))
        head = (await raw.reader.readuntil(b"\r\n\r\n")).decode()
        status = int(head.split(" ")[1])
        return status, head, "" if status == 101 else (await raw.rest()).decode()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        (True, 101, (None, "b")),
        ({"data": {"user": "eve"}}, 101, ({"user": "eve"}, "b")),
        ({"data": 0, "subprotocol": "a"}, 101, (0, "a")),
        ({"subprotocol": None}, 101, (None, "b")),
        (False, 401, "Unauthorized\n"),
        ({"status": 403}, 403, "Forbidden\n"),
        ({"status": 429, "reason": "slow down", "headers": {"X-A": ["b"]}}, 429, "slow down\n"),
    ],
)
def test_what_a_hook_answers_is_done(
    form: Callable[[object], Hook], answer: object, status: int, told: object
) -> None:
    async def test() -> None:
        async with serving(verifyClient=form(answer), subprotocols=["b", "a"]) as running:
            found, head, body = await answer_of(running.port, "/", "Sec-WebSocket-Protocol: a, b")
            assert found == status
            if status == 101:
                sock, _ = await running.socket()
                assert (sock.data, sock.subprotocol()) == told
                assert f"\r\nSec-WebSocket-Protocol: {sock.subprotocol()}\r\n" in head
            else:
                assert body == told
                assert ("X-A: b" in head) == (status == 429)
                assert running.server.statistics().refusals == {f"HTTP {status}": 1}
                assert running.sockets == []

    run(test())


NONSENSE = [
    (None, TypeError, "returned None; expected True, False"),
    (1, TypeError, "returned an object of type int"),
    ("yes", TypeError, "returned an object of type str"),
    ([True], TypeError, "returned an object of type list"),
    ({}, TypeError, "returned a mapping with nothing"),
    ({"statsu": 403}, TypeError, "returned a mapping with 'statsu'"),
    ({"status": 403, "data": 1}, TypeError, "returned a mapping with 'status', 'data'"),
    ({"data": 1, "role": "x"}, TypeError, "returned a mapping with 'data', 'role'"),
    ({"status": 200}, ValueError, "must be 400 to 599, not 200"),
    ({"status": "403"}, ValueError, "must be 400 to 599, not '403'"),
    ({"status": 403, "reason": "a\r\nX: y"}, ValueError, "without control characters"),
    ({"status": 403, "headers": {"X": "a\nY: b"}}, ValueError, "must be printable ASCII"),
    ({"status": 403, "headers": ["X"]}, ValueError, "must be values by their names"),
    ({"subprotocol": "c"}, ValueError, "does not offer the subprotocol 'c'"),
    ({"subprotocol": "a, b"}, ValueError, "does not offer"),
    ({"subprotocol": 7, "data": 1}, ValueError, "does not offer"),
]


class Reports:
    """What reaches the loop's exception handler."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, report: self.seen.append(report))


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_that_means_nothing_is_reported_and_500(form: Callable[[object], Hook]) -> None:
    async def test() -> None:
        answers: list[object] = [answer for answer, *_ in NONSENSE] + [True]
        async with serving(verifyClient=lambda request: form(answers.pop(0))(request)) as running:
            for _, kind, said in NONSENSE:
                reports = Reports()
                status, _, body = await answer_of(running.port, "/", "Sec-WebSocket-Protocol: a, b")
                assert (status, body) == (500, "Internal Server Error\n")
                (report,) = reports.seen
                assert type(report["exception"]) is kind
                assert said in str(report["exception"])
                assert report["message"].startswith("verify_client ")
            assert (await answer_of(running.port))[0] == 101
            sock, _ = await running.socket()
            assert sock.data is None

    asyncio.run(asyncio.wait_for(test(), 30))


def raising(error: BaseException) -> Hook:
    def hook(request: Request) -> object:
        raise error

    return hook


def rejecting(error: BaseException) -> Hook:
    async def hook(request: Request) -> object:
        raise error

    return hook


class Hostile(dict[str, Any]):
    """A mapping that cannot be read."""

    def __iter__(self) -> Any:
        raise ArithmeticError("trap")


@pytest.mark.parametrize(
    "hook",
    [
        raising(ArithmeticError("trap")),
        rejecting(ArithmeticError("trap")),
        plainly(Hostile(status=403)),
        in_a_coroutine(Hostile(data=1)),
    ],
)
def test_a_hook_that_raises_is_reported_and_500(hook: Hook) -> None:
    async def test() -> None:
        reports = Reports()
        async with serving(verifyClient=hook) as running:
            assert (await answer_of(running.port))[0] == 500
            (report,) = reports.seen
            assert isinstance(report["exception"], ArithmeticError)

    asyncio.run(asyncio.wait_for(test(), 30))


def test_the_request_is_that_of_the_client() -> None:
    async def test() -> None:
        seen: list[Request] = []

        def hook(request: Request) -> bool:
            seen.append(request)
            return True

        async with serving(verifyClient=hook) as running:
            running.server.on("connection", lambda socket, request: seen.append(request))
            async with await Raw.connect(running.port) as raw:
                fields = ["X-Twice: 1", "x-twice: 2", "Cookie: a=b", "cookie: c", "Origin: o"]
                request = handshake(*fields, "Sec-WebSocket-Protocol: a ,b")
                raw.send(request.replace(b"GET / ", b"GET /p%20q?token=s?t "))
                await raw.reader.readuntil(b"\r\n\r\n")
                host, port = raw.writer.get_extra_info("sockname")
                await running.socket()
                assert len(seen) == 2
                for one in seen:
                    assert (one.path, one.query) == ("/p%20q", "token=s?t")
                    assert (one.remote_host, one.remote_port) == (host, port)
                    assert (one.origin, one.subprotocols) == ("o", ["a", "b"])
                    assert (one.secure, one.client_certificate) == (False, None)
                    assert one.headers["x-twice"] == "1, 2"
                    assert one.headers["cookie"] == "a=b; c"
                    assert repr(one) == f"<Request of {host}:{port} for /p%20q>"
                sock, _ = await running.socket()
                assert (sock.path(), sock.subprotocol(), sock.data) == ("/p%20q", None, None)

    run(test())


def test_a_listener_of_connection_gets_as_much_as_it_takes() -> None:
    async def test() -> None:
        got: list[tuple[str, int]] = []

        class Program:
            def method(self, socket: Socket) -> None:
                got.append(("method", 1))

            async def coroutine(self, socket: Socket, request: Request) -> None:
                got.append((f"coroutine {request.path}", 2))

        async with serving() as running:
            server, program = running.server, Program()
            server.on("connection", program.method)
            server.on("connection", program.coroutine)
            server.on("connection", lambda *all: got.append(("all", len(all))))
            server.once("connection", lambda socket: got.append(("once", 1)))
            server.once("connection", lambda socket, request: got.append(("both once", 2)))
            # In C, and silent about what it takes.
            removed = server.on("connection", dict)
            server.remove_listener("connection", removed)
            for _ in range(2):
                assert (await answer_of(running.port, "/p"))[0] == 101
            await running.socket(1)
            await asyncio.sleep(0)
            assert sorted(got) == sorted(
                [("method", 1), ("coroutine /p", 2), ("all", 2)] * 2
                + [("once", 1), ("both once", 2)]
            )

    run(test())


def test_a_request_that_nobody_keeps_is_gone() -> None:
    async def test() -> None:
        kept: list[weakref.ref[Request]] = []
        async with serving() as running:
            running.server.on("connection", lambda _, request: kept.append(weakref.ref(request)))
            async with await Raw.open(running.port):
                await running.socket()
                gc.disable()
                assert kept[0]() is None

    try:
        run(test())
    finally:
        gc.enable()


def test_a_coroutine_whose_client_leaves_is_cancelled() -> None:
    async def test() -> None:
        started, cancelled = asyncio.Event(), asyncio.Event()

        async def hook(request: Request) -> bool:
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
            return True

        async with serving(verifyClient=hook) as running:
            async with await Raw.connect(running.port) as raw:
                raw.send(handshake())
                await started.wait()
            await cancelled.wait()
            assert running.sockets == []

    run(test())


def test_without_an_answer_in_time_it_is_503_and_the_coroutine_is_cancelled() -> None:
    async def test() -> None:
        cancelled = asyncio.Event()

        async def hook(request: Request) -> bool:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
            return True

        async with serving(verifyClient=hook, openingTimeout=100) as running:
            status, _, body = await answer_of(running.port)
            assert status == 503
            assert "could not decide in time" in body
            await cancelled.wait()

    run(test())


def test_an_answer_after_the_client_left_is_dropped() -> None:
    async def test() -> None:
        futures: list[asyncio.Future[object]] = []
        asked, left = asyncio.Event(), asyncio.Event()

        def hook(request: Request) -> asyncio.Future[object]:
            asked.set()
            # Nobody cancels what the program itself waits for.
            futures.append(asyncio.get_running_loop().create_future())
            shielded = asyncio.shield(futures[-1])
            shielded.add_done_callback(lambda _: left.set())
            return shielded

        async with serving(verifyClient=hook) as running:
            async with await Raw.connect(running.port) as raw:
                raw.send(handshake())
                await asked.wait()
                raw.kill()
            await left.wait()
            futures[0].set_result({"data": 1})
            await asyncio.sleep(0)
            assert running.sockets == []

    run(test())


def test_a_client_is_refused_with_its_status() -> None:
    async def test() -> None:
        def hook(request: Request) -> object:
            if request.headers.get("authorization") == "Bearer sesame":
                return {"data": "eve"}
            return {"status": 401, "headers": {"WWW-Authenticate": "Bearer"}}

        async with serving(verifyClient=hook) as running:
            with pytest.raises(InvalidStatus) as caught:
                async with connect(running.url):
                    pass
            assert caught.value.response.headers["WWW-Authenticate"] == "Bearer"
            async with connect(running.url, additional_headers={"Authorization": "Bearer sesame"}):
                sock, _ = await running.socket()
                assert sock.data == "eve"

    run(test())


LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("compression", [False, True])
def test_what_comes_too_early_is_delivered_in_order(loop: str, compression: bool) -> None:
    async def test() -> None:
        decide = asyncio.Event()

        async def hook(request: Request) -> bool:
            await decide.wait()
            return True

        async with serving(echo, verifyClient=hook, compression=compression) as running:
            async with await Raw.connect(running.port) as raw:
                raw.send(handshake("Sec-WebSocket-Extensions: permessage-deflate"))
                # More than the server takes in the meantime.
                texts = [str(number) * 10_000 for number in range(100, 140)]
                for text in texts:
                    raw.send(frame(TEXT, f'"{text}"'.encode()))
                decide.set()
                head = await raw.reader.readuntil(b"\r\n\r\n")
                assert (b"permessage-deflate" in head) == compression
                if not compression:
                    for text in texts:
                        assert await raw.frame() == (TEXT, f'"{text}"'.encode())
                else:
                    _, events = await running.socket()
                    await events.wait("message", len(texts))
                    assert events.of("message") == texts

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(asyncio.wait_for(test(), 30))


@pytest.mark.parametrize("loop", LOOPS)
def test_who_leaves_is_noticed_by_each_loop(loop: str) -> None:
    async def test() -> None:
        asked, left = asyncio.Event(), asyncio.Event()

        async def hook(request: Request) -> bool:
            asked.set()
            try:
                await asyncio.Event().wait()
            finally:
                left.set()
            return True

        async with serving(verifyClient=hook) as running:
            for leave in ("close", "kill"):
                asked.clear()
                left.clear()
                async with await Raw.connect(running.port) as raw:
                    raw.send(handshake())
                    await asked.wait()
                    if leave == "kill":
                        raw.kill()
                await left.wait()

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(asyncio.wait_for(test(), 30))


def test_the_options_may_be_written_in_snake_case() -> None:
    server = Server(verify_client=bool, subprotocols=["a"], path="/a")
    assert server.options["verifyClient"] is bool
    with pytest.raises(OptionError, match="expected a function"):
        Server(verify_client=True)


def test_one_path_is_served() -> None:
    async def test() -> None:
        async with serving(path="/feed") as running:
            assert [
                (await answer_of(running.port, path))[0] for path in ("/", "/feed?x", "/feeds")
            ] == [404, 101, 404]
            assert running.server.statistics().refusals == {"HTTP 404": 2}

    run(test())
