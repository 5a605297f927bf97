"""Images of the Python face: checked, converted, turned into pixels, and refused."""

from __future__ import annotations

import io
import struct
import time
from typing import Any

import pytest
from PIL import Image as Pillow

from accessor_host.codecs.images import MAX_IMAGE_PIXELS, MAX_SCANS, Image, Pixels, rgba_of
from accessor_host.codecs.values import (
    codec_for,
    require_supported_types,
    supported_receive_types,
    supported_send_types,
)
from accessor_host.errors import DecodingError, EncodingError, OptionError, UnknownTypeError
from accessor_host.modules.web_socket_server.server import Server

from ..support.images import (
    BOMBS,
    CORRUPT,
    FORMATS,
    RED,
    encoded,
    opened,
    png_chunk,
    png_of,
    save,
    scans,
)

TYPES = list(FORMATS)
ALIASES = {
    "image/jpg": "image/jpeg",
    "png": "image/png",
    "PNG": "image/png",
    "jpg": "image/jpeg",
    "JPG": "image/jpeg",
    "jpeg": "image/jpeg",
    "JPEG": "image/jpeg",
    "gif": "image/gif",
    "GIF": "image/gif",
    "bmp": "image/bmp",
    "BMP": "image/bmp",
}
PNG = codec_for("image/png")


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 4 for a, b in zip(one, other, strict=True))


# Receiving


@pytest.mark.parametrize("mime_type", TYPES)
def test_an_image_says_what_it_is(mime_type: str) -> None:
    data = encoded(mime_type, (5, 3))
    # Whatever the option says: the type is that of the image.
    image = PNG.decode(data)
    assert image == Image(mime_type, 5, 3, data)
    assert "data" not in repr(image)


@pytest.mark.parametrize("mime_type", TYPES)
def test_pixels_are_rows_of_rgba(mime_type: str) -> None:
    picture = Pillow.new("RGB", (16, 8), (255, 0, 0))
    picture.paste((0, 0, 255), (0, 4, 16, 8))
    image = PNG.decode(save(picture, mime_type, quality=100, subsampling=0))
    assert isinstance(image, Image)
    pixels = image.to_rgba()
    assert len(pixels) == 16 * 8 * 4
    assert near(tuple(pixels[:4]), (255, 0, 0, 255))
    assert near(tuple(pixels[-4:]), (0, 0, 255, 255))


@pytest.mark.parametrize(
    ("mode", "value", "rgba"),
    [
        ("1", 1, (255, 255, 255, 255)),
        ("L", 100, (100, 100, 100, 255)),
        ("LA", (100, 7), (100, 100, 100, 7)),
        ("P", 3, None),
        ("RGB", (1, 2, 3), (1, 2, 3, 255)),
        ("RGBA", (1, 2, 3, 4), (1, 2, 3, 4)),
        ("I;16", 0x8001, (128, 128, 128, 255)),
    ],
)
def test_pixels_of_every_mode(mode: str, value: Any, rgba: tuple[int, ...] | None) -> None:
    pixels = rgba_of(save(Pillow.new(mode, (2, 1), value), "image/png"), 2)
    assert rgba is None or tuple(pixels) == rgba * 2
    assert len(pixels) == 8


def test_pixels_of_a_palette_with_transparency() -> None:
    picture = Pillow.new("P", (1, 1), 1)
    picture.putpalette([0, 0, 0, 9, 8, 7])
    assert rgba_of(save(picture, "image/png", transparency=b"\xff\x55"), 1) == bytes((9, 8, 7, 85))


def test_of_an_animation_the_first_frame_counts() -> None:
    frames = [Pillow.new("RGB", (4, 4), color) for color in ((255, 0, 0), (0, 255, 0))]
    data = save(frames[0], "image/gif", save_all=True, append_images=frames[1:])
    image = PNG.decode(data)
    assert isinstance(image, Image)
    assert image.data == data
    assert image.to_rgba()[:4] == bytes(RED)
    sent = PNG.encode(image)
    assert isinstance(sent, bytes)
    assert opened(sent).convert("RGBA").getpixel((0, 0)) == RED


