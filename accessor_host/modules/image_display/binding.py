"""The Python half of ``@modules/image-display``: the newest image of each display, as a file.

Images are decoded and written in a thread, one at a time for each display. Meanwhile the newest
one waits, and takes the place of any that waited before: a display shows what is, not what was.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import AccessDeniedError
from ...options import validate
from ..pictures import PictureError, png_of, size_of

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["FOLDER", "MAX_DISPLAYS", "MAX_NAME", "ImageDisplays", "file_name"]

FOLDER = "ACCESSOR_HOST_IMAGES"
"""Environment variable by which whoever runs a host names the folder of the images."""

MAX_DISPLAYS = 64
"""Names of displays that a host has: more than a person looks at. Each is a file."""

MAX_NAME = 80
"""Characters of a name that are used: a file's name has 255 bytes, on an encrypted disk 143."""


class ImageDisplays:
    """The displays of one host's scripts, by target; one is here while it has something to do."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._displays: dict[int, _Display] = {}
        self._names: set[str] = set()
        self.operations: Mapping[str, Callable[..., None]] = {
            "image-display.show": self._show,
            "image-display.forget": self._forget,
        }

    async def stop(self) -> None:
        """Nothing is to be stopped in order: the host ends what is under way."""

    def state(self) -> list[str]:
        """Describe the displays."""
        return [f"image displays: {len(self._names)}"]

    def _show(self, target: int, name: str, options: dict[str, Any], payload: list[Any]) -> None:
        display = self._displays.get(target)
        if display is None:
            display = self._displays[target] = _Display(self._services, target)
        name = name[:MAX_NAME]
        self._names |= {name} if len(self._names) < MAX_DISPLAYS else set()
        display.show(name, options, payload, is_known=name in self._names)

    def _forget(self, target: int) -> None:
        self._displays.pop(target, None)


class _Display:
    """One display of a script."""

    def __init__(self, services: Services, target: int) -> None:
        self._services = services
        self._target = target
        self._answered = 0
        self._next: tuple[str, int, list[Any]] | None = None
        self._is_busy = False

    def show(
        self, name: str, options: dict[str, Any], payload: list[Any], *, is_known: bool
    ) -> None:
        self._answered += 1
        try:
            if not is_known:
                reason = f"a host has {MAX_DISPLAYS} displays; '{_printable(name)}' is one more"
                raise PictureError("ERR_TOO_MANY_DISPLAYS", reason)
            values = validate("image-display", options).values
            folder = values["dir"] or os.environ.get(FOLDER, "")
            if folder:
                self._write(folder, name, values["maxImagePixels"], payload)
            else:
                size = size_of(payload, values["maxImagePixels"])
                self._services.post((self._target, "shown", _printable(name), *size))
        except (PictureError, AccessDeniedError) as error:
            self._fail(error)
        self._settle()

    def _write(self, folder: str, name: str, max_pixels: int, payload: list[Any]) -> None:
        folder = os.path.realpath(folder)
        permissions = self._services.permissions
        if permissions is not None:
            permissions.check_write(folder)
        self._next = os.path.join(folder, file_name(name)), max_pixels, payload
        if not self._is_busy and not self._services.is_stopping:
            self._is_busy = True
            self._services.spawn(self._work())

    async def _work(self) -> None:
        try:
            while self._next is not None:
                path, max_pixels, payload = self._next
                self._next = None
                try:
                    await asyncio.to_thread(_replace, path, max_pixels, payload)
                except PictureError as error:
                    self._fail(error)
        finally:
            self._is_busy = False
        self._settle()

    def _settle(self) -> None:
        if not self._is_busy:
            self._services.post((self._target, "idle", self._answered))

    def _fail(self, error: PictureError | AccessDeniedError) -> None:
        details: tuple[str, ...] = (error.reason, "write")
        if isinstance(error, AccessDeniedError):
            self._services.post((self._target, "denied", *details, error.resource))
        else:
            self._services.post((self._target, "failed", error.code, error.reason))


def file_name(name: str) -> str:
    """Return the name of a display's file.

    Args:
        name: of the display; what is no letter, digit, point, ``_`` or ``-`` becomes a ``-``.
    """
    label = re.sub("[^A-Za-z0-9._-]+", "-", name[:MAX_NAME]).strip("-.")
    return f"{label or 'display'}.png"


def _replace(path: str, max_pixels: int, payload: list[Any]) -> None:
    """Put an image in the place of a file, in one step."""
    data = png_of(payload, max_pixels)
    folder = Path(path).parent
    unfinished = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, unfinished = tempfile.mkstemp(".tmp", ".new-", folder)
        with open(descriptor, "wb") as file:
            file.write(data)
        os.replace(unfinished, path)
    except OSError as error:
        if unfinished is not None:
            with suppress(OSError):
                os.unlink(unfinished)
        reason = f"cannot write {path!r}: {error.strerror}"
        raise PictureError("ERR_IMAGE_NOT_WRITTEN", reason) from None


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else "\ufffd" for one in text)
