"""Images of scripts as pictures of Pillow, and back: what ``runtime/kit/images.js`` hands over.

For modules that look at pixels. A payload is what ``encode`` of an image codec in JavaScript
returned; the result is what its ``decode`` takes.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from typing import TYPE_CHECKING

from ..codecs.images import Image, ImageCodec, Pixels, encoded_image, image_size, rgba_picture
from ..errors import DecodingError, EncodingError
from .failures import ModuleError

if TYPE_CHECKING:
    from PIL import Image as Pillow

__all__ = [
    "BAD_IMAGE",
    "PictureError",
    "image_to_event",
    "picture_of",
    "picture_to_event",
    "png_of",
    "size_of",
]

BAD_IMAGE = "ERR_BAD_IMAGE"
"""Code of the error for what is no image, damaged, or too large."""


class PictureError(ModuleError):
    """Report to a script what is wrong with an image, or with what is to be done with it.

    Args:
        code: stable machine-readable name, for example ``"ERR_BAD_IMAGE"``.
        reason: the fault in words.
    """


def picture_of(payload: object, max_pixels: int) -> Pillow.Image:
    """Return the RGBA picture of an image payload.

    Args:
        payload: ``["image", base64, ...]`` or ``["pixels", base64, type, width, height]``.
        max_pixels: pixels that it may have.

    Raises:
        PictureError: it is no image, damaged, or too large.
    """
    try:
        return rgba_picture(_value_of(payload), max_pixels)
    except (DecodingError, EncodingError) as error:
        raise PictureError(BAD_IMAGE, getattr(error, "reason", str(error))) from None


def png_of(payload: object, max_pixels: int) -> bytes:
    """Return an image payload as the bytes of a PNG image.

    Args:
        payload: as for :func:`picture_of`.
        max_pixels: pixels that it may have.

    Raises:
        PictureError: it is no image, damaged, or too large.
    """
    try:
        return ImageCodec("image/png", max_pixels).encode(_value_of(payload))
    except EncodingError as error:
        raise PictureError(BAD_IMAGE, str(error)) from None


def size_of(payload: object, max_pixels: int) -> tuple[int, int]:
    """Return width and height of an image payload; of an encoded image, its header counts.

    Args:
        payload: as for :func:`picture_of`.
        max_pixels: pixels that it may have.

    Raises:
        PictureError: it is no image, or too large.
    """
    try:
        return image_size(_value_of(payload), max_pixels)
    except (DecodingError, EncodingError) as error:
        raise PictureError(BAD_IMAGE, getattr(error, "reason", str(error))) from None


def picture_to_event(picture: Pillow.Image, mime_type: str = "image/png") -> str:
    """Return a picture as an event carries it.

    Args:
        picture: of any mode that has pixels.
        mime_type: what it is encoded as.
    """
    return image_to_event(encoded_image(picture, mime_type))


def image_to_event(image: Image) -> str:
    """Return an image as an event carries it: type, sides and base64."""
    data = b2a_base64(image.data, newline=False).decode()
    return f"{image.type} {image.width} {image.height} {data}"


def _value_of(payload: object) -> Pixels | bytes:
    # A request may be forged.
    match payload:
        case ["image", str(data), *_]:
            return _bytes_of(data)
        case ["pixels", str(data), _, int(width), int(height)]:
            return Pixels(width, height, _bytes_of(data))
    raise PictureError(BAD_IMAGE, "no codec makes such an image")


def _bytes_of(data: str) -> bytes:
    try:
        return a2b_base64(data)
    except (Base64Error, ValueError) as error:
        raise PictureError(BAD_IMAGE, f"no base64: {error}") from None
