"""Where images come from: devices and video files through OpenCV, and a dummy that draws them.

A source is made, used and closed in one thread.
"""

from __future__ import annotations

import os
import stat
from typing import Any, Protocol

from ...codecs.images import MAX_IMAGE_PIXELS, Image, encoded_image
from ...scripts.plain_files import is_special
from .names import CameraError, Place

__all__ = ["DUMMY_RATE", "MAX_RATE", "Dummy", "Source", "Video", "open_source"]

MAX_RATE = 30.0
"""Images in a second, at most: who watches sees no difference."""

DUMMY_RATE = 25.0
"""Images in a second that the dummy draws."""

_QUALITY = 85
_HEAD = 16


class Source(Protocol):
    """Take images."""

    rate: float
    """Images in a second that it is asked for."""
    size: tuple[int, int]
    """Width and height of its images, as far as is known."""

    def read(self) -> Image | None:
        """Return the next image, or None at the end of a file."""

    def resize(self, width: int, height: int) -> None:
        """Take images of another size from now on, if it can."""

    def close(self) -> None:
        """Give the device back."""


def open_source(place: Place, width: int, height: int) -> Source:
    """Open what a camera's images come from.

    Args:
        place: what it is.
        width: wanted, in pixels.
        height: wanted, in pixels.

    Raises:
        CameraError: it cannot be opened.
    """
    return Dummy(width, height) if place.kind == "dummy" else Video(place, width, height)


class Dummy:
    """Draw images: coloured bars, and a white one that wanders across them."""

    rate = DUMMY_RATE

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self._count = 0

    def read(self) -> Image | None:
        from PIL import Image as pillow
        from PIL import ImageDraw

        width, height = self.size
        bars = pillow.new("RGB", (8, 1))
        bars.putdata([(r, g, b) for r in (0, 200) for g in (0, 200) for b in (0, 200)])
        picture = bars.resize((width, height), pillow.Resampling.NEAREST)
        left = self._count * max(1, width // 50) % width
        ImageDraw.Draw(picture).rectangle((left, 0, left + width // 20, height), fill="white")
        self._count += 1
        return encoded_image(picture, "image/jpeg")

    def resize(self, width: int, height: int) -> None:
        self.size = (width, height)

    def close(self) -> None:
        """Nothing was taken."""


class Video:
    """A device, or a video file, through OpenCV.

    Args:
        place: what it is.
        width: wanted, in pixels; a file has its own.
        height: wanted, in pixels.

    Raises:
        CameraError: it cannot be opened.
    """

    def __init__(self, place: Place, width: int, height: int) -> None:
        try:
            import cv2
        except ImportError:
            reason = f"the camera {place.name!r} needs OpenCV; pip install 'accessor-host[cameras]'"
            raise CameraError("ERR_CAMERA_NOT_SUPPORTED", reason) from None
        self._cv: Any = cv2
        self._place = place
        is_file = place.kind == "file"
        if is_file:
            _check_file(place)
        backend = cv2.CAP_FFMPEG if is_file else cv2.CAP_V4L2
        try:
            self._capture = cv2.VideoCapture(place.path, backend)
            is_open = self._capture.isOpened()
        except cv2.error:
            is_open = False
        if not is_open:
            raise CameraError("ERR_CAMERA_FAILED", f"the camera {place.name!r} cannot be opened")
        if not is_file:
            self.resize(width, height)
        self.size = self._size()
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate = min(MAX_RATE, rate) if rate >= 1 else MAX_RATE

    def read(self) -> Image | None:
        width, height = self._size()
        if width * height > MAX_IMAGE_PIXELS:
            raise self._failure(f"its images have {width} x {height} pixels")
        try:
            is_there, frame = self._capture.read()
            if not is_there:
                if self._place.kind == "file":
                    return None
                raise self._failure("it gives no more images")
            # A file can change its mind.
            height, width = frame.shape[:2]
            if width * height > MAX_IMAGE_PIXELS:
                raise self._failure(f"an image has {width} x {height} pixels")
            parameters = [self._cv.IMWRITE_JPEG_QUALITY, _QUALITY]
            is_encoded, data = self._cv.imencode(".jpg", frame, parameters)
        except self._cv.error as error:
            raise self._failure(str(error)) from None
        if not is_encoded:
            raise self._failure("an image cannot be encoded")
        return Image("image/jpeg", width, height, data.tobytes())

    def resize(self, width: int, height: int) -> None:
        if self._place.kind == "device":
            self._capture.set(self._cv.CAP_PROP_FRAME_WIDTH, width)
            self._capture.set(self._cv.CAP_PROP_FRAME_HEIGHT, height)
            self.size = self._size()

    def close(self) -> None:
        self._capture.release()

    def _size(self) -> tuple[int, int]:
        width = self._capture.get(self._cv.CAP_PROP_FRAME_WIDTH)
        height = self._capture.get(self._cv.CAP_PROP_FRAME_HEIGHT)
        return int(width), int(height)

    def _failure(self, reason: str) -> CameraError:
        text = "".join(one if one.isprintable() else " " for one in reason)[:200]
        return CameraError("ERR_CAMERA_FAILED", f"the camera {self._place.name!r}: {text}")


def _check_file(place: Place) -> None:
    """Check that a file is a video itself, and no list of other files and addresses."""
    reason = ""
    try:
        if is_special(place.path) or not stat.S_ISREG(os.stat(place.path).st_mode):
            reason = "it is a special file"
        else:
            with open(place.path, "rb") as file:
                head = file.read(_HEAD)
            is_avi = head[:4] == b"RIFF" and head[8:12] == b"AVI "
            is_known = is_avi or head[4:8] == b"ftyp" or head[:4] == b"\x1a\x45\xdf\xa3"
            reason = "" if is_known else "it is no AVI, MP4, Matroska or WebM file"
    except OSError as error:
        reason = error.strerror or str(error)
    if reason:
        raise CameraError("ERR_CAMERA_FAILED", f"cannot read the camera {place.name!r}: {reason}")
