"""The contract of @modules/image-filters, as scripts see it, and what each filter does."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from PIL import Image

from accessor_host.modules.image_filters.binding import ImageFilters
from accessor_host.modules.image_filters.filters import FILTERS
from accessor_host.modules.image_filters.graphics import MAX_DEPTH, MAX_ELEMENTS, MAX_LENGTH
from accessor_host.modules.image_filters.limits import MAX_PIXELS
from accessor_host.modules.image_filters.options import COLOURS, colour_of
from accessor_host.modules.pictures import PictureError

from ...conftest import RunJs
from ...support.images import BOMBS, CORRUPT, RED, encoded, opened, save

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

BLACK, WHITE = (0, 0, 0, 255), (255, 255, 255, 255)


def filtered(image: Image.Image | bytes, name: str, options: dict[str, Any]) -> Image.Image:
    """Filter an image in Python."""
    data = image if isinstance(image, bytes) else save(image, "image/png")
    payload = ["image", base64.b64encode(data).decode(), "image/png", MAX_PIXELS]
    question = ImageFilters(None).questions["image-filters.filter"]  # type: ignore[arg-type]
    kind, width, height, text = question(payload, name, options).split(" ")
    picture = opened(base64.b64decode(text)).convert("RGBA")
    assert (kind, int(width), int(height)) == ("image/png", *picture.size)
    return picture


def plain(size: tuple[int, int] = (8, 6), colour: Any = RED) -> Image.Image:
    return Image.new("RGBA", size, colour)


def grey_ramp() -> Image.Image:
    image = Image.new("RGBA", (256, 1))
    image.putdata([(v, v, v, 255) for v in range(256)])
    return image


def greys(image: Image.Image) -> list[int]:
    return list(image.getchannel("R").tobytes())


# As scripts see it


@pytest.mark.parametrize(
    "name", ["@modules/image-filters", "imageFilters", "@accessors/imageFilters"]
)
def test_it_is_one_module_by_every_name_it_has(run_js: RunJs, name: str) -> None:
    outcome = run_js(f"""
        const filters = require('{name}');
        console.log(Object.keys(filters).sort().join(), filters.filters().join());
    """)
    assert outcome.stdout == f"filter,filters {','.join(FILTERS)}\n"


def test_an_image_is_filtered_and_comes_back_as_one(run_js: RunJs) -> None:
    data = base64.b64encode(encoded("image/jpeg", (20, 10))).decode()
    outcome = run_js(f"""
        const {{ filter }} = require('imageFilters');
        const bytes = Buffer.from('{data}', 'base64');
        const image = filter(bytes, 'Crop', {{ Width: 4, Height: 3 }});
        console.log(image.type, image.width, image.height, Buffer.isBuffer(image.data));
        const again = filter(image, 'Border', '{{"LeftBorder": 1, "Unknown": 5}}');
        console.log(again.width, again.height);
        const pixels = {{ width: 1, height: 1, pixels: new Uint8Array([255, 0, 0, 255]) }};
        filter(pixels, 'Invert', '').toRGBA().then((rgba) => console.log(rgba.join()));
        filter(pixels, 'Gray').toRGBA().then((rgba) => console.log(rgba.join()));
    """)
    assert outcome.stderr == ""
    assert outcome.stdout == ("image/png 4 3 true\n15 23\n0,255,255,255\n76,76,76,255\n")


def test_options_do_not_stay_and_are_not_changed(run_js: RunJs) -> None:
    outcome = run_js("""
        const { filter } = require('imageFilters');
        const pixels = { width: 1, height: 1, pixels: new Uint8Array(4) };
        const options = Object.freeze({ LeftBorder: 0, RightBorder: 0 });
        console.log(filter(pixels, 'Border', options).width, filter(pixels, 'Border').width);
    """)
    assert outcome.stdout == "1 21\n"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("filter(pixels, 'Nothing')", "ERR_NO_FILTER there is no filter 'Nothing'; there are Ann"),
        ("filter(pixels, undefined)", "ERR_NO_FILTER"),
        ("filter(pixels, '__proto__')", "ERR_NO_FILTER"),
        ("filter(pixels, 'Gray', '{')", "ERR_FILTER_OPTION the options of a filter are no JSON"),
        ("filter(pixels, 'Gray', 5)", "ERR_FILTER_OPTION the options of a filter must be"),
        ("filter(pixels, 'Crop', { Width: 'x' })", "ERR_FILTER_OPTION option 'Width' of the fil"),
        ("filter(pixels, 'Crop', { Width: {} })", "ERR_FILTER_OPTION option 'Width'"),
        ("filter(pixels, 'Crop', { Width: 1e9 })", "ERR_FILTER_OPTION option 'Width'"),
        ("filter(pixels, 'Crop', { Width: 9e3, Height: 9e3 })", "ERR_FILTER_OPTION the filter wo"),
        ("filter(pixels, 'Border', { BorderColor: 'x' })", "ERR_FILTER_OPTION option 'BorderCo"),
        ("filter(pixels, 'BoxBlur', { Iterations: 11 })", "ERR_FILTER_OPTION option 'Iterations"),
        ("filter(Buffer.from('no image'), 'Gray')", "ERR_BAD_IMAGE"),
        ("filter({ data: new Uint8Array(3) }, 'Gray')", "ERR_BAD_IMAGE"),
        ("filter(null, 'Gray')", "undefined null is no image"),
        ("filter(pixels, 'Annotate', { Graphic: '<svg' })", "ERR_FILTER_GRAPHIC the graphic is no"),
    ],
)
def test_what_is_wrong_is_an_error_that_says_so(run_js: RunJs, call: str, expected: str) -> None:
    outcome = run_js(f"""
        const {{ filter }} = require('imageFilters');
        const pixels = {{ width: 1, height: 1, pixels: new Uint8Array(4) }};
        try {{ {call}; }} catch (error) {{ console.log(error.code, error.message); }}
        console.log(filter(pixels, 'Gray').width);
    """)
    first, second = outcome.stdout.splitlines()
    assert first.startswith(expected)
    assert second == "1"


def test_a_graphic_can_come_from_a_file_as_resources_do(run_js: RunJs, tmp_path: Any) -> None:
    outcome = run_js("""
        const { filter } = require('imageFilters');
        const pixels = { width: 1, height: 1, pixels: new Uint8Array(4) };
        try { filter(pixels, 'Annotate', { GraphicURI: 'nowhere.svg' }); }
        catch (error) { console.log(error.code); }
    """)
    assert outcome.stdout == "ENOENT\n"


# Bad images


@pytest.mark.parametrize("data", [*BOMBS.values(), *CORRUPT.values()])
def test_a_hostile_image_is_an_error(data: bytes) -> None:
    with pytest.raises(PictureError) as caught:
        filtered(data, "Gray", {})
    assert caught.value.code == "ERR_BAD_IMAGE"


def test_an_image_has_so_many_pixels() -> None:
    assert filtered(plain((1920, 1088)), "Crop", {"Width": 1, "Height": 1}).size == (1, 1)
    with pytest.raises(PictureError, match="pixels are more than"):
        filtered(plain((1920, 1089)), "Crop", {"Width": 1, "Height": 1})


@pytest.mark.parametrize(
    "payload", [[], ["image"], ["image", 5], ["image", "#"], ["pixels", "", "", 0, 0], ["x", "y"]]
)
def test_a_forged_request_is_an_error(payload: list[Any]) -> None:
    question = ImageFilters(None).questions["image-filters.filter"]  # type: ignore[arg-type]
    with pytest.raises(PictureError):
        question(payload, "Gray", {})


# The filters


def test_scale() -> None:
    assert filtered(plain(), "BicubicScale", {}).size == (256, 256)
    scaled = filtered(plain(), "BicubicScale", {"Width": 3.9, "Height": "40"})
    assert (scaled.size, scaled.getpixel((1, 20))) == ((3, 40), RED)


@pytest.mark.parametrize("side", [1, 2, 3, 8, 65535])
def test_block(side: int) -> None:
    image = plain((7, 5))
    image.putpixel((0, 0), BLACK)
    blocks = filtered(image, "Block", {"BlockSize": side})
    first = blocks.getpixel((0, 0))
    assert blocks.size == (7, 5)
    assert isinstance(first, tuple)
    assert first[0] == round(255 * (1 - 1 / (min(side, 7) * min(side, 5))))
    assert blocks.getpixel((min(side, 7) - 1, min(side, 5) - 1)) == first
    assert blocks.getpixel((6, 4)) == (first if side > 6 else RED)


def test_border() -> None:
    options = {"LeftBorder": 1, "RightBorder": 2, "TopBorder": 3, "BottomBorder": 0}
    bordered = filtered(plain(), "Border", {**options, "BorderColor": "#0000ff"})
    assert bordered.size == (11, 9)
    assert bordered.getpixel((0, 8)) == COLOURS["blue"]
    assert bordered.getpixel((1, 3)) == RED
    assert filtered(plain(), "Border", {}).getpixel((0, 0)) == WHITE


def test_box_blur() -> None:
    image = plain((21, 21), BLACK)
    image.putpixel((10, 10), WHITE)
    blurred = filtered(image, "BoxBlur", {"HRadius": 1, "VRadius": 0})
    assert greys(blurred)[10 * 21 + 8 : 10 * 21 + 13] == [0, 85, 85, 85, 0]
    assert filtered(image, "BoxBlur", {"Iterations": 0}) == image


def test_contrast() -> None:
    assert filtered(grey_ramp(), "Contrast", {}) == grey_ramp()
    assert greys(filtered(grey_ramp(), "Contrast", {"Brightness": 2}))[:130:43] == [0, 86, 172, 255]
    steep = greys(filtered(grey_ramp(), "Contrast", {"Contrast": 1000}))
    assert steep == [0] * 128 + [255] * 128


def test_crop() -> None:
    image = plain((4, 4))
    image.putpixel((3, 3), BLACK)
    cropped = filtered(image, "Crop", {"X": 2, "Y": 3, "Width": 3, "Height": 1})
    assert [cropped.getpixel((x, 0)) for x in range(3)] == [RED, BLACK, (0, 0, 0, 0)]


def test_gray_invert_solarize_keep_transparency() -> None:
    image = plain((1, 1), (255, 0, 51, 7))
    assert filtered(image, "Invert", {}).getpixel((0, 0)) == (0, 255, 204, 7)
    assert filtered(image, "Gray", {}).getpixel((0, 0)) == (82, 82, 82, 7)
    assert filtered(image, "Contour", {}).getpixel((0, 0)) == (255, 0, 51, 7)
    solarized = greys(filtered(grey_ramp(), "Solarize", {}))
    assert (solarized[0], solarized[127], solarized[128], solarized[255]) == (255, 1, 1, 255)


def test_threshold() -> None:
    assert greys(filtered(grey_ramp(), "Threshold", {})) == [0] * 127 + [255] * 129
    options = {"LowerThreshold": 100, "UpperThreshold": 200, "Black": "red", "White": "0x0000ff"}
    image = filtered(grey_ramp(), "Threshold", options)
    assert image.getpixel((99, 0)) == RED
    assert image.getpixel((200, 0)) == COLOURS["blue"]
    assert image.getpixel((150, 0)) == (127, 0, 128, 255)


@pytest.mark.parametrize(
    ("value", "colour"),
    [
        ("0xff0000", RED),
        ("#FF0000", RED),
        ("#f00", RED),
        ("red", RED),
        ("darkGray", (64, 64, 64, 255)),
        (0xFFFF0000, RED),
        (0xFF0000, RED),
        (-1, WHITE),
        (-65536.0, RED),
        ("0x80ff0000", (255, 0, 0, 128)),
        ("#ff00", None),
        (True, None),
        (0.5, None),
        (2**32, None),
        ([], None),
        (float("nan"), None),
    ],
)
def test_colours(value: object, colour: object) -> None:
    assert colour_of(value) == colour


# Graphics


def annotated(graphic: str, **options: Any) -> Image.Image:
    return filtered(plain((40, 30), WHITE), "Annotate", {"Graphic": graphic, **options})


def test_without_a_graphic_the_image_stays() -> None:
    assert annotated("") == plain((40, 30), WHITE)


@pytest.mark.parametrize(
    ("element", "inside", "outside"),
    [
        ('<rect x="2" y="3" width="4" height="5" fill="red"/>', (4, 5), (8, 5)),
        ('<circle cx="10" cy="10" r="5px" style="fill: #f00; stroke: none"/>', (10, 14), (10, 17)),
        ('<ellipse cx="20" cy="10" rx="10" ry="3" fill="red"/>', (28, 10), (20, 15)),
        ('<polygon points="0,0 10,0 0,10" fill="red"/>', (2, 2), (9, 9)),
        ('<line x1="0" y1="5" x2="40" y2="5" stroke="red" stroke-width="3"/>', (20, 6), (20, 9)),
        ('<g fill="red"><rect width="3" height="3"/></g>', (1, 1), (5, 5)),
        ('<polyline points="0 5 40 5" fill="none" stroke="red"/>', (20, 5), (20, 8)),
    ],
)
def test_shapes_are_drawn(element: str, inside: Any, outside: Any) -> None:
    for graphic in (element, f'<svg xmlns="http://www.w3.org/2000/svg"><!-- -->{element}</svg>'):
        image = annotated(graphic)
        assert (image.getpixel(inside), image.getpixel(outside)) == (RED, WHITE)


def test_text_is_drawn_on_its_base_line() -> None:
    text = '<text x="5" y="20" font-size="12" fill="red">Hi</text>'
    box = annotated(text).convert("RGB").point(lambda v: 255 - v).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert 5 <= left < right < 25
    assert 8 < top < bottom <= 21
    turned = annotated(text, Rotation=90, XOffset=30).convert("RGB").point(lambda v: 255 - v)
    box = turned.getbbox()
    assert box is not None
    assert box[3] - box[1] > box[2] - box[0]


def test_a_graphic_is_scaled_turned_and_moved() -> None:
    square = '<rect x="1" y="0" width="2" height="2" fill="red"/>'
    image = annotated(square, Scale=2, Rotation=90, XOffset=20, YOffset=10)
    # (1..3, 0..2) becomes (2..6, 0..4), then (-4..0, 2..6), then (16..20, 12..16).
    assert [image.getpixel(at) for at in ((18, 14), (22, 14), (18, 9), (18, 18))] == [
        RED,
        WHITE,
        WHITE,
        WHITE,
    ]


@pytest.mark.parametrize(
    ("graphic", "reason"),
    [
        ('<svg><path d="M0 0"/></svg>', "has the element 'path', which is not drawn here"),
        ('<g transform="scale(2)"/>', "has the attribute 'transform'"),
        ("<svg>" + "<rect/>" * MAX_ELEMENTS + "</svg>", f"has more than {MAX_ELEMENTS} elements"),
        ("<g>" * (MAX_DEPTH + 2) + "</g>" * (MAX_DEPTH + 2), f"more than {MAX_DEPTH} deep"),
        ("<g>" * 9_000 + "</g>" * 9_000, f"more than {MAX_DEPTH} deep|characters, more than"),
        (" " * MAX_LENGTH + "<g/>", f"characters, more than {MAX_LENGTH}"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>', "declares a document type"),
        ('<text font-size="900">' + "x" * 50 + "</text>", "has more text than"),
        ('<text font-size="1001">x</text>', "has more text than"),
        ('<rect width="wide"/>', "'width': 'wide' is not allowed"),
        ('<rect fill="url(#a)"/>', r"'fill': 'url\(#a\)' is not allowed"),
        ("\ud800<g/>", "is no XML"),
    ],
)
def test_what_is_not_drawn_is_an_error(graphic: str, reason: str) -> None:
    with pytest.raises(PictureError, match=reason):
        annotated(graphic)


def test_shapes_far_away_take_no_time() -> None:
    shape = '<circle cx="-1e300" cy="1e300" r="1e300" stroke="red" stroke-width="1e300"/>'
    started = time.monotonic()
    annotated(f"<svg>{shape * (MAX_ELEMENTS - 1)}</svg>", Scale=1000)
    assert time.monotonic() - started < 5


def test_what_the_library_s_accessors_pass_works() -> None:
    options = json.loads('{"Scale": 1, "Rotation": 0, "Graphic": "<svg></svg>"}')
    assert filtered(plain(), "Annotate", options) == plain()
    assert filtered(plain(), "Threshold", {}).size == (8, 6)
