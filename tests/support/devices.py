"""Devices behind serial ports: pseudo terminals."""

from __future__ import annotations

import asyncio
import os
import termios
import tty
from contextlib import suppress

from .scripts import DEADLINE

__all__ = ["Device"]


class Device:
    """The device's end of a pseudo terminal."""

    def __init__(self) -> None:
        self.end, other = os.openpty()
        tty.setraw(other)
        self.path = os.ttyname(other)
        os.close(other)
        os.set_blocking(self.end, False)
        # Kept open, so that the terminal is there before the script opens it and after it closes.
        self._kept: int | None = os.open(self.path, os.O_RDWR | os.O_NOCTTY)

    async def read(self, count: int) -> bytes:
        """Return that many bytes."""
        data = b""
        async with asyncio.timeout(DEADLINE):
            while len(data) < count:
                with suppress(BlockingIOError):
                    data += os.read(self.end, count - len(data))
                await asyncio.sleep(0.001)
        return data

    def write(self, data: bytes) -> None:
        assert os.write(self.end, data) == len(data)

    def speed(self) -> int:
        """Return what the script has set."""
        return int(termios.tcgetattr(self.end)[5])

    def unplug(self) -> None:
        if self._kept is not None:
            os.close(self._kept)
            os.close(self.end)
            self._kept = None
