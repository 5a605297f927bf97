"""HTTP proxies for tests: one that really tunnels, and Debian's tinyproxy."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from .programs import Program, free_port

__all__ = ["TunnelProxy", "proxy_environment", "tinyproxy", "tunnelling"]


class TunnelProxy:
    """A proxy in the loop of the test: it notes what it is asked, connects and copies bytes.

    Args:
        names: addresses of hosts, by name, that only this proxy knows.
        authorization: value that the field ``Proxy-Authorization`` must have; empty for any.
    """

    def __init__(self, names: dict[str, str], authorization: str) -> None:
        self.port = 0
        self.asked: list[tuple[str, dict[str, str]]] = []
        """Target and fields, by lower-case name, of each request."""
        self._names = names
        self._authorization = authorization
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Return the address of the proxy."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def targets(self) -> list[str]:
        """Return which servers it was asked for."""
        return [target for target, _ in self.asked]

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client."""
        # A task of ours: asyncio complains of one of its own that is cancelled.
        task = asyncio.get_running_loop().create_task(self._run(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """Cut what is still going on."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._serve(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *lines = head.split("\r\n")[:-2]
        method, target, version = line.split(" ")
        assert (method, version) == ("CONNECT", "HTTP/1.1")
        named = (one.split(": ", 1) for one in lines)
        fields = {name.lower(): value for name, value in named}
        self.asked.append((target, fields))
        if self._authorization and fields.get("proxy-authorization") != self._authorization:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        host, _, port = target.rpartition(":")
        host = host.strip("[]")
        answers, there = await asyncio.open_connection(self._names.get(host, host), int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n")
        try:
            await asyncio.gather(_copy(reader, there), _copy(answers, writer))
        finally:
            await _close(there)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


@contextlib.asynccontextmanager
async def tunnelling(
    names: dict[str, str] | None = None, authorization: str = ""
) -> AsyncIterator[TunnelProxy]:
    """Run a proxy; arguments as for :class:`TunnelProxy`."""
    proxy = TunnelProxy(names or {}, authorization)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()


@contextlib.contextmanager
def tinyproxy(folder: Path, user: str = "", password: str = "") -> Iterator[int]:
    """Run tinyproxy and give its port, or skip the test where it is not installed.

    Args:
        folder: for its configuration.
        user: who may use it; empty for all.
        password: of that user.
    """
    program = shutil.which("tinyproxy")
    if program is None:
        reason = "tinyproxy is not installed; on Debian: apt-get install tinyproxy"
        if os.environ.get("ACCESSOR_HOST_REQUIRE_PEERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    port = free_port()
    lines = [f"Port {port}", "Listen 127.0.0.1", "Allow 127.0.0.1", "MaxClients 20", "Timeout 60"]
    if user:
        lines.append(f"BasicAuth {user} {password}")
    configuration = folder / "tinyproxy.conf"
    configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with Program([program, "-d", "-c", str(configuration)]) as running:
        running.wait_for("Accepting connections")
        yield port


def proxy_environment(patch: pytest.MonkeyPatch, **variables: str) -> None:
    """Let the environment name these proxies and exceptions, and no others."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        patch.delenv(name)
    for name, value in variables.items():
        patch.setenv(name, value)
