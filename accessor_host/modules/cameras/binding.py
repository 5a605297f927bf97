"""The Python half of ``@modules/cameras``: a thread for each camera that is open.

Scripts are told that there is a new image, and ask for it: the newest at that time. Those in
between are skipped, so that nothing grows when a script is slower than its camera.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...codecs.images import MAX_IMAGE_PIXELS
from ...errors import AccessDeniedError, AccessorHostError
from .names import CameraError, default_camera, find, names

if TYPE_CHECKING:
    from ...codecs.images import Image
    from ...core.services import Services
    from .acquisition import Acquisition

__all__ = ["MAX_CAMERAS", "Cameras"]

MAX_CAMERAS = 16
"""Cameras that are open at a time, each with a thread: more than a machine has ports for."""


class Cameras:
    """The cameras of one host's scripts, by target."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._cameras: dict[int, _Camera] = {}
        self.operations: Mapping[str, Callable[..., None]] = {
            "cameras.open": self._open,
            "cameras.close": self._close,
            "cameras.resize": self._resize,
            "cameras.forget": self._forget,
        }
        self.questions: Mapping[str, Callable[..., Any]] = {
            "cameras.names": names,
            "cameras.default": default_camera,
            "cameras.find": self._find,
            "cameras.take": self._take,
        }

    async def stop(self) -> None:
        """Close every camera, and wait until the devices have been given back."""
        cameras = list(self._cameras.values())
        for camera in cameras:
            camera.stop()
        for camera in cameras:
            await camera.wait()

    def state(self) -> list[str]:
        """Describe the cameras."""
        return [f"cameras: {sum(camera.is_open for camera in self._cameras.values())} open"]

    def _find(self, name: str) -> None:
        find(name)

    def _take(self, target: int) -> str | None:
        camera = self._cameras.get(target)
        return None if camera is None else camera.take()

    def _open(self, target: int, name: str, width: int, height: int) -> None:
        camera = self._cameras.get(target)
        if camera is None:
            camera = self._cameras[target] = _Camera(self._services, target)
        open_now = sum(other.is_open for other in self._cameras.values())
        camera.open(name, width, height, is_one_more=open_now >= MAX_CAMERAS)

    def _close(self, target: int) -> None:
        if target in self._cameras:
            self._cameras[target].close()

    def _resize(self, target: int, width: int, height: int) -> None:
        if target in self._cameras:
            self._cameras[target].resize(width, height)

    def _forget(self, target: int) -> None:
        camera = self._cameras.get(target)
        if camera is not None and not camera.is_open:
            del self._cameras[target]


class _Camera:
    """One camera of a script, and its watcher."""

    def __init__(self, services: Services, target: int) -> None:
        self._services = services
        self._target = target
        self._answered = 0
        self._acquisition: Acquisition | None = None
        self._newest: Image | None = None  # kept beyond the end of a file
        self._running = 0  # acquisitions whose end was not told yet

    @property
    def is_open(self) -> bool:
        """Whether images are taken, or a device was not given back yet."""
        return self._running > 0

    def open(self, name: str, width: int, height: int, *, is_one_more: bool) -> None:
        self._answered += 1
        try:
            if self._services.is_stopping:
                raise CameraError("ERR_HOST_STOPPING", "the host is stopping; no camera can open")
            if is_one_more:
                reason = f"{MAX_CAMERAS} cameras are open already; close one first"
                raise CameraError("ERR_CAMERA_LIMIT", reason)
            self._begin(name, width, height)
        except (CameraError, AccessDeniedError) as error:
            self._services.post((self._target, "ended"))
            self._fail(error)
            self._settle()

    def close(self) -> None:
        self._answered += 1
        self.stop()
        self._settle()

    def resize(self, width: int, height: int) -> None:
        self._answered += 1
        if self._acquisition is not None and 0 < width * height <= MAX_IMAGE_PIXELS:
            self._acquisition.size = (width, height)
        self._settle()

    def take(self) -> str | None:
        """Return the newest image, as events carry it."""
        from ..pictures import image_to_event

        if self._acquisition is not None:
            self._newest = self._acquisition.newest
        return None if self._newest is None else image_to_event(self._newest)

    def stop(self) -> None:
        """Take no more images."""
        if self._acquisition is not None:
            self._acquisition.stop()

    async def wait(self) -> None:
        """Wait until the device has been given back."""
        if self._acquisition is not None:
            await asyncio.to_thread(self._acquisition.join)

    def _begin(self, name: str, width: int, height: int) -> None:
        # Imported late: scripts may require the module and open nothing.
        from .acquisition import Acquisition

        if width < 1 or height < 1 or width * height > MAX_IMAGE_PIXELS:
            raise CameraError("ERR_CAMERA_FAILED", f"no camera has {width} x {height} pixels")
        place = find(name)
        self._newest = None
        permissions = self._services.permissions
        if permissions is not None and place.path:
            permissions.check_read(place.path)
        loop, previous = self._services.loop, self._acquisition
        watcher = _Watcher(self)
        acquisition = Acquisition(place, (width, height), loop, watcher, previous)
        watcher.acquisition = self._acquisition = acquisition
        self._running += 1
        self._services.hold(self)

    def opened(self, acquisition: Acquisition, width: int, height: int) -> None:
        if acquisition is self._acquisition:
            self._services.post((self._target, "opened", width, height))

    def framed(self, acquisition: Acquisition) -> None:
        if acquisition is self._acquisition:
            self._services.post((self._target, "frame"))
            self._services.turns.when_served(self._target, acquisition.resume)

    def ended(self, acquisition: Acquisition, error: AccessorHostError | None) -> None:
        self._running -= 1
        if acquisition is self._acquisition:
            self._newest = acquisition.newest
            self._acquisition = None
            self._services.post((self._target, "ended"))
        if isinstance(error, CameraError):
            self._fail(error)
        if acquisition.has_opened:
            self._services.post((self._target, "closed"))
        if not self.is_open:
            self._services.release(self)
        self._settle()

    def _fail(self, error: CameraError | AccessDeniedError) -> None:
        if isinstance(error, AccessDeniedError):
            details = (error.reason, error.permission, error.resource)
            self._services.post((self._target, "denied", *details))
        else:
            self._services.post((self._target, "failed", error.code, error.reason))

    def _settle(self) -> None:
        if not self.is_open:
            self._services.post((self._target, "idle", self._answered))


class _Watcher:
    """Tell a camera what becomes of one of its acquisitions."""

    acquisition: Acquisition

    def __init__(self, camera: _Camera) -> None:
        self._camera = camera

    def opened(self, width: int, height: int) -> None:
        self._camera.opened(self.acquisition, width, height)

    def framed(self) -> None:
        self._camera.framed(self.acquisition)

    def ended(self, error: CameraError | None) -> None:
        self._camera.ended(self.acquisition, error)
