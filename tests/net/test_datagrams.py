"""UDP sockets: shares, queues, names and what goes wrong."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from accessor_host.core.permissions import Permissions
from accessor_host.errors import AccessDeniedError
from accessor_host.net import datagrams
from accessor_host.net.datagrams import Address, Datagrams, UnsentError
from accessor_host.net.shares import SHARE_FRAMES

from ..support.wire import run


class Record:
    """Keep what a socket receives."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.arrived = asyncio.Event()

    def received(self, data: bytes, address: Address) -> None:
        self.seen.append(data)
        self.arrived.set()

    def failed(self, error: OSError) -> None:
        self.seen.append(error)
        self.arrived.set()

    def oversized(self, address: Address) -> None:
        self.seen.append("oversized")
        self.arrived.set()

    async def wait(self, count: int) -> list[Any]:
        async with asyncio.timeout(10):
            while len(self.seen) < count:
                self.arrived.clear()
                await self.arrived.wait()
        return self.seen


def opened(record: Record, **settings: Any) -> Datagrams:
    return Datagrams(asyncio.get_running_loop(), socket.AF_INET, record, **settings)


class Answers(list[Any]):
    """What ``sent`` was told."""

    def __call__(self, error: Exception | None) -> None:
        self.append(error)


def test_datagrams_go_to_and_fro() -> None:
    async def main() -> None:
        one, other = Record(), Record()
        a, b, sent = opened(one), opened(other), Answers()
        port = await a.bind("localhost", 0)
        for data in (b"first", b"", b"x" * 60_000):
            b.send(data, "localhost", port, sent)
        assert await one.wait(3) == [b"first", b"", b"x" * 60_000]
        a.send(b"back", "127.0.0.1", b.address[1], sent)
        assert await other.wait(1) == [b"back"]
        assert sent == [None] * 4
        a.close()
        b.close()
        a.close()

    run(main())