def test_a_jpeg_with_a_preview_is_a_jpeg() -> None:
    picture, preview = Pillow.new("RGB", (8, 8)), Pillow.new("RGB", (2, 2))
    file = io.BytesIO()
    picture.save(file, "MPO", save_all=True, append_images=[preview])
    image = PNG.decode(file.getvalue())
    assert isinstance(image, Image)
    assert image.type == "image/jpeg"


@pytest.mark.parametrize("name", CORRUPT)
def test_what_is_no_image_is_refused(name: str) -> None:
    with pytest.raises(DecodingError) as caught:
        PNG.decode(CORRUPT[name])
    assert caught.value.code == "WS_BAD_IMAGE"
    assert str(caught.value).startswith("WS_BAD_IMAGE: ")
    with pytest.raises(EncodingError, match="no image: "):
        PNG.encode(CORRUPT[name])


def test_a_text_frame_is_no_image() -> None:
    with pytest.raises(DecodingError, match="a text message is no image"):
        PNG.decode("hello")


def test_an_image_that_pillow_warns_of_is_no_warning_here() -> None:
    png = encoded("image/png")
    assert PNG.decode(png[:33] + png_chunk(b"eXIf", b"rubbish") + png[33:])


# Limits


@pytest.mark.parametrize("name", BOMBS)
def test_too_many_pixels_are_seen_in_the_header(name: str) -> None:
    began = time.perf_counter()
    with pytest.raises(DecodingError, match=r"pixels are more than 8388608|more than 8388608 pix"):
        PNG.decode(BOMBS[name])
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize("mime_type", TYPES)
def test_the_limit_of_pixels_is_exact(mime_type: str) -> None:
    data = encoded(mime_type, (10, 7))
    codec = codec_for(mime_type, 70)
    assert codec.decode(data)
    assert codec.encode(data) == data
    tight = codec_for(mime_type, 69)
    with pytest.raises(DecodingError, match="10 x 7 pixels are more than 69"):
        tight.decode(data)
    with pytest.raises(EncodingError, match="10 x 7 pixels are more than 69"):
        tight.encode(data)
    with pytest.raises(EncodingError, match="10 x 7 pixels are more than 69"):
        tight.encode(Pixels(10, 7, bytes(280)))


def test_the_default_admits_an_image_of_its_size() -> None:
    assert MAX_IMAGE_PIXELS == 4096 * 2048
    data = save(Pillow.new("L", (4096, 2048)), "image/png")
    assert PNG.decode(data) == Image("image/png", 4096, 2048, data)


def test_a_higher_limit_is_not_pillows() -> None:
    codec = codec_for("image/png", 134_217_728)
    # 100 million pixels, of which Pillow warns: past the header, and damaged only there.
    with pytest.raises(DecodingError, match="damaged"):
        codec.decode(png_of(10_000, 10_000))


def test_the_limit_of_scans_is_exact() -> None:
    assert PNG.decode(scans(MAX_SCANS))
    with pytest.raises(DecodingError, match=f"more than {MAX_SCANS} scans"):
        PNG.decode(scans(MAX_SCANS + 1))


def test_an_image_in_many_parts_is_taken() -> None:
    png = encoded("image/png")
    assert PNG.decode(png[:33] + png_chunk(b"abCd") * 10_000 + png[33:])


# Sending


@pytest.mark.parametrize("source", TYPES)
@pytest.mark.parametrize("target", TYPES)
def test_an_image_is_converted_when_its_format_differs(source: str, target: str) -> None:
    data = encoded(source, (5, 3))
    for value in (data, bytearray(data), memoryview(data), Image(source, 5, 3, data)):
        sent = codec_for(target).encode(value)
        assert isinstance(sent, bytes)
        assert (sent == data) == (source == target)
        picture = opened(sent)
        assert (picture.format, picture.size) == (FORMATS[target], (5, 3))
        color = picture.convert("RGBA").getpixel((2, 1))
        assert isinstance(color, tuple)
        assert near(color, RED)


@pytest.mark.parametrize("alias", ALIASES)
def test_a_legacy_name_is_its_type(alias: str) -> None:
    data = encoded("image/png")
    assert codec_for(alias).encode(data) == codec_for(ALIASES[alias]).encode(data)


