"""Images for tests, made by Pillow and by hand."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image

from accessor_host.codecs.images import MAX_READS, MAX_SCANS

FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/webp": "WEBP",
}

RED = (255, 0, 0, 255)


def encoded(mime_type: str, size: tuple[int, int] = (4, 3), color: Any = RED, **how: Any) -> bytes:
    """Encode an image of one colour."""
    mode = "RGBA" if mime_type in ("image/png", "image/webp") else "RGB"
    image = Image.new(mode, size, color if mode == "RGBA" else color[:3])
    return save(image, mime_type, **how)


def save(image: Image.Image, mime_type: str, **how: Any) -> bytes:
    file = io.BytesIO()
    if mime_type == "image/webp":
        how.setdefault("lossless", True)
    image.save(file, FORMATS[mime_type], **how)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    """Decode an image with Pillow."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def png_chunk(kind: bytes, data: bytes = b"") -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def png_of(width: int, height: int, pixels: bytes = b"") -> bytes:
    """Make a PNG image whose header says one thing and whose pixels may say another."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (("IHDR", header), ("IDAT", zlib.compress(pixels)), ("IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind.encode(), data) for kind, data in chunks)


def scans(count: int) -> bytes:
    """Make a progressive JPEG image with so many scans."""
    data = encoded("image/jpeg", (64, 64), progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * (count - data.count(b"\xff\xda")) + b"\xff\xd9"


def _corrupt() -> dict[str, bytes]:
    png = encoded("image/png")
    jpeg = encoded("image/jpeg", (64, 64))
    gif = encoded("image/gif")
    before_image = gif.index(b",")
    header = struct.pack("<IHHIIiiHHIIiiII", 1078, 0, 0, 1078, 40, 512, 512, 1, 8, 1, 0, 0, 0, 0, 0)
    return {
        "empty": b"",
        "one byte": b"\x89",
        "text": b"hello",
        "signature only": png[:8],
        "png cut": png[:45],
        "png checksum": png[:40] + bytes([png[40] ^ 1]) + png[41:],
        "png without pixels": png_of(8, 8),
        "png of nothing": png_of(0, 8),
        "png with too many parts": png[:33] + png_chunk(b"abCd") * MAX_READS + png[33:],
        "jpeg cut": jpeg[: len(jpeg) // 2],
        "jpeg with too many parts": jpeg[:2] + b"\xff\xfe\0\2" * MAX_READS + jpeg[2:],
        "jpeg with too many scans": scans(MAX_SCANS + 1),
        "gif cut": gif[:-8],
        "gif with too many parts": gif[:before_image] + b"\x21\xf0\0" * MAX_READS,
        "bmp cut": encoded("image/bmp")[:-10],
        "bmp of runs": b"BM" + header + bytes(1024) + b"\1\1" * 512 * 512 + b"\0\1",
        "webp cut": encoded("image/webp")[:-6],
        "tiff": _tiff(),
    }


def _tiff() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, "TIFF")
    return file.getvalue()


CORRUPT = _corrupt()
"""What is no acceptable image, by what is wrong with it."""

BOMBS = {
    "just above": png_of(4096, 2049),
    "above Pillow's warning": png_of(10_000, 10_000),
    "above Pillow's error": png_of(60_000, 60_000),
    "all that fits": png_of(2**31 - 1, 2**31 - 1),
}
"""Headers that announce more pixels than the default limit."""
