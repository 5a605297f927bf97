"""Images that peers send: all their pixels, within the limit, or an error in words."""

from __future__ import annotations

import io

from PIL import Image

from accessor_host.codecs.images import image_size, rgba_of
from accessor_host.errors import DecodingError

__all__ = ["SEEDS", "run"]

MAX_PIXELS = 10_000


def _image(kind: str, mode: str, **settings: object) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((9, 7)).convert(mode).save(file, kind, **settings)
    return file.getvalue()


SEEDS = [
    _image("PNG", "RGBA"),
    _image("PNG", "P"),
    _image("PNG", "L", bits=1),
    _image("JPEG", "RGB"),
    _image("JPEG", "CMYK", progressive=True),
    _image("GIF", "P"),
    _image("BMP", "RGB"),
    _image("WEBP", "RGB"),
]


def run(data: bytes) -> None:
    """Decode an image.

    Args:
        data: what claims to be one.
    """
    try:
        width, height = image_size(data, MAX_PIXELS)
        pixels = rgba_of(data, MAX_PIXELS)
    except DecodingError as error:
        if not error.reason:
            raise AssertionError("an error without a reason") from None
        return
    if width * height > MAX_PIXELS or len(pixels) % 4 or len(pixels) > 4 * MAX_PIXELS:
        raise AssertionError(f"{len(pixels)} bytes of pixels for {width} x {height}")
