"""Images as messages: checked, converted and turned into pixels, all by Pillow.

Everything here runs in the event loop. What a peer can make it cost is bounded: the pixels by
their number, which stands in the header of an image and is checked before anything is decoded;
the parts of its file by the number of reads; and the scans of a JPEG file, each of which visits
every pixel.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import DecodingError, EncodingError
from .mime_types import BAD_IMAGE

if TYPE_CHECKING:
    from PIL import Image as Pillow
    from PIL.ImageFile import ImageFile

__all__ = [
    "MAX_IMAGE_PIXELS",
    "Image",
    "ImageCodec",
    "Pixels",
    "encoded_image",
    "image_size",
    "rgba_of",
    "rgba_picture",
]

MAX_IMAGE_PIXELS = 4096 * 2048
"""Pixels of one image: a frame of 4K video (3840 x 2160) fits. The loop stands still while an
image is decoded, a few hundredths of a second for most of this size and half a second at worst."""

MAX_READS = 65_536
"""Reads that opening and decoding one image may take. Pillow walks through the parts of a file in
Python, and a part can be four bytes small; ordinary images take some thousand reads at most."""

MAX_SCANS = 32
"""Scans of one JPEG image; progressive images have about ten."""

_SCAN_MARKER = b"\xff\xda"

_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "WEBP")

# A JPEG image with a preview beside it is a format of its own to Pillow.
_MIME_TYPES = {
    "BMP": "image/bmp",
    "GIF": "image/gif",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
}

# Small files take Pillow ten times as long, and the loop waits for it.
_QUALITY = 90
_WRITING: dict[str, tuple[str, dict[str, object]]] = {
    "image/bmp": ("BMP", {}),
    "image/gif": ("GIF", {}),
    "image/jpeg": ("JPEG", {"quality": _QUALITY}),
    "image/png": ("PNG", {"compress_level": 1}),
    "image/webp": ("WEBP", {"quality": _QUALITY, "method": 0}),
}

_WITHOUT_ALPHA = ("image/bmp", "image/jpeg")
_PAPER = (255, 255, 255, 255)
"""What shows through transparent pixels in a format that has none."""

_CHANNELS = 4


@dataclass(frozen=True)
class Image:
    """An image out of a message.

    Args:
        type: its MIME type, whichever of the supported ones was sent.
        width: in pixels.
        height: in pixels.
        data: the encoded bytes, as they came. Only the first frame of an animation was checked.
    """

    type: str
    width: int
    height: int
    data: bytes = field(repr=False)

    def to_rgba(self) -> bytes:
        """Decode the pixels, row by row from the top: red, green, blue and alpha, a byte each.

        An orientation that the file notes (EXIF) is not applied.

        Raises:
            DecodingError: ``data`` is no such image.
        """
        return rgba_of(self.data, self.width * self.height)


@dataclass(frozen=True)
class Pixels:
    """Pixels to send as an image.

    Args:
        width: in pixels.
        height: in pixels.
        pixels: ``width * height * 4`` bytes: red, green, blue and alpha, row by row from the top.

    Raises:
        EncodingError: they are no bytes, or more or fewer.
    """

    width: int
    height: int
    pixels: bytes | bytearray | memoryview = field(repr=False)

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise EncodingError(f"no image: it has {self.width} x {self.height} pixels")
        wanted = self.width * self.height * _CHANNELS
        try:
            got = memoryview(self.pixels).nbytes
        except TypeError as error:
            raise EncodingError(f"no image: pixels: {error}") from None
        if got != wanted:
            size = f"{self.width} x {self.height}"
            raise EncodingError(f"no image: {size} RGBA pixels are {wanted} bytes, not {got}")


class ImageCodec:
    """Encode and decode images.

    Args:
        mime_type: what outgoing images become. Incoming ones may have any supported type.
        max_pixels: pixels that an image may have.
    """

    def __init__(self, mime_type: str, max_pixels: int) -> None:
        self._mime_type = mime_type
        self._max_pixels = max_pixels

    def encode(self, value: object) -> bytes:
        """Return an image in this codec's type.

        Args:
            value: an :class:`Image`, :class:`Pixels`, or the encoded bytes of an image of any
                supported type. Bytes that are of this codec's type already are sent as they are.

        Raises:
            EncodingError: it is none of these, the bytes are no image, or it is too large.
        """
        if isinstance(value, Pixels):
            return self._write_pixels(value)
        data = value.data if isinstance(value, Image) else value
        if not isinstance(data, (bytes, bytearray, memoryview)):
            name = type(data).__name__
            raise EncodingError(f"no image: expected Image, Pixels or bytes, not {name}")
        data = bytes(data)
        try:
            image = _open(data, self._max_pixels)
            return data if _mime_type(image) == self._mime_type else _write(image, self._mime_type)
        except DecodingError as error:
            raise EncodingError(f"no image: {error.reason}") from None

    def decode(self, message: str | bytes) -> Image:
        """Check the image of a binary frame and return it.

        Raises:
            DecodingError: the message is text, no image of a supported type, damaged, or too large.
        """
        if isinstance(message, str):
            raise DecodingError(BAD_IMAGE, "a text message is no image")
        image = _open(message, self._max_pixels)
        return Image(_mime_type(image), image.width, image.height, message)

    def _write_pixels(self, value: Pixels) -> bytes:
        from PIL import Image as pillow

        size = (value.width, value.height)
        if value.width * value.height > self._max_pixels:
            raise EncodingError(f"no image: {_too_many(*size, self._max_pixels)}")
        return _write(pillow.frombytes("RGBA", size, bytes(value.pixels)), self._mime_type)


def rgba_of(data: bytes, max_pixels: int) -> bytes:
    """Decode an image to RGBA pixels.

    Args:
        data: an encoded image of any supported type; of an animation, the first frame counts.
        max_pixels: pixels that it may have.

    Raises:
        DecodingError: it is no image of a supported type, damaged, or too large.
    """
    return _rgba(_open(data, max_pixels)).tobytes()


def rgba_picture(value: Pixels | bytes, max_pixels: int) -> Pillow.Image:
    """Return an image as a picture of Pillow's, to be looked at or changed.

    Args:
        value: pixels, or an encoded image of any supported type.
        max_pixels: pixels that it may have.

    Raises:
        DecodingError: it is no image of a supported type, damaged, or too large.
    """
    from PIL import Image as pillow

    if not isinstance(value, Pixels):
        return _rgba(_open(value, max_pixels))
    size = (value.width, value.height)
    if value.width * value.height > max_pixels:
        raise DecodingError(BAD_IMAGE, _too_many(*size, max_pixels))
    return pillow.frombytes("RGBA", size, bytes(value.pixels))


def image_size(value: Pixels | bytes, max_pixels: int) -> tuple[int, int]:
    """Return width and height of an image; of an encoded one, nothing but the header is read.

    Args:
        value: pixels, or an encoded image of any supported type.
        max_pixels: pixels that it may have.

    Raises:
        DecodingError: it is no image of a supported type, or too large.
    """
    image = value if isinstance(value, Pixels) else _open(value, max_pixels, load=False)
    if image.width * image.height > max_pixels:
        raise DecodingError(BAD_IMAGE, _too_many(image.width, image.height, max_pixels))
    return image.width, image.height


def encoded_image(picture: Pillow.Image, mime_type: str) -> Image:
    """Encode a picture of Pillow's.

    Args:
        picture: of any mode that has pixels.
        mime_type: one of those that are supported.

    Raises:
        EncodingError: a side is too long for the type.
    """
    return Image(mime_type, picture.width, picture.height, _write(picture, mime_type))


class _Reads(io.BytesIO):
    """A file in memory that can be read so many times."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._left = MAX_READS

    def read(self, size: int | None = -1, /) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise DecodingError(BAD_IMAGE, f"it takes more than {MAX_READS} reads to decode")
        return super().read(size)


