"""The Python half of images in scripts: their pixels (``runtime/kit/images.js``).

Pixels go to the engine in pieces, each once the one before has been taken: neither a turn nor the
queue gets as large as an image.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ...codecs.images import rgba_of
from ...errors import DecodingError

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["PIECE", "Images"]

PIECE = 3 * 64 * 1024
"""Bytes of pixels in one event, a multiple of three as base64 has it."""


class Images:
    """The pixels that the scripts of one host wait for."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.operations: Mapping[str, Callable[..., None]] = {"image.rgba": self._rgba}

    async def stop(self) -> None:
        """Nothing is to be stopped in order: the host ends what is under way."""

    def _rgba(self, target: int, call: int, data: str, max_pixels: int) -> None:
        self._services.spawn(self._decode(target, call, data, max_pixels))

    async def _decode(self, target: int, call: int, data: str, max_pixels: int) -> None:
        try:
            pixels = rgba_of(b64decode(data), max_pixels)
        except DecodingError as error:
            self._services.post((target, "failed", call, error.code, error.reason))
            return
        for start in range(0, len(pixels), PIECE):
            piece = b64encode(pixels[start : start + PIECE]).decode()
            self._services.post((target, "pixels", call, len(pixels), piece))
            taken = asyncio.Event()
            self._services.turns.when_served(target, taken.set)
            await taken.wait()
