"""Scripts that run while a test talks to them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from accessor_host import Host

DEADLINE = 10.0


class Lines(io.TextIOBase):
    """A text stream whose lines can be awaited."""

    def __init__(self) -> None:
        self.text = ""
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self._rest = ""

    def write(self, text: str) -> int:
        self.text += text
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._lines.put_nowait(line)
        return len(text)

    async def next(self) -> str:
        """Return the next line that was not returned yet."""
        return await asyncio.wait_for(self._lines.get(), DEADLINE)

    async def until(self, start: str) -> str:
        """Skip to the line that begins with a text, and return what follows it."""
        while True:
            line = await self.next()
            if line.startswith(start):
                return line.removeprefix(start).strip()


class Script:
    """A running script: its host and what it prints."""

    def __init__(self, host: Host, stdout: Lines, stderr: Lines) -> None:
        self.host = host
        self.stdout = stdout
        self.stderr = stderr

    async def port(self) -> int:
        """Return the port of a script that prints `listening PORT`."""
        return int(await self.stdout.until("listening"))

    async def ended(self) -> None:
        """Wait until nothing is left to happen in the script."""
        await asyncio.wait_for(self.host.wait(), DEADLINE)


@asynccontextmanager
async def running(engine: str, source: str, **settings: Any) -> AsyncIterator[Script]:
    """Run a script in a host of its own."""
    stdout, stderr = Lines(), Lines()
    async with Host(engine=engine, stdout=stdout, stderr=stderr, **settings) as host:
        await host.run(source)
        yield Script(host, stdout, stderr)
