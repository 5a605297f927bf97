"""Lines for the shell, read without keeping the event loop from its work."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import suppress
from typing import Protocol

__all__ = ["LineDiscardedError", "Lines", "PipedLines"]

_CHUNK_SIZE = 65_536
"""Bytes read at once."""


class LineDiscardedError(Exception):
    """Report that who types does not want the line (Ctrl-C).

    Args:
        had_text: whether anything stood in it.
    """

    def __init__(self, had_text: bool) -> None:
        self.had_text = had_text
        super().__init__(had_text)


class Lines(Protocol):
    """Where lines come from."""

    async def read(self, prompt: str) -> str | None:
        """Return the next line without its end; ``None`` when there are no more.

        Args:
            prompt: what to show in front of it, where somebody sees it.

        Raises:
            LineDiscardedError: what was typed so far is not wanted.
        """


class PipedLines:
    """Lines of a pipe or file. No byte is read before a line is asked for.

    Args:
        descriptor: what to read from.
        loop: the event loop that lines are asked for in.
    """

    def __init__(self, descriptor: int, loop: asyncio.AbstractEventLoop) -> None:
        self._descriptor = descriptor
        self._loop = loop
        self._rest = b""
        self._has_ended = False
        self._wanted = threading.Semaphore(0)
        self._thread: threading.Thread | None = None
        self._chunk: asyncio.Future[bytes] | None = None

    async def read(self, prompt: str) -> str | None:
        while b"\n" not in self._rest and not self._has_ended:
            chunk = await self._read_chunk()
            self._rest += chunk
            self._has_ended = not chunk
        if not self._rest:
            return None
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode("utf-8", "replace").removesuffix("\r")

    async def _read_chunk(self) -> bytes:
        self._chunk = self._loop.create_future()
        if self._thread is None:
            # A daemon: nothing can call it back from a read, and the process must end all the same.
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        self._wanted.release()
        return await self._chunk

    def _work(self) -> None:
        while True:
            self._wanted.acquire()
            try:
                chunk = os.read(self._descriptor, _CHUNK_SIZE)
            except OSError:
                chunk = b""
            # The shell may be over, and its loop with it.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._take, chunk)

    def _take(self, chunk: bytes) -> None:
        if self._chunk is not None and not self._chunk.done():
            self._chunk.set_result(chunk)
