"""What each transform does to a picture, by OpenCV."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy
from PIL import Image

from ..pictures import PictureError

__all__ = ["TRANSFORMS", "transform"]

_HISTOGRAM = (256, 200)


def transform(picture: Image.Image, name: str, options: Mapping[str, Any]) -> Image.Image:
    """Return a picture transformed.

    Args:
        picture: RGBA.
        name: of the transform.
        options: ``blurSize``, ``cannyThreshold``, ``erosionSize``.

    Raises:
        PictureError: there is no such transform, or an option is not allowed.
    """
    function = TRANSFORMS.get(name)
    if function is None:
        raise PictureError("ERR_NO_FILTER", f"there is no transform {ascii(name)[:80]}")
    pixels = numpy.asarray(picture.convert("RGB"))
    try:
        return Image.fromarray(numpy.ascontiguousarray(function(pixels, _Options(options))))
    except cv2.error as error:
        raise PictureError("ERR_VISION_FAILED", f"OpenCV: {error.err or 'it failed'}") from None


class _Options:
    def __init__(self, given: Mapping[str, Any]) -> None:
        self.blur = _integer(given, "blurSize", 10, 1, 255)
        self.threshold = _integer(given, "cannyThreshold", 75, 0, 255)
        self.erosion = _integer(given, "erosionSize", 1, 1, 50)

    @property
    def odd_blur(self) -> int:
        """Some blurs have a pixel in the middle."""
        return self.blur | 1

    @property
    def kernel(self) -> Any:
        """What erodes and dilates: a square with the pixel in its middle."""
        side = 2 * self.erosion + 1
        return cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))


def _edges(pixels: Any, options: _Options) -> Any:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return cv2.Canny(grey, options.threshold, options.threshold * 2)


def _contours(pixels: Any, options: _Options) -> Any:
    found, _ = cv2.findContours(_edges(pixels, options), cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
    drawn = numpy.zeros_like(pixels)
    cv2.drawContours(drawn, found, -1, (0, 255, 0), 1)
    return drawn


def _histogram(pixels: Any, _options: _Options) -> Any:
    width, height = _HISTOGRAM
    counts = numpy.bincount(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).ravel(), minlength=width)
    drawn = numpy.zeros((height, width, 3), numpy.uint8)
    for value, count in enumerate(counts):
        bar = round(height * int(count) / max(1, int(counts.max())))
        drawn[height - bar :, value] = 255
    return drawn


TRANSFORMS: dict[str, Callable[[Any, _Options], Any]] = {
    "blur": lambda pixels, options: cv2.blur(pixels, (options.blur, options.blur)),
    "dilate": lambda pixels, options: cv2.dilate(pixels, options.kernel),
    "erode": lambda pixels, options: cv2.erode(pixels, options.kernel),
    "findContours": _contours,
    "findEdges": _edges,
    "gaussianBlur": lambda pixels, options: cv2.GaussianBlur(pixels, (options.odd_blur,) * 2, 0),
    "histogram": _histogram,
    "makeBGRA": lambda pixels, _options: cv2.cvtColor(pixels, cv2.COLOR_RGB2BGRA),
    "makeGray": lambda pixels, _options: cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY),
    "makeHSV": lambda pixels, _options: cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV),
    "makeYUV": lambda pixels, _options: cv2.cvtColor(pixels, cv2.COLOR_RGB2YUV),
    "medianBlur": lambda pixels, options: cv2.medianBlur(pixels, options.odd_blur),
}
"""The transforms by name; those of colours show the channels as if they were red, green, blue."""


def _integer(given: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = given.get(name)
    if value is None or value == "":
        return default
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not least <= value <= most:
        shown = ascii(value)[:80]
        reason = f"option '{name}': {shown} is not allowed; expected {least} to {most}"
        raise PictureError("ERR_FILTER_OPTION", reason)
    return int(value)
