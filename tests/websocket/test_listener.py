"""Where a server listens, and how it says that it cannot."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
from typing import Any

import pytest

from accessor_host.errors import ListenError
from accessor_host.modules.web_socket_server.server import Server
from accessor_host.net import addresses
from accessor_host.net.addresses import bind, family_name, resolve

from ..support.wire import CLOSE, Events, Raw, frame, handshake, run, serving


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6 loopback")


async def _fails(options: dict[str, Any]) -> ListenError:
    server = Server(options)
    events = Events(server, "listening", "error", "close")
    server.start()
    with pytest.raises(ListenError) as caught:
        await server.wait_listening()
    await server.wait_closed()
    assert events.seen == [("error", caught.value)]
    assert server.address() is None
    return caught.value


_LOADED = """
import asyncio, sys
from accessor_host.websocket.listener import Listener
from accessor_host.websocket.settings import ServerSettings

CONNECTIONS = "accessor_host.websocket.server_connection"

async def main():
    listener = Listener(None, ServerSettings("127.0.0.1", 0))
    await listener.start()
    print(CONNECTIONS in sys.modules)
    async with asyncio.timeout(10):
        while CONNECTIONS not in sys.modules:
            await asyncio.sleep(0)
    await listener.stop()
    print(CONNECTIONS in sys.modules)