@pytest.mark.parametrize("target", TYPES)
def test_pixels_become_an_image(target: str) -> None:
    sent = codec_for(target).encode(Pixels(8, 8, bytes(RED) * 64))
    assert isinstance(sent, bytes)
    picture = opened(sent)
    assert (picture.format, picture.size) == (FORMATS[target], (8, 8))
    color = picture.convert("RGBA").getpixel((3, 3))
    assert isinstance(color, tuple)
    assert near(color, RED)


@pytest.mark.parametrize(
    ("target", "color"),
    [
        ("image/png", (10, 20, 30, 0)),
        ("image/webp", None),
        ("image/bmp", (255, 255, 255, 255)),
        ("image/jpeg", (255, 255, 255, 255)),
    ],
)
def test_white_shows_through_where_a_format_has_no_alpha(
    target: str, color: tuple[int, ...] | None
) -> None:
    sent = codec_for(target).encode(Pixels(8, 8, bytes((10, 20, 30, 0)) * 64))
    assert isinstance(sent, bytes)
    found = opened(sent).convert("RGBA").getpixel((3, 3))
    assert isinstance(found, tuple)
    assert found == color if color else found[3] == 0


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
@pytest.mark.parametrize("target", TYPES)
def test_every_mode_has_a_form_in_every_type(mode: str, target: str) -> None:
    source = "image/jpeg" if mode == "CMYK" else "image/png"
    # Of the other type than the one that is asked for, so that it is converted.
    data = save(Pillow.new(mode, (8, 8)), source)
    sent = codec_for(target).encode(data)
    assert isinstance(sent, bytes)
    assert opened(sent).size == (8, 8)


@pytest.mark.parametrize("value", [None, "text", 7, [1], {"data": b""}, object()])
def test_another_value_is_a_type_error(value: object) -> None:
    with pytest.raises(TypeError, match="no image: expected Image, Pixels or bytes") as caught:
        PNG.encode(value)
    assert isinstance(caught.value, EncodingError)


@pytest.mark.parametrize(
    ("width", "height", "size"), [(2, 2, 15), (2, 2, 17), (2, 2, 0), (0, 2, 0), (-1, -1, 4)]
)
def test_pixels_must_be_as_many_as_they_say(width: int, height: int, size: int) -> None:
    with pytest.raises(EncodingError, match="no image: "):
        Pixels(width, height, bytes(size))


def test_pixels_are_counted_in_bytes() -> None:
    with pytest.raises(EncodingError, match="are 16 bytes, not 4"):
        Pixels(2, 2, memoryview(struct.pack("4B", 1, 2, 3, 4)))
    Pixels(2, 2, memoryview(struct.pack("4I", 1, 2, 3, 4)).cast("I"))
    with pytest.raises(EncodingError, match="pixels: memoryview"):
        Pixels(1, 1, [1, 2, 3, 4])  # type: ignore[arg-type]


def test_a_side_that_the_format_does_not_know_is_refused() -> None:
    with pytest.raises(EncodingError, match="no image/webp for an image of 20000 x 1"):
        codec_for("image/webp").encode(Pixels(20_000, 1, bytes(80_000)))


# Names of types


def test_all_names_are_listed() -> None:
    for listed in (supported_receive_types(), supported_send_types()):
        assert {*TYPES, *ALIASES} < set(listed)
        assert len(set(listed)) == len(listed)
        assert "wbmp" not in listed


def test_a_type_that_is_none_is_refused_with_the_list() -> None:
    with pytest.raises(
        UnknownTypeError, match=r"unsupported type 'image/x'; supported .*image/png"
    ):
        codec_for("image/x")
    with pytest.raises(OptionError, match=r"option 'sendType'.*'image/x'"):
        require_supported_types({"receiveType": "text/plain", "sendType": "image/x"})
    with pytest.raises(OptionError, match="image/png"):
        Server(receive_type="image/x")


def test_a_pillow_without_webp_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    codec = codec_for("image/webp")
    codec.encode(Pixels(1, 1, bytes(4)))
    monkeypatch.delitem(Pillow.SAVE, "WEBP")
    with pytest.raises(EncodingError, match="no image/webp: this Pillow was built without it"):
        codec.encode(Pixels(1, 1, bytes(4)))
