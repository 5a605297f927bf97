"""Images taken in a thread, of which the loop gets the newest."""

from __future__ import annotations

import threading
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable
from typing import Protocol

from ...codecs.images import Image
from .names import CameraError, Place
from .sources import open_source

__all__ = ["MAX_WAIT", "Acquisition", "Watcher"]

MAX_WAIT = 2.0
"""Seconds that the end of a host waits for a device: one that hangs is left to its thread."""

_in_use: dict[str, str] = {}
_lock = threading.Lock()


class Watcher(Protocol):
    """Be told in the loop what becomes of an acquisition."""

    def opened(self, width: int, height: int) -> None:
        """Images will come."""

    def framed(self) -> None:
        """There is a new image; the next one is told of after ``resume``."""

    def ended(self, error: CameraError | None) -> None:
        """No image will come any more; the error says why, if it is not the end of a file."""


class Acquisition:
    """Take images from one source, from when it is made until it is stopped.

    Args:
        place: what the images come from.
        size: width and height that are wanted.
        loop: where the watcher is told.
        watcher: is told.
        previous: another acquisition of the camera, which is over first.
    """

    def __init__(
        self,
        place: Place,
        size: tuple[int, int],
        loop: AbstractEventLoop,
        watcher: Watcher,
        previous: Acquisition | None = None,
    ) -> None:
        self.newest: Image | None = None
        """The newest image, if there is one."""
        self.size = size
        """The size that is wanted."""
        self.has_opened = False
        """Whether there could be images."""
        self._place = place
        self._loop = loop
        self._watcher = watcher
        self._stop = threading.Event()
        self._is_told = False
        self._previous = previous
        self._thread = threading.Thread(target=self._run, name="accessor-host-camera", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more images; the watcher is told when the device has been given back."""
        self._stop.set()

    def resume(self) -> None:
        """Have the watcher told of the next image."""
        self._is_told = False

    def join(self) -> None:
        """Wait until the device has been given back, but not for ever."""
        self._thread.join(MAX_WAIT)

    # In the thread

    def _run(self) -> None:
        if self._previous is not None:
            self._previous._thread.join()
            self._previous = None
        error: CameraError | None = None
        try:
            if not self._stop.is_set():
                self._take_device()
                try:
                    self._acquire()
                finally:
                    self._give_device()
        except CameraError as caught:
            error = caught
        except Exception as caught:
            # A library that fails in an unknown way must not leave the script waiting.
            error = CameraError("ERR_CAMERA_FAILED", f"the camera {self._place.name!r}: {caught!r}")
        self._tell(lambda: self._watcher.ended(error))

    def _acquire(self) -> None:
        size = self.size
        source = open_source(self._place, *size)
        try:
            width, height = source.size
            self.has_opened = True
            self._tell(lambda: self._watcher.opened(width, height))
            due = time.monotonic()
            while not self._stop.is_set():
                if self.size != size:
                    size = self.size
                    source.resize(*size)
                image = source.read()
                if image is None:
                    return
                self.newest = image
                if not self._is_told:
                    self._is_told = True
                    self._tell(self._watcher.framed)
                due = max(due + 1 / source.rate, time.monotonic())
                self._stop.wait(due - time.monotonic())
        finally:
            source.close()

    def _take_device(self) -> None:
        if self._place.kind != "device":
            return
        with _lock:
            user = _in_use.get(self._place.path)
            if user is not None:
                reason = f"the camera {user!r} is open already; close it first"
                raise CameraError("ERR_CAMERA_IN_USE", reason)
            _in_use[self._place.path] = self._place.name

    def _give_device(self) -> None:
        if self._place.kind == "device":
            with _lock:
                del _in_use[self._place.path]

    def _tell(self, what: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(what)
        except RuntimeError:
            # The loop is closed: nobody waits any more.
            self._stop.set()
