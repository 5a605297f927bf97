"""The filters: from a picture and options to another picture.

Names and options are those of Cape Code's module. What a filter does is described there in words
alone; these do the same as far as the words go. Unlike there, no option stays for the next call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from PIL import Image, ImageFilter

from ..pictures import PictureError
from .graphics import draw
from .limits import MAX_PIXELS
from .options import Options

__all__ = ["FILTERS", "find_filter"]

_Apply: TypeAlias = Callable[[Image.Image, Options], Image.Image]

MAX_ITERATIONS = 10
"""Blurs one after another: three cannot be told from a Gaussian blur, and each takes its time."""

_MAX_SIDE = 65_535
"""Pixels of a side, which the number of pixels bounds further."""


def find_filter(name: str) -> Callable[[Image.Image, Mapping[str, Any]], Image.Image]:
    """Return a filter by its name.

    Args:
        name: one of :data:`FILTERS`.

    Raises:
        PictureError: there is none of that name.
    """
    function = FILTERS.get(name)
    if function is None:
        names = ", ".join(FILTERS)
        reason = f"there is no filter {ascii(name)[:80]}; there are {names}"
        raise PictureError("ERR_NO_FILTER", reason)
    return lambda picture, given: function(picture, Options(name, given))


def _annotate(picture: Image.Image, options: Options) -> Image.Image:
    return draw(
        picture,
        options.text("Graphic"),
        scale=options.number("Scale", 1, 0.001, 1000),
        rotation=options.number("Rotation", 0, -360_000, 360_000),
        offset=(
            options.number("XOffset", 0, -_MAX_SIDE, _MAX_SIDE),
            options.number("YOffset", 0, -_MAX_SIDE, _MAX_SIDE),
        ),
    )


def _scale(picture: Image.Image, options: Options) -> Image.Image:
    size = _size(options, "Width", 256, "Height", 256)
    return picture.resize(size, Image.Resampling.BICUBIC)


def _block(picture: Image.Image, options: Options) -> Image.Image:
    side = options.integer("BlockSize", 2, 1, _MAX_SIDE)
    # Blocks at the right and the bottom are smaller, and their means are of what is there.
    means = picture.reduce(min(side, max(picture.size)))
    return means.resize(picture.size, Image.Resampling.NEAREST, (0, 0, *_shares(picture, side)))


def _shares(picture: Image.Image, side: int) -> tuple[float, float]:
    """Return how many blocks an image is wide and high, the last one in part."""
    return picture.width / side, picture.height / side


def _border(picture: Image.Image, options: Options) -> Image.Image:
    left, right, top, bottom = (
        options.integer(f"{side}Border", 10, 0, _MAX_SIDE)
        for side in ("Left", "Right", "Top", "Bottom")
    )
    size = (picture.width + left + right, picture.height + top + bottom)
    _check_size(*size)
    bordered = Image.new("RGBA", size, options.colour("BorderColor", "white"))
    bordered.paste(picture, (left, top))
    return bordered


def _box_blur(picture: Image.Image, options: Options) -> Image.Image:
    radius = (options.number("HRadius", 10, 0, 1000), options.number("VRadius", 10, 0, 1000))
    blur = ImageFilter.BoxBlur(radius)
    for _ in range(options.integer("Iterations", 1, 0, MAX_ITERATIONS)):
        picture = picture.filter(blur)
    return picture


def _contour(picture: Image.Image, _options: Options) -> Image.Image:
    return _on_colours(picture, lambda rgb: rgb.filter(ImageFilter.CONTOUR))


def _contrast(picture: Image.Image, options: Options) -> Image.Image:
    brightness = options.number("Brightness", 1, 0, 1000)
    contrast = options.number("Contrast", 1, 0, 1000)
    table = [(value / 255 * brightness - 0.5) * contrast + 0.5 for value in range(256)]
    return _by_table(picture, [value * 255 for value in table])


def _crop(picture: Image.Image, options: Options) -> Image.Image:
    x, y = (options.integer(name, 0, -_MAX_SIDE, _MAX_SIDE) for name in ("X", "Y"))
    width, height = _size(options, "Width", 128, "Height", 128)
    return picture.crop((x, y, x + width, y + height))


def _gray(picture: Image.Image, _options: Options) -> Image.Image:
    return _on_colours(picture, lambda rgb: rgb.convert("L").convert("RGB"))


def _invert(picture: Image.Image, _options: Options) -> Image.Image:
    return _by_table(picture, [255 - value for value in range(256)])


def _solarize(picture: Image.Image, _options: Options) -> Image.Image:
    return _by_table(picture, [abs(2 * value - 255) for value in range(256)])


def _threshold(picture: Image.Image, options: Options) -> Image.Image:
    lower = options.number("LowerThreshold", 127, 0, 255)
    upper = options.number("UpperThreshold", 127, 0, 255)
    black, white = options.colour("Black", "black"), options.colour("White", "white")
    third = 1 / 3
    brightness = picture.convert("RGB").convert("L", (third, third, third, 0))
    share = brightness.point([round(255 * _smooth(lower, upper, v)) for v in range(256)])
    mixed = Image.composite(
        Image.new("RGB", picture.size, white[:3]), Image.new("RGB", picture.size, black[:3]), share
    )
    mixed.putalpha(picture.getchannel("A"))
    return mixed


def _smooth(lower: float, upper: float, value: float) -> float:
    """Return 0 below both thresholds, 1 from both on, and go smoothly in between."""
    if value >= max(lower, upper):
        return 1.0
    if value < lower:
        return 0.0
    share = (value - lower) / (upper - lower)
    return share * share * (3 - 2 * share)


def _size(options: Options, width: str, wide: int, height: str, high: int) -> tuple[int, int]:
    size = (
        options.integer(width, wide, 1, _MAX_SIDE),
        options.integer(height, high, 1, _MAX_SIDE),
    )
    _check_size(*size)
    return size


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        reason = f"the filter would make {width} x {height} pixels, more than {MAX_PIXELS}"
        raise PictureError("ERR_FILTER_OPTION", reason)


def _on_colours(picture: Image.Image, change: Callable[[Image.Image], Image.Image]) -> Image.Image:
    changed = change(picture.convert("RGB"))
    changed.putalpha(picture.getchannel("A"))
    return changed


def _by_table(picture: Image.Image, values: Sequence[float]) -> Image.Image:
    table = [min(255, max(0, round(value))) for value in values]
    return picture.point(table * 3 + list(range(256)))


FILTERS: dict[str, _Apply] = {
    "Annotate": _annotate,
    "BicubicScale": _scale,
    "Block": _block,
    "Border": _border,
    "BoxBlur": _box_blur,
    "Contour": _contour,
    "Contrast": _contrast,
    "Crop": _crop,
    "Gray": _gray,
    "Invert": _invert,
    "Solarize": _solarize,
    "Threshold": _threshold,
}
"""The filters by name."""