def _open(data: bytes, max_pixels: int, *, load: bool = True) -> ImageFile:
    """Open and decode an image within its limits."""
    from PIL import Image as pillow
    from PIL import UnidentifiedImageError

    _load_formats()
    # The marker cannot occur by chance among the data of a JPEG image, as each ff there is
    # followed by a zero; in what other programs put beside the image it is rare.
    if data[:2] == b"\xff\xd8" and data.count(_SCAN_MARKER) > MAX_SCANS:
        raise DecodingError(BAD_IMAGE, f"more than {MAX_SCANS} scans")
    with warnings.catch_warnings():
        # What Pillow finds strange about an image concerns its sender, not this program.
        warnings.simplefilter("ignore")
        try:
            image = pillow.open(_Reads(data), formats=_FORMATS)
            if image.width * image.height > max_pixels:
                raise DecodingError(BAD_IMAGE, _too_many(image.width, image.height, max_pixels))
            if load:
                image.load()
        except DecodingError:
            raise
        except pillow.DecompressionBombError:
            raise DecodingError(BAD_IMAGE, f"it has more than {max_pixels} pixels") from None
        except UnidentifiedImageError:
            raise DecodingError(BAD_IMAGE, "not an image of a supported type") from None
        except Exception as error:
            # Pillow raises nearly anything for damaged files.
            raise DecodingError(BAD_IMAGE, _damage(error)) from None
    return image


@cache
def _load_formats() -> None:
    # Only what is used: by itself, Pillow would load its plugins for all formats.
    for name in ("Bmp", "Gif", "Jpeg", "Png", "WebP"):
        import_module(f"PIL.{name}ImagePlugin")


def _mime_type(image: ImageFile) -> str:
    return _MIME_TYPES[str(image.format)]


def _damage(error: Exception) -> str:
    # It may quote the image, which may try to steer a terminal.
    return f"damaged image: {str(error).encode('unicode_escape').decode()}"


def _too_many(width: int, height: int, max_pixels: int) -> str:
    return f"{width} x {height} pixels are more than {max_pixels}"


def _rgba(image: Pillow.Image) -> Pillow.Image:
    try:
        if image.mode.startswith("I"):
            # 16 bits of grey; Pillow would clip them to 8 instead of dropping the lower ones.
            image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
        return image if image.mode == "RGBA" else image.convert("RGBA")
    except Exception as error:
        # As in _open: what is wrong with a palette shows only when it is used.
        raise DecodingError(BAD_IMAGE, _damage(error)) from None


def _write(image: Pillow.Image, mime_type: str) -> bytes:
    """Encode an image, or its first frame, without anything but its pixels."""
    from PIL import Image as pillow

    _load_formats()
    image = _rgba(image)
    if mime_type in _WITHOUT_ALPHA:
        image = pillow.alpha_composite(pillow.new("RGBA", image.size, _PAPER), image)
    if image.getextrema()[-1] == (255, 255):
        image = image.convert("RGB")
    name, parameters = _WRITING[mime_type]
    file = io.BytesIO()
    try:
        image.save(file, name, **parameters)
    except KeyError:
        # Who builds Pillow may leave out WebP.
        raise EncodingError(f"no {mime_type}: this Pillow was built without it") from None
    except (OSError, ValueError) as error:
        # A side that is too long for the format; which one is up to its library.
        size = f"{image.width} x {image.height}"
        raise EncodingError(f"no {mime_type} for an image of {size}: {error}") from None
    return file.getvalue()
