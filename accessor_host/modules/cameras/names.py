"""Names of cameras, and what each leads to."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from ..failures import ModuleError

__all__ = ["DEFAULT", "DEVICES", "DUMMY", "CameraError", "Place", "default_camera", "find", "names"]

DEFAULT = "default camera"
DUMMY = "dummy camera"

DEVICES = "/sys/class/video4linux"
"""Where Linux lists its cameras."""

_FILE = "file:"
_NUMBER = re.compile(r"\d{1,3}")


class CameraError(ModuleError):
    """Report to a script that there is no such camera, or that it takes no images.

    Args:
        code: stable machine-readable name, for example ``"ERR_CAMERA_NOT_FOUND"``.
        reason: camera and cause in words.
    """


class Place(NamedTuple):
    """Where images come from.

    Args:
        kind: ``"dummy"``, ``"device"`` or ``"file"``.
        path: of the device or file, with links followed; empty for the dummy.
        name: for people.
    """

    kind: str
    path: str
    name: str


def names() -> list[str]:
    """List the names of all cameras."""
    return [DEFAULT, DUMMY, *_devices()]


def default_camera() -> str:
    """Return the name of the first camera, or of the dummy where there is none."""
    return next(iter(_devices()), DUMMY)


def find(name: str) -> Place:
    """Return where the images of a camera come from.

    Args:
        name: one of :func:`names`, ``file:PATH``, the path of a device, or its number; an empty
            one is the default.

    Raises:
        CameraError: there is no such camera.
    """
    if name in ("", DEFAULT):
        name = default_camera()
    if name == DUMMY:
        return Place("dummy", "", DUMMY)
    if name.startswith(_FILE):
        return _file(name)
    devices = _devices()
    if _NUMBER.fullmatch(name):
        name = f"/dev/video{int(name)}"
    path = devices.get(name, name if name in devices.values() else None)
    if path is None:
        known = ", ".join(names())
        raise CameraError(
            "ERR_CAMERA_NOT_FOUND", f"no camera {ascii(name)[:80]}; there are {known}"
        )
    return Place("device", os.path.realpath(path), name)


def _file(name: str) -> Place:
    try:
        path = os.path.realpath(name.removeprefix(_FILE).removeprefix("//"))
        exists = os.path.isfile(path)
    except ValueError:
        exists = False
    if not exists:
        raise CameraError("ERR_CAMERA_NOT_FOUND", f"there is no file for the camera {name!a}")
    return Place("file", path, name)


def _devices() -> dict[str, str]:
    """Return the paths of the devices that take images, by their names."""
    found: dict[str, str] = {}
    try:
        entries = sorted(Path(DEVICES).iterdir(), key=lambda one: (len(one.name), one.name))
    except OSError:
        return found
    for entry in entries:
        # A camera has further devices that tell about its images.
        if _read(entry / "index") in ("", "0"):
            path = f"/dev/{entry.name}"
            name = _read(entry / "name") or path
            found[f"{name} ({path})" if name in found else name] = path
    return found


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8", errors="replace").strip()[:200]
    except OSError:
        return ""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)
