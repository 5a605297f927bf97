"""The Python half of ``@modules/computer-vision``: one image after another, in a thread."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...codecs.images import MAX_IMAGE_PIXELS
from ..pictures import PictureError, picture_of, picture_to_event
from .transforms import transform

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["MAX_JOBS", "ComputerVision"]

MAX_JOBS = 16
"""Images that wait or are under way: OpenCV takes some hundredths of a second for each."""


class ComputerVision:
    """The images that scripts of one host wait for."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._jobs: deque[tuple[int, int, list[Any], str, dict[str, Any]]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self.operations: Mapping[str, Callable[..., None]] = {
            "computer-vision.filter": self._filter
        }

    async def stop(self) -> None:
        """Give up what waits; what is under way ends by itself."""
        self._jobs.clear()

    def state(self) -> list[str]:
        """Describe what waits."""
        return [f"computer vision: {len(self._jobs)} images"]

    def _filter(
        self, target: int, call: int, payload: list[Any], name: str, options: dict[str, Any]
    ) -> None:
        if len(self._jobs) >= MAX_JOBS or self._services.is_stopping:
            reason = f"{MAX_JOBS} images wait already; this one is dropped"
            self._services.post((target, "failed", call, "ERR_VISION_BUSY", reason))
            return
        self._jobs.append((target, call, payload, name, options))
        if self._worker is None:
            self._worker = self._services.spawn(self._work())

    async def _work(self) -> None:
        try:
            while self._jobs:
                target, call, payload, name, options = self._jobs[0]
                try:
                    text = await asyncio.to_thread(_transformed, payload, name, options)
                except PictureError as error:
                    self._services.post((target, "failed", call, error.code, error.reason))
                else:
                    self._services.post((target, "done", call, text))
                if self._jobs:
                    self._jobs.popleft()
        finally:
            self._worker = None


def _transformed(payload: list[Any], name: str, options: dict[str, Any]) -> str:
    return picture_to_event(transform(picture_of(payload, MAX_IMAGE_PIXELS), name, options))