asyncio.run(main())
"""


def test_what_connections_need_is_loaded_behind_the_start() -> None:
    command = [sys.executable, "-c", _LOADED]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue\n"


def test_small_writes_do_not_wait_for_answers() -> None:
    async def test() -> None:
        async with serving() as running:
            async with await Raw.open(running.port) as raw:
                await running.socket()
                (connection,) = running.server._lifecycle._listener.connections
                accepted = connection._transport.get_extra_info("socket")
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                raw.send(frame(CLOSE, b"\x03\xe8"))
                assert await raw.close_code() == (1000, "")

    run(test())


@needs_ipv6
def test_localhost_is_both_loopback_addresses_on_one_port() -> None:
    async def test() -> None:
        async with serving(hostInterface="localhost") as running:
            for host in ("127.0.0.1", "::1"):
                reader, writer = await asyncio.open_connection(host, running.port)
                writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                assert (await reader.readline()).startswith(b"HTTP/1.1 426 ")
                writer.close()
            address = running.server.address()
            assert address is not None
            assert (address["address"], address["family"]) == ("127.0.0.1", "IPv4")

    run(test())


@needs_ipv6
def test_port_zero_tries_another_port_when_one_family_has_it(monkeypatch: Any) -> None:
    pairs = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    taken = socket.create_server(("::1", 0), family=socket.AF_INET6)
    port = taken.getsockname()[1]
    asked: list[tuple[str, int]] = []
    listen = addresses._listen

    def steered(family: Any, address: str, wanted: int) -> socket.socket:
        asked.append((address, wanted))
        return listen(family, address, port if len(asked) == 1 else wanted)

    monkeypatch.setattr(addresses, "_listen", steered)
    with taken:
        sockets = bind("localhost", pairs, 0)
    assert [address for address, _ in asked] == ["127.0.0.1", "::1", "127.0.0.1", "::1"]
    assert len({sock.getsockname()[1] for sock in sockets}) == 1
    for sock in sockets:
        sock.close()


@needs_ipv6
def test_port_zero_gives_up_in_the_end(monkeypatch: Any) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        listen = addresses._listen
        monkeypatch.setattr(addresses, "_listen", lambda family, at, _: listen(family, at, port))
        with pytest.raises(ListenError, match="EADDRINUSE"):
            bind("x", [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")], 0)


def test_an_address_that_is_not_there_is_left_out_if_another_is() -> None:
    here, elsewhere = (socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "192.0.2.1")
    sockets = bind("name", [elsewhere, here], 0)
    assert [sock.getsockname()[0] for sock in sockets] == ["127.0.0.1"]
    sockets[0].close()
    with pytest.raises(ListenError, match="EADDRNOTAVAIL"):
        bind("name", [elsewhere], 0)
    with pytest.raises(ListenError, match="EADDRNOTAVAIL"):
        bind("name", [], 0)


def test_a_port_in_use_is_an_error_that_names_host_and_port() -> None:
    async def test() -> None:
        async with serving() as running:
            error = await _fails({"port": running.port, "hostInterface": "127.0.0.1"})
            assert (error.code, error.port) == ("EADDRINUSE", running.port)
            assert f"127.0.0.1:{running.port}" in str(error)

    run(test())


def test_an_unhandled_error_is_one_line_in_the_log(caplog: Any) -> None:
    async def test() -> None:
        server = Server(hostInterface="192.0.2.1", port=0)
        server.start()
        await server.wait_closed()

    run(test())
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "listen EADDRNOTAVAIL: cannot listen on 192.0.2.1:0" in caplog.text
    assert caplog.records[0].exc_info is None


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("192.0.2.1", "EADDRNOTAVAIL"),
        ("does-not-exist.invalid", ("ENOTFOUND", "EAI_AGAIN")),
        ("x" * 64 + ".example", "ENOTFOUND"),
        ("a..b", "ENOTFOUND"),
        ("nul\0byte", "ENOTFOUND"),
    ],
)
def test_an_interface_that_is_not_there(host: str, code: str | tuple[str, ...]) -> None:
    async def test() -> None:
        error = await _fails({"port": 0, "hostInterface": host})
        assert error.code in (code if isinstance(code, tuple) else (code,))
        assert error.host == host

    run(test())


def test_a_failed_server_can_be_started_again_from_its_error_event() -> None:
    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            server = Server(port=taken.getsockname()[1], host_interface="127.0.0.1")
            events = Events(server, "listening", "error", "close")

            def retry(_: Exception) -> None:
                taken.close()
                server.start()

            server.once("error", retry)
            server.start()
            await events.wait("listening")
            server.stop()
            await server.wait_closed()

    run(test())


def test_names_are_resolved() -> None:
    async def test() -> None:
        assert await resolve("127.0.0.2", 1) == [(socket.AF_INET, "127.0.0.2")]
        assert await resolve("::1", 1) == [(socket.AF_INET6, "::1")]
        for family, address in await resolve(socket.gethostname(), 1):
            assert family_name(family) in ("IPv4", "IPv6")
            assert address

    run(test())


@needs_ipv6
def test_ipv6_alone() -> None:
    async def test() -> None:
        async with serving(hostInterface="::") as running:
            address = running.server.address()
            assert address is not None
            assert (address["address"], address["family"]) == ("::", "IPv6")
            # IPV6_V6ONLY: IPv4 is somebody else's.
            with socket.create_server(("127.0.0.1", running.port)):
                pass

    run(test())


@pytest.mark.skipif(not addresses.CAN_SHARE, reason="ports are shared on Linux only")
def test_a_port_is_shared_if_both_say_so() -> None:
    async def test() -> None:
        async with serving(reusePort=True) as running:
            async with serving(reusePort=True, port=running.port) as other:
                assert other.port == running.port
            error = await _fails({"port": running.port, "hostInterface": "127.0.0.1"})
            assert error.code == "EADDRINUSE"

    run(test())


def test_a_port_that_cannot_be_shared_is_an_error(monkeypatch: Any) -> None:
    monkeypatch.setattr("accessor_host.net.ports.CAN_SHARE", False)

    async def test() -> None:
        error = await _fails({"port": 0, "hostInterface": "127.0.0.1", "reusePort": True})
        assert error.code == "ENOTSUP"

    run(test())


HEALTHY = b"HTTP/1.1 200 "


async def _asks(port: int, path: str, method: str = "GET", *fields: str) -> bytes:
    """Return the whole answer to a request."""
    async with await Raw.connect(port) as raw:
        lines = [f"{method} {path} HTTP/1.1", "Host: x", *fields, "", ""]
        raw.send("\r\n".join(lines).encode())
        return await raw.rest()


@pytest.mark.parametrize("given", ["/healthz", "healthz"])
def test_who_asks_for_health_is_told_that_the_server_listens(given: str) -> None:
    async def test() -> None:
        async with serving(healthPath=given) as running:
            for path in ("/healthz", "/healthz?full=1"):
                answer = await _asks(running.port, path)
                assert answer.startswith(HEALTHY), answer
                assert answer.endswith(b"\r\n\r\nok\n")
            head = await _asks(running.port, "/healthz", "HEAD")
            assert head.startswith(HEALTHY)
            assert head.endswith(b"Content-Length: 3\r\nConnection: close\r\n\r\n")
            for path in ("/", "/healthz/", "/health", "//healthz"):
                assert (await _asks(running.port, path)).startswith(b"HTTP/1.1 426 ")
            # A WebSocket opens there as anywhere.
            async with await Raw.connect(running.port) as raw:
                raw.send(handshake().replace(b"GET / ", b"GET /healthz "))
                assert (await raw.reader.readline()).startswith(b"HTTP/1.1 101 ")
            assert running.server.statistics().refusals == {"HTTP 426": 4}

    run(test())


def test_a_full_server_is_healthy() -> None:
    async def test() -> None:
        async with (
            serving(healthPath="/healthz", maxConnections=1, allowedOrigins=[]) as running,
            await Raw.connect(running.port) as raw,
        ):
            raw.send(b"GET / HTTP/1.1\r\n")
            async with asyncio.timeout(10):
                while running.server.statistics().connections < 1:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            assert (await _asks(running.port, "/healthz")).startswith(HEALTHY)
            assert (await _asks(running.port, "/")).startswith(b"HTTP/1.1 503 ")

    run(test())


def test_without_the_option_nothing_is_healthy() -> None:
    async def test() -> None:
        async with serving() as running:
            for path in ("/", "/healthz"):
                assert (await _asks(running.port, path)).startswith(b"HTTP/1.1 426 ")

    run(test())


def test_the_port_is_free_again_at_once() -> None:
    async def test() -> None:
        async with serving() as running:
            port = running.port
            raw = await Raw.open(port)
            running.server.stop()
            await raw.close_code()
            raw.send(frame(CLOSE, b"\x03\xe9"))
            await raw.hang_up()
            await running.server.wait_closed()
            async with serving(port=port) as again:
                assert again.port == port

    run(test())


def test_stop_ends_handshakes_that_are_going_on() -> None:
    async def test() -> None:
        async with serving() as running, await Raw.connect(running.port) as raw:
            raw.send(b"GET / HTTP/1.1\r\n")
            # The first one is known to the server once a later client is through.
            async with await Raw.open(running.port):
                running.server.stop()
                with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                    await raw.reader.readexactly(1)

    run(test())


def test_stop_is_bounded_by_the_closing_timeout() -> None:
    async def test() -> None:
        async with serving(closingTimeout=200) as running, await Raw.open(running.port):
            _, events = await running.socket()
            before = asyncio.get_running_loop().time()
            running.server.stop()
            await running.server.wait_closed()
            assert 0.15 < asyncio.get_running_loop().time() - before < 2
            assert events.seen == [("close", 1001, "")]

    run(test())


_PRIVILEGED = """
import asyncio
from accessor_host.errors import ListenError
from accessor_host.modules.web_socket_server.server import Server

async def main():
    server = Server(host_interface="127.0.0.1")
    server.start()
    try:
        await server.wait_listening()
    except ListenError as error:
        print(error)

asyncio.run(main())
"""


def test_a_privileged_port_is_refused_in_words() -> None:
    drop = ["--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"]
    setpriv = shutil.which("setpriv")
    if setpriv is None or subprocess.run([setpriv, *drop, "true"], check=False).returncode:
        pytest.skip("setpriv cannot drop a capability here")
    floor = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
    with open(floor) as file:
        if int(file.read()) <= 80:
            pytest.skip("port 80 needs no privilege here")
    command = [setpriv, *drop, sys.executable, "-c", _PRIVILEGED]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == (
        "listen EACCES: cannot listen on 127.0.0.1:80: Permission denied; "
        "ports below 1024 need a privilege\n"
    )