def test_no_more_than_a_share_in_an_iteration() -> None:
    async def main() -> None:
        record = Record()
        a = opened(record)
        port = await a.bind("127.0.0.1", 0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            for number in range(SHARE_FRAMES + 10):
                peer.sendto(bytes((number,)), ("127.0.0.1", port))
        a._receive()
        assert len(record.seen) == SHARE_FRAMES
        a.pause()
        await asyncio.sleep(0.01)
        assert len(record.seen) == SHARE_FRAMES
        a.resume()
        assert len(await record.wait(SHARE_FRAMES + 10)) == SHARE_FRAMES + 10
        assert a.lost_in_system() == 0
        a.close()

    run(main())


def test_a_receiver_that_pauses_gets_no_more() -> None:
    async def main() -> None:
        record = Record()
        a = opened(record)
        received = record.received
        record.received = lambda *of: (received(*of), a.pause())  # type: ignore[method-assign,assignment,func-returns-value]
        port = await a.bind("127.0.0.1", 0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(b"1", ("127.0.0.1", port))
            peer.sendto(b"2", ("127.0.0.1", port))
        assert await record.wait(1) == [b"1"]
        await asyncio.sleep(0.01)
        assert record.seen == [b"1"]
        a.close()

    run(main())


def test_one_that_is_too_large_is_dropped() -> None:
    async def main() -> None:
        record = Record()
        a = opened(record, max_datagram=10)
        port = await a.bind("127.0.0.1", 0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            for size in (10, 11, 9):
                peer.sendto(b"x" * size, ("127.0.0.1", port))
        assert await record.wait(3) == [b"x" * 10, "oversized", b"x" * 9]
        assert a.dropped == 1
        a.close()

    run(main())


def test_what_the_system_reports_is_told_and_the_socket_goes_on() -> None:
    async def main() -> None:
        record = Record()
        a = opened(record)
        port = await a.bind("127.0.0.1", 0)
        real = a._sock

        class Refusing:
            """A socket to which an answer of ICMP has come."""

            def recvfrom(self, _size: int) -> Any:
                a._sock = real
                raise ConnectionRefusedError(111, "Connection refused")

        a._sock = Refusing()  # type: ignore[assignment]
        a._receive()
        assert isinstance(record.seen[0], ConnectionRefusedError)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(b"x", ("127.0.0.1", port))
        assert (await record.wait(2))[1] == b"x"
        a.close()

    run(main())


def test_nobody_listens_there() -> None:
    async def main() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        record, sent = Record(), Answers()
        a = opened(record)
        for _ in range(3):
            a.send(b"x", "127.0.0.1", port, sent)
            await asyncio.sleep(0.01)
        # Linux tells of it only those that are connected.
        assert sent == [None] * 3
        a.close()

    run(main())


@pytest.mark.parametrize(("size", "code"), [(65_507, None), (65_508, 90)])
def test_more_bytes_than_fit(size: int, code: int | None) -> None:
    async def main() -> None:
        sent = Answers()
        a = opened(Record())
        a.send(b"x" * size, "127.0.0.1", 9, sent)
        assert [getattr(error, "errno", None) for error in sent] == [code]
        a.close()

    run(main())


def test_what_waits_is_bounded_and_keeps_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagrams, "MAX_UNSENT", 3)
    monkeypatch.setattr(datagrams, "MAX_UNSENT_BYTES", 10)

    async def main() -> None:
        record, sent = Record(), Answers()
        a, b = opened(record), opened(Record())
        port = await a.bind("127.0.0.1", 0)
        real = b._sock

        class Full:
            """A socket whose buffer is full."""

            def sendto(self, *_of: Any) -> None:
                raise BlockingIOError

            def __getattr__(self, name: str) -> Any:
                return getattr(real, name)

        b._sock = Full()  # type: ignore[assignment]
        b._write = lambda _wanted: None  # type: ignore[method-assign]
        for data in (b"1", b"2", b"too many bytes", b"3", b"4"):
            b.send(data, "127.0.0.1", port, sent)
        assert [type(error) for error in sent] == [UnsentError, UnsentError]
        b._sock = real
        b.send(b"no", "127.0.0.1", port, sent)
        b._send_queued()
        assert await record.wait(3) == [b"1", b"2", b"3"]
        b.send(b"5", "127.0.0.1", port, sent)
        assert (await record.wait(4))[3] == b"5"
        del b._write
        a.close()
        b.close()

    run(main())


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A resolver that knows one name, and counts who asks."""
    asked: list[str] = []

    async def look_up(_loop: Any, host: str, port: int, **_how: Any) -> Any:
        asked.append(host)
        await asyncio.sleep(0.01)
        if host != "here.test":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
    return asked


def test_a_name_is_resolved_once_and_its_datagrams_wait(resolver: list[str]) -> None:
    async def main() -> None:
        record, sent = Record(), Answers()
        a, b = opened(record), opened(Record())
        port = await a.bind("127.0.0.1", 0)
        for data in (b"1", b"2", b"3"):
            b.send(data, "here.test", port, sent)
        assert sent == []
        assert await record.wait(3) == [b"1", b"2", b"3"]
        b.send(b"4", "here.test", port, sent)
        assert (await record.wait(4))[3] == b"4"
        assert resolver == ["here.test"]
        b.send(b"5", "nowhere.test", port, sent)
        await asyncio.gather(*b._tasks)
        assert isinstance(sent[4], socket.gaierror)
        a.close()
        b.close()

    run(main())


def test_what_waits_when_it_is_closed_is_told(resolver: list[str]) -> None:
    async def main() -> None:
        sent = Answers()
        a = opened(Record())
        a.send(b"x", "here.test", 9, sent)
        a.close()
        assert [type(error) for error in sent] == [UnsentError]
        await asyncio.sleep(0.02)
        assert len(sent) == 1

    run(main())


def test_places_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagrams, "MAX_NAMES", 4)

    async def main() -> None:
        sent = Answers()
        a = opened(Record(), permit=Permissions({"connect": ["udp:127.0.0.0/8"]}))
        for last in range(1, 20):
            a.send(b"x", f"127.0.0.{last}", 9, sent)
        assert sent == [None] * 19
        assert len(a._targets) <= 4
        assert len(a._peers) <= 4
        a.close()

    run(main())


def test_permissions_are_asked_for_udp() -> None:
    async def main() -> None:
        permit = Permissions({"listen": ["udp:0"], "connect": ["127.0.0.1:9"]})
        sent = Answers()
        a = opened(Record(), permit=permit)
        with pytest.raises(AccessDeniedError):
            await a.bind("0.0.0.0", 0)
        await a.bind("127.0.0.1", 0)
        a.send(b"x", "127.0.0.1", 9, sent)
        a.send(b"x", "some.test", 9, sent)
        assert [type(error) for error in sent] == [AccessDeniedError, AccessDeniedError]
        assert "udp:127.0.0.1:9" in str(sent[0])
        a.close()

    run(main())


def test_who_may_not_listen_hears_whom_it_spoke_to() -> None:
    async def main() -> None:
        record, sent = Record(), Answers()
        a = opened(record, permit=Permissions({"connect": ["udp:127.0.0.1"]}))
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as friend,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
        ):
            friend.bind(("127.0.0.1", 0))
            stranger.bind(("127.0.0.2", 0))
            a.send(b"hello", "127.0.0.1", friend.getsockname()[1], sent)
            assert sent == [None]
            _, address = friend.recvfrom(100)
            stranger.sendto(b"no", ("127.0.0.1", address[1]))
            friend.sendto(b"yes", ("127.0.0.1", address[1]))
        assert await record.wait(1) == [b"yes"]
        assert a.dropped == 1
        a.close()

    run(main())


def test_multicast_in_this_machine() -> None:
    async def main() -> None:
        record, sent = Record(), Answers()
        a, b = opened(record), opened(Record())
        port = await a.bind("0.0.0.0", 0)
        a.set_membership("239.255.7.7", "127.0.0.1", is_member=True)
        b.set_multicast(hops=1, loopback=True)
        b.set_membership("239.255.7.7", "127.0.0.1", is_member=True)
        b._sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        b.send(b"all", "239.255.7.7", port, sent)
        assert await record.wait(1) == [b"all"]
        a.set_membership("239.255.7.7", "127.0.0.1", is_member=False)
        with pytest.raises(OSError, match="illegal IP address"):
            a.set_membership("239.255.7", "", is_member=True)
        a.close()
        b.close()

    run(main())
