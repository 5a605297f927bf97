"""What carries the bytes of a serial port: a device, or the loopback.

A device is opened and set up by pyserial, in a thread. From then on the loop reads and writes its
file descriptor, which never blocks; nothing polls.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from ..failures import ModuleError

if TYPE_CHECKING:
    import asyncio

    from serial import Serial

__all__ = [
    "LOOPBACK",
    "READ_SIZE",
    "DeviceLink",
    "LoopbackLink",
    "SerialError",
    "close_device",
    "open_device",
]

LOOPBACK = "loopback"
"""The port without hardware."""

READ_SIZE = 4096
"""Bytes that are read at once: a third of a second at 115,200 baud, and a bound for one event."""

_BUSY = (errno.EAGAIN, errno.EBUSY, errno.EWOULDBLOCK)


class SerialError(ModuleError):
    """Report to a script what is wrong with a port; it never gets to a Python program.

    Args:
        code: stable machine-readable name, for example ``"ERR_SERIAL_IN_USE"``.
        reason: one sentence.
    """


class LoopbackLink:
    """Give back what is written, in a later iteration of the loop.

    Args:
        loop: the event loop.
        received: called with bytes.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, received: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._received = received
        self._bytes = bytearray()
        self._is_paused = False
        self._handle: asyncio.Handle | None = None

    @property
    def unsent(self) -> int:
        """Bytes that are under way."""
        return len(self._bytes)

    def write(self, data: bytes) -> None:
        """Keep bytes for a later iteration."""
        self._bytes += data
        self._schedule()

    def pause(self) -> None:
        """Give back nothing until :meth:`resume`."""
        self._is_paused = True

    def resume(self) -> None:
        """Give back again."""
        self._is_paused = False
        self._schedule()

    def close(self) -> None:
        """Forget what is under way."""
        self._bytes.clear()
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _schedule(self) -> None:
        if self._bytes and self._handle is None and not self._is_paused:
            self._handle = self._loop.call_soon(self._turn_round)

    def _turn_round(self) -> None:
        self._handle = None
        if self._is_paused:
            return
        chunk = bytes(self._bytes[:READ_SIZE])
        del self._bytes[:READ_SIZE]
        self._received(chunk)
        self._schedule()


class DeviceLink:
    """Read and write an open device.

    Args:
        loop: the event loop.
        device: as :func:`open_device` returned it.
        received: called with bytes.
        lost: called once with why the device is of no use any more.
        drained: called each time when everything is written.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        device: Serial,
        received: Callable[[bytes], None],
        lost: Callable[[str], None],
        drained: Callable[[], None],
    ) -> None:
        self.device = device
        """The device; whoever closes the link closes it then, in a thread."""
        self._loop = loop
        self._descriptor = device.fileno()
        self._received = received
        self._lost = lost
        self._drained = drained
        self._bytes = bytearray()
        self._is_closed = False
        loop.add_reader(self._descriptor, self._read)

    @property
    def unsent(self) -> int:
        """Bytes that wait to be written."""
        return len(self._bytes)

    def write(self, data: bytes) -> None:
        """Write bytes, or keep them until the device takes them."""
        if self._is_closed:
            return
        is_waiting = bool(self._bytes)
        self._bytes += data
        if not is_waiting:
            self._write()
            if self._bytes and not self._is_closed:
                self._loop.add_writer(self._descriptor, self._write_on)

    def pause(self) -> None:
        """Read nothing more until :meth:`resume`; the device, or the system, keeps it."""
        if not self._is_closed:
            self._loop.remove_reader(self._descriptor)

    def resume(self) -> None:
        """Read again."""
        if not self._is_closed:
            self._loop.add_reader(self._descriptor, self._read)

    def close(self) -> None:
        """Read nothing more, and drop what is not written."""
        if not self._is_closed:
            self._is_closed = True
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
            self._bytes.clear()

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, READ_SIZE)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(str(error.strerror))
            return
        if data:
            self._received(data)
        else:
            # VMIN is 1: only the end of the line reads as nothing.
            self._lose("it hung up")

    def _write(self) -> None:
        try:
            del self._bytes[: os.write(self._descriptor, self._bytes)]
        except BlockingIOError:
            pass
        except OSError as error:
            self._lose(str(error.strerror))

    def _write_on(self) -> None:
        self._write()
        if not self._bytes and not self._is_closed:
            self._loop.remove_writer(self._descriptor)
            self._drained()

    def _lose(self, reason: str) -> None:
        self.close()
        self._lost(reason)


def open_device(path: str, baud_rate: int) -> Serial:
    """Open a device exclusively and set it up; this may take its time, so call it in a thread.

    Args:
        path: of the device, with its links followed.
        baud_rate: bits per second.

    Raises:
        SerialError: it cannot be opened.
    """
    if os.name != "posix":
        raise SerialError("ERR_SERIAL_REFUSED", "serial ports need Linux, macOS or another Unix")
    try:
        is_device = stat.S_ISCHR(os.stat(path).st_mode)
    except OSError as error:
        raise _error_of(path, error.errno, str(error.strerror)) from None
    if not is_device:
        raise SerialError("ERR_SERIAL_REFUSED", f"'{path}' is no serial port")
    try:
        from serial import Serial, SerialException
    except ImportError:
        raise SerialError(
            "ERR_MODULE_NOT_AVAILABLE",
            "serial ports need pyserial: pip install 'accessor-host[serial]'; "
            "the port 'loopback' needs nothing",
        ) from None
    try:
        # With inter_byte_timeout, VMIN is 1: reading finds bytes, waits, or tells of the end.
        device = Serial(path, baud_rate, timeout=0, inter_byte_timeout=0, exclusive=True)
    except SerialException as error:
        raise _error_of(path, error.errno, str(error)) from None
    except (ValueError, OverflowError, OSError) as error:
        reason = f"'{path}' refuses its parameters: {error}"
        raise SerialError("ERR_SERIAL_REFUSED", reason) from None
    return device


def close_device(device: Serial) -> None:
    """Close a device; the system may deliver what it has taken first, so call it in a thread."""
    with suppress(Exception):
        device.close()


def _error_of(path: str, number: int | None, text: str) -> SerialError:
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return SerialError("ERR_SERIAL_NO_PORT", f"there is no serial port '{path}'")
    if number in _BUSY:
        return SerialError("ERR_SERIAL_IN_USE", f"'{path}' is in use by another program")
    if number is not None and number in (errno.EACCES, errno.EPERM):
        what = os.strerror(number).lower()
        return SerialError(errno.errorcode[number], f"'{path}' cannot be opened: {what}")
    return SerialError("ERR_SERIAL_REFUSED", f"'{path}' cannot be opened as a serial port: {text}")
