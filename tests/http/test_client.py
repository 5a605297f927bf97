"""Requests over real sockets: connections that are kept, redirects, limits, bad peers."""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import Coroutine
from typing import Any

import pytest

from accessor_host.core.permissions import Permissions
from accessor_host.errors import AccessDeniedError, TlsError
from accessor_host.http.client import connection
from accessor_host.http.client.client import Client
from accessor_host.http.client.settings import ClientLimits, Head, Request, RequestSettings
from accessor_host.http.client.urls import parse_url
from accessor_host.http.client.wire import ClientWire
from accessor_host.http.client.wire_h11 import H11Wire
from accessor_host.http.client.wire_httptools import HttptoolsWire
from accessor_host.net.shares import SHARE_BYTES, SHARE_FRAMES

from ..support.certificates import Certificates
from ..support.http_peer import Peer, answer, serving

DEADLINE = 10.0


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 3 * DEADLINE))


@pytest.fixture(params=[H11Wire, HttptoolsWire], ids=["h11", "httptools"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[ClientWire]:
    """Each parser in turn."""
    monkeypatch.setattr(connection, "make_wire", request.param)
    chosen: type[ClientWire] = request.param
    return chosen


class Got:
    """What came of a request."""

    def __init__(self) -> None:
        self.head: Head | None = None
        self.body = b""
        self.pieces: list[bytes] = []
        self.error: Exception | None = None
        self.heard = 0
        self.done = asyncio.Event()
        self.more = asyncio.Event()
        self.exchange: Any = None

    def answered(self, head: Head, body: bytes) -> None:
        self.head, self.body = head, body
        self._end()

    def began(self, head: Head) -> None:
        self.head = head

    def continued(self, piece: bytes) -> None:
        self.pieces.append(piece)
        self.more.set()

    def ended(self) -> None:
        self._end()

    def failed(self, error: Exception) -> None:
        self.error = error
        self._end()

    def _end(self) -> None:
        self.heard += 1
        self.done.set()

    @property
    def status(self) -> int:
        assert self.head is not None, self.error
        return self.head.status

    @property
    def code(self) -> str:
        return str(getattr(self.error, "code", None))


def begin(
    client: Client,
    url: str,
    method: str = "GET",
    fields: list[tuple[str, str]] | None = None,
    body: bytes | None = None,
    **settings: Any,
) -> Got:
    """Send a request."""
    got = Got()
    request = Request(parse_url(url), method, fields or [], body, RequestSettings(**settings))
    got.exchange = client.send(request, got)
    return got


async def finish(got: Got) -> Got:
    """Wait for all of it."""
    await asyncio.wait_for(got.done.wait(), DEADLINE)
    got.exchange.free()
    assert got.heard == 1
    return got


async def get(client: Client, url: str, *details: Any, **settings: Any) -> Got:
    return await finish(begin(client, url, *details, **settings))


def make(**limits: Any) -> Client:
    return Client(asyncio.get_running_loop(), limits=ClientLimits(**limits))


async def echo(peer: Peer) -> None:
    await peer.send(answer(peer.head.encode() + peer.body))


# What is sent, and what comes back


def test_a_request_says_what_it_is(certificates: Certificates) -> None:
    async def main() -> None:
        async with serving(echo) as port:
            client = make()
            got = await get(
                client, f"http://u:p@localhost:{port}/a?b", "GET", [("X", "1"), ("X", "2")]
            )
            assert got.body.decode().split("\r\n") == [
                "GET /a?b HTTP/1.1",
                f"Host: localhost:{port}",
                "User-Agent: accessor-host",
                "Authorization: Basic dTpw",
                "X: 1",
                "X: 2",
                "Connection: close",
                "",
                "",
            ]
            got = await get(client, f"http://127.0.0.1:{port}/", "POST", None, b"abc")
            assert got.body.endswith(b"Content-Length: 3\r\nConnection: close\r\n\r\nabc")
            got = await get(client, f"http://127.0.0.1:{port}/", "POST")
            assert b"Content-Length: 0" in got.body
            got = await get(client, f"http://127.0.0.1:{port}/", "DELETE", [("user-agent", "me")])
            assert b"Content-Length" not in got.body
            assert b"accessor-host" not in got.body
            assert client.pool.connections == 0
            await client.close()

    run(main())


@pytest.mark.usefixtures("parser")
def test_a_large_body_goes_out_and_comes_back() -> None:
    async def main() -> None:
        async with serving(echo) as port:
            client = make()
            body = bytes(range(256)) * 20_000
            got = await get(client, f"http://127.0.0.1:{port}/", "PUT", None, body)
            assert got.body.endswith(body)
            assert client.pool.held == 0
            await client.close()

    run(main())


def test_an_answer_may_come_before_the_body_is_read() -> None:
    async def main() -> None:
        async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(b"no", status="413 Too Large"))
            await asyncio.sleep(0)
            await refused.wait()
            writer.close()

        refused = asyncio.Event()
        server = await asyncio.start_server(refuse, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = make()
        got = await get(client, f"http://127.0.0.1:{port}/", "PUT", None, bytes(16 * 1024 * 1024))
        assert (got.status, got.body) == (413, b"no")
        refused.set()
        await client.close()
        server.close()

    run(main())


# Connections


@pytest.mark.usefixtures("parser")
def test_connections_are_kept_only_if_wanted() -> None:
    async def main() -> None:
        numbers: list[int] = []

        async def respond(peer: Peer) -> None:
            numbers.append(peer.number)
            assert peer.field("Connection") == ("keep-alive" if "keep" in peer.path else "close")
            await peer.send(answer(b"x"))

        async with serving(respond) as port:
            client = make()
            for path in ("keep", "keep", "once", "keep"):
                await get(client, f"http://127.0.0.1:{port}/{path}", keep_alive=path == "keep")
            assert numbers == [0, 0, 1, 0]
            assert (client.pool.connections, client.pool.idle) == (1, 1)
            await client.close()
            assert client.pool.connections == 0

    run(main())


def test_a_kept_connection_is_ended_when_nobody_wants_it() -> None:
    async def main() -> None:
        gone = asyncio.Event()

        async def respond(peer: Peer) -> None:
            await peer.send(answer())
            await peer.gone()
            gone.set()

        async with serving(respond) as port:
            client = make(idle=0.05)
            await get(client, f"http://127.0.0.1:{port}/", keep_alive=True)
            await asyncio.wait_for(gone.wait(), DEADLINE)
            assert client.pool.connections == 0
            await client.close()

    run(main())


@pytest.mark.parametrize(("method", "repeated"), [("GET", True), ("PUT", True), ("POST", False)])
def test_a_stale_connection_is_replaced_once(method: str, repeated: bool) -> None:
    async def main() -> None:
        async def respond(peer: Peer) -> None:
            if "first" in peer.path or peer.number > 0:
                await peer.send(answer(b"%d" % peer.number))
            else:
                peer.reset()

        async with serving(respond, log=log) as port:
            client = make()
            await get(client, f"http://127.0.0.1:{port}/first", keep_alive=True)
            got = await get(client, f"http://127.0.0.1:{port}/x", method, keep_alive=True)
            if repeated:
                assert got.body == b"1"
            else:
                assert got.code == "ECONNRESET"
            await client.close()

    log: list[str] = []
    run(main())
    assert len(log) == 2 + repeated


@pytest.mark.usefixtures("parser")
def test_a_server_that_resets_is_not_asked_for_ever() -> None:
    async def main() -> None:
        async def respond(peer: Peer) -> None:
            if "first" in peer.path:
                await peer.send(answer())
            else:
                peer.reset()

        async with serving(respond, log=log) as port:
            client = make()
            await get(client, f"http://127.0.0.1:{port}/first", keep_alive=True)
            got = await get(client, f"http://127.0.0.1:{port}/x", keep_alive=True)
            assert got.code == "ECONNRESET"
            await client.close()

    log: list[str] = []
    run(main())
    assert len(log) == 3


@pytest.mark.usefixtures("parser")
def test_what_was_half_answered_is_not_repeated() -> None:
    async def main() -> None:
        async def respond(peer: Peer) -> None:
            await peer.send(answer() if "first" in peer.path else b"HTTP/1.1 2")
            if "first" not in peer.path:
                peer.writer.close()

        async with serving(respond, log=log) as port:
            client = make()
            await get(client, f"http://127.0.0.1:{port}/first", keep_alive=True)
            got = await get(client, f"http://127.0.0.1:{port}/x", keep_alive=True)
            assert got.code == "ECONNRESET"
            await client.close()

    log: list[str] = []
    run(main())
    assert len(log) == 2


def test_there_are_so_many_connections_at_most() -> None:
    async def main() -> None:
        now: set[int] = set()
        most = 0

        async def respond(peer: Peer) -> None:
            nonlocal most
            now.add(peer.number)
            most = max(most, len(now))
            await gate.wait()
            now.discard(peer.number)
            await peer.send(answer())

        gate = asyncio.Event()
        async with serving(respond) as port, serving(respond) as other:
            client = make(max_per_origin=2, max_connections=3, max_queued=5)
            several = [
                begin(client, f"http://127.0.0.1:{one}/", keep_alive=keeps)
                for one, keeps in ((port, True), (port, False), (port, True), (port, False))
            ]
            several += [begin(client, f"http://127.0.0.1:{other}/") for _ in range(4)]
            assert (client.pool.connections, client.pool.queued) == (3, 5)
            surplus = await get(client, f"http://127.0.0.1:{port}/")
            assert surplus.code == "HTTP_QUEUE_FULL"
            gate.set()
            for one in several:
                assert (await finish(one)).status == 200
            assert client.pool.queued == 0
            await client.close()

    run(main())


def test_an_idle_connection_gives_way_to_another_server() -> None:
    async def main() -> None:
        async with serving(echo) as one, serving(echo) as other:
            client = make(max_connections=1)
            for port in (one, other, one):
                await get(client, f"http://127.0.0.1:{port}/", keep_alive=True)
                assert client.pool.connections == 1
            await client.close()

    run(main())


def test_a_request_that_is_stopped_gives_its_place_up() -> None:
    async def main() -> None:
        async def respond(peer: Peer) -> None:
            if "silent" in peer.path:
                asked.set()
                await peer.gone()
            else:
                await peer.send(answer(b"x"))

        asked = asyncio.Event()
        async with serving(respond) as port:
            client = make(max_per_origin=1)
            silent = begin(client, f"http://127.0.0.1:{port}/silent")
            waiting = begin(client, f"http://127.0.0.1:{port}/silent")
            last = begin(client, f"http://127.0.0.1:{port}/x")
            await asyncio.wait_for(asked.wait(), DEADLINE)
            waiting.exchange.stop()
            silent.exchange.stop()
            assert (await finish(last)).body == b"x"
            assert silent.heard == waiting.heard == 0
            assert (client.pool.connections, client.pool.queued) == (0, 0)
            await client.close()

    run(main())


# Redirects


def test_redirects_are_answers_unless_they_are_to_be_followed() -> None:
    async def main() -> None:
        async def respond(peer: Peer) -> None:
            if peer.path == "/end":
                await echo(peer)
            else:
                await peer.send(answer(b"moved", "Location: /end", status="302 Found"))

        async with serving(respond) as port:
            client = make()
            got = await get(client, f"http://127.0.0.1:{port}/")
            assert (got.status, got.body) == (302, b"moved")
            got = await get(client, f"http://127.0.0.1:{port}/", max_redirects=1)
            assert (got.status, got.body[:9]) == (200, b"GET /end ")
            await client.close()

    run(main())


@pytest.mark.parametrize(
    ("status", "method", "expected"),
    [
        (303, "PUT", "GET"),
        (301, "POST", "GET"),
        (302, "PUT", "PUT"),
        (307, "POST", "POST"),
        (308, "DELETE", "DELETE"),
        (303, "HEAD", "HEAD"),
    ],
)
def test_a_redirect_keeps_method_and_body_where_it_should(
    status: int, method: str, expected: str
) -> None:
    async def main() -> None:
        async def respond(peer: Peer) -> None:
            if peer.path == "/end":
                seen.extend((peer.head.split(" ")[0], peer.body, peer.field("Content-Type")))
                await peer.send(answer())
            else:
                await peer.send(answer(b"", "Location: /end", status=f"{status} Moved"))

        async with serving(respond) as port:
            client = make()
            await get(
                client,
                f"http://127.0.0.1:{port}/",
                method,
                [("Content-Type", "a/b")],
                b"body",
                max_redirects=1,
            )
            await client.close()

    seen: list[Any] = []
    run(main())
    keeps = expected == method
    assert seen == [expected, b"body" if keeps else b"", "a/b" if keeps else None]


def test_another_server_is_not_told_who_asks() -> None:
    async def main() -> None:
        async with serving(echo) as other:

            async def respond(peer: Peer) -> None:
                target = {"/away": f"http://127.0.0.1:{other}/", "/here": "/end"}.get(peer.path)
                if target is None:
                    await echo(peer)
                else:
                    await peer.send(answer(b"", f"Location: {target}", status="302 Found"))

            async with serving(respond) as port:
                client = make()
                fields = [("cookie", "c=1"), ("X", "y")]
                for user in ("", "u:p@"):
                    secret = [] if user else [("Authorization", "Bearer x")]
                    for path, is_told in (("here", True), ("away", False)):
                        url = f"http://{user}127.0.0.1:{port}/{path}"
                        got = await get(client, url, "GET", fields + secret, max_redirects=2)
                        assert (b"Authorization" in got.body) == is_told
                        assert (b"c=1" in got.body) == is_told
                        assert b"X: y" in got.body
                await client.close()

    run(main())


@pytest.mark.parametrize(
    ("target", "code", "words"),
    [
        ("/again", "HTTP_TOO_MANY_REDIRECTS", "redirected more than 3 times"),
        ("file:///etc/passwd", "HTTP_BAD_REDIRECT", "only http: and https: URLs can be fetched"),
        ("ftp://127.0.0.1/", "HTTP_BAD_REDIRECT", "only http: and https: URLs can be fetched"),
        ("http://u:secret@[/", "HTTP_BAD_REDIRECT", "Invalid IPv6 URL"),
    ],
)
def test_a_redirect_that_leads_nowhere(target: str, code: str, words: str) -> None:
    async def main() -> None:
        async def respond(peer: Peer) -> None:
            await peer.send(answer(b"", f"Location: {target}", status="302 Found"))

        async with serving(respond, log=log) as port:
            client = make()
            got = await get(client, f"http://127.0.0.1:{port}/", max_redirects=3)
            assert got.code == code
            assert words in str(got.error)
            assert "secret" not in str(got.error)
            assert client.pool.connections == 0
            await client.close()

    log: list[str] = []
    run(main())
    assert len(log) == (4 if target == "/again" else 1)


def test_permission_is_asked_at_each_redirect() -> None:
    async def main() -> None:
        async with serving(echo) as other:

            async def respond(peer: Peer) -> None:
                await peer.send(
                    answer(b"", f"Location: http://127.0.0.1:{other}/", status="302 Found")
                )

            async with serving(respond) as port:
                client = Client(
                    asyncio.get_running_loop(),
                    permit=Permissions({"connect": [f"127.0.0.1:{port}"]}),
                )
                got = await get(client, f"http://127.0.0.1:{port}/", max_redirects=1)
                assert isinstance(got.error, AccessDeniedError)
                assert got.error.resource == f"127.0.0.1:{other}"
                await client.close()

    run(main())


# Peers that misbehave: one error, bounded memory, everything else goes on


async def silent(peer: Peer) -> None:
    await peer.gone()


async def by_the_byte(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n")
    for _ in range(10_000):
        await peer.send(b".")
        await asyncio.sleep(0.01)


async def head_by_the_byte(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 200 OK\r\n")
    for _ in range(10_000):
        await peer.send(b"a")
        await asyncio.sleep(0.01)


async def endless(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
    while not peer.writer.is_closing():
        await peer.send(bytes(65536))


async def endless_chunks(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not peer.writer.is_closing():
        await peer.send(b"1\r\na\r\n" * 10_000)


async def large(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
    await peer.gone()


async def resets(peer: Peer) -> None:
    peer.reset()


async def resets_in_the_middle(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
    peer.reset()


async def speaks_smtp(peer: Peer) -> None:
    await peer.send(b"220 mail.example ESMTP\r\n")
    await peer.gone()


async def too_short(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
    peer.writer.close()


async def many_fields(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 10_000 + b"\r\n")
    await peer.gone()


async def endless_head(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 200 OK\r\n")
    while not peer.writer.is_closing():
        await peer.send(b"a: " + b"b" * 65536)


async def endless_interim(peer: Peer) -> None:
    while not peer.writer.is_closing():
        await peer.send(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)


@pytest.mark.parametrize(
    ("respond", "code"),
    [
        (silent, "ETIMEDOUT"),
        (by_the_byte, "ETIMEDOUT"),
        (head_by_the_byte, "ETIMEDOUT"),
        (endless, "HTTP_BODY_TOO_LARGE"),
        (endless_chunks, "HTTP_BODY_TOO_LARGE"),
        (large, "HTTP_BODY_TOO_LARGE"),
        (resets, "ECONNRESET"),
        (resets_in_the_middle, "ECONNRESET"),
        (speaks_smtp, "HTTP_BAD_ANSWER"),
        (too_short, "ECONNRESET"),
        (many_fields, "HTTP_BAD_ANSWER"),
        (endless_head, "HTTP_BAD_ANSWER"),
        (endless_interim, "HTTP_BAD_ANSWER"),
    ],
)
def test_a_peer_that_misbehaves_is_one_error(
    parser: type[ClientWire], respond: Any, code: str
) -> None:
    async def main() -> None:
        async with serving(respond) as port, serving(echo) as good:
            client = make()
            is_slow = code == "ETIMEDOUT"
            bad = begin(
                client,
                f"http://127.0.0.1:{port}/",
                keep_alive=True,
                timeout=0.15 if is_slow else DEADLINE,
                max_body=10_000,
            )
            for _ in range(3):
                assert (await get(client, f"http://127.0.0.1:{good}/", keep_alive=True)).body
            got = await finish(bad)
            assert got.code == code, got.error
            assert str(got.error).startswith(f"http://127.0.0.1:{port}/: ")
            assert client.pool.held == 0
            assert client.pool.connections == 1  # to the good one
            await client.close()

    run(main())


@pytest.mark.usefixtures("parser")
def test_more_than_was_announced_is_not_taken_for_another_answer() -> None:
    async def main() -> None:
        async def respond(peer: Peer) -> None:
            await peer.send(answer(b"abc") + answer(b"forged"))

        async with serving(respond, log=log) as port:
            client = make()
            for _ in range(2):
                got = await get(client, f"http://127.0.0.1:{port}/", keep_alive=True)
                assert got.body == b"abc"
                assert client.pool.connections == 0
            await client.close()

    log: list[str] = []
    run(main())
    assert len(log) == 2


@pytest.mark.usefixtures("parser")
def test_a_gzip_bomb_stays_packed() -> None:
    async def main() -> None:
        bomb = zlib.compress(bytes(50_000_000), wbits=31)

        async def respond(peer: Peer) -> None:
            assert peer.field("Accept-Encoding") is None
            await peer.send(answer(bomb, "Content-Encoding: gzip"))

        async with serving(respond) as port:
            client = make()
            got = await get(client, f"http://127.0.0.1:{port}/")
            assert got.body == bomb
            await client.close()

    run(main())


def test_chunks_of_a_byte_leave_the_loop_to_others(parser: type[ClientWire]) -> None:
    async def main() -> None:
        flood = b"1\r\na\r\n" * 40_000

        async def respond(peer: Peer) -> None:
            head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            await peer.send(head + flood + b"0\r\n\r\n")

        async with serving(respond) as port:
            client = make()
            got = begin(client, f"http://127.0.0.1:{port}/")
            iterations = 0
            while not got.done.is_set():
                await asyncio.sleep(0)
                iterations += 1
            assert len((await finish(got)).body) == 40_000
            # A share at a time, of bytes or, where each chunk is an event, of these.
            shares = len(flood) / SHARE_BYTES if parser is HttptoolsWire else 40_000 / SHARE_FRAMES
            assert iterations >= int(shares)
            await client.close()

    run(main())


@pytest.mark.usefixtures("parser")
def test_answers_that_wait_have_a_bound_together() -> None:
    async def main() -> None:
        async def respond(peer: Peer) -> None:
            await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + bytes(50_000))
            await gate.wait()
            await peer.send(bytes(10_000))

        gate = asyncio.Event()
        async with serving(respond) as port:
            client = make(max_held=120_000)
            several = [begin(client, f"http://127.0.0.1:{port}/") for _ in range(3)]
            [_, _] = await asyncio.wait(
                [asyncio.create_task(one.done.wait()) for one in several],
                timeout=DEADLINE,
                return_when=asyncio.FIRST_COMPLETED,
            )
            gate.set()
            codes = sorted([(await finish(one)).code for one in several])
            assert codes == ["HTTP_TOO_MUCH", "None", "None"]
            assert client.pool.held == 0
            await client.close()

    run(main())


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:1/", "ECONNREFUSED"),
        ("http://localhost:1/", "ECONNREFUSED"),
        ("http://no-such-host.invalid/", "ENOTFOUND"),
    ],
)
def test_a_server_that_is_not_there(url: str, code: str) -> None:
    async def main() -> None:
        client = make()
        got = await get(client, url)
        assert got.code == code
        assert str(got.error).startswith(f"could not connect to {url}: ")
        assert client.pool.connections == 0
        await client.close()

    run(main())


def test_connecting_has_a_limit_of_its_own() -> None:
    async def main() -> None:
        async def accept_and_say_nothing(reader: Any, writer: Any) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(accept_and_say_nothing, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = make()
        # TLS belongs to connecting.
        got = await get(client, f"https://127.0.0.1:{port}/", connect_timeout=0.1)
        assert got.code == "ETIMEDOUT"
        assert str(got.error) == f"no connection to https://127.0.0.1:{port}/ within 100 ms"
        assert client.pool.connections == 0
        await client.close()
        server.close()

    run(main())


def test_a_forbidden_server_is_not_asked() -> None:
    async def main() -> None:
        async with serving(echo, log=log) as port:
            client = Client(
                asyncio.get_running_loop(), permit=Permissions({"connect": ["10.0.0.1"]})
            )
            got = await get(client, f"http://127.0.0.1:{port}/")
            assert isinstance(got.error, AccessDeniedError)
            assert client.pool.connections == 0
            await client.close()

    log: list[str] = []
    run(main())
    assert log == []


# TLS


def test_tls_is_verified_unless_told_otherwise(certificates: Certificates) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity = certificates.identity
    context.load_cert_chain(certificates.write("http.pem", identity.pem() + identity.pem_key()))

    async def main() -> None:
        async with serving(echo, context=context) as port:
            client = make()
            url = f"https://localhost:{port}/"
            assert (await get(client, url)).code == "ERR_TLS"
            assert (await get(client, url, authorities=certificates.ca)).status == 200
            assert (await get(client, url, trust_all=True, keep_alive=True)).status == 200
            # A connection that trusts everybody is for requests that do.
            assert (await get(client, url, keep_alive=True)).code == "ERR_TLS"
            missing = await get(client, url, authorities="/no/such/file")
            assert isinstance(missing.error, TlsError)
            wrong = await get(client, url.replace("https", "http"))
            assert wrong.code in ("ECONNRESET", "HTTP_BAD_ANSWER")
            await client.close()

        async def speak_plainly(reader: Any, writer: Any) -> None:
            writer.write(answer(b"", status="400 Bad Request"))
            writer.close()

        server = await asyncio.start_server(speak_plainly, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = make()
        plain = await get(client, f"https://localhost:{port}/")
        assert (plain.code, "is it a plain http port?" in str(plain.error)) == ("ERR_TLS", True)
        await client.close()
        server.close()

    run(main())


# In pieces


@pytest.mark.usefixtures("parser")
def test_pieces_come_as_they_are_sent_and_wait_while_nobody_wants_them() -> None:
    async def main() -> None:
        sent = 0

        async def respond(peer: Peer) -> None:
            nonlocal sent
            await peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
            while sent < 2_000 and not peer.writer.is_closing():
                await peer.send(bytes(65536))
                sent += 1
            peer.writer.close()

        async with serving(respond) as port:
            client = make()
            got = begin(client, f"http://127.0.0.1:{port}/", in_pieces=True, max_body=1)
            await asyncio.wait_for(got.more.wait(), DEADLINE)
            got.exchange.pause()
            seen = len(got.pieces)
            before = -1
            # Until the system's buffers are full.
            while sent != before:
                before = sent
                await asyncio.sleep(0.05)
            assert sent < 2_000
            assert len(got.pieces) <= seen + 1
            got.exchange.resume()
            await finish(got)
            assert sum(map(len, got.pieces)) == 2_000 * 65536
            await client.close()

    run(main())


def test_silence_between_pieces_has_a_limit() -> None:
    async def main() -> None:
        async def respond(peer: Peer) -> None:
            await peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
            for _ in range(4):
                await peer.send(b"x")
                await asyncio.sleep(0.1)
            await peer.gone()

        async with serving(respond) as port:
            client = make()
            got = await get(client, f"http://127.0.0.1:{port}/", in_pieces=True, timeout=0.25)
            assert b"".join(got.pieces) == b"xxxx"
            assert got.code == "ETIMEDOUT"
            await client.close()

    run(main())
