"""The contract of @modules/computer-vision, as scripts see it, and what each transform does."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from PIL import Image

from accessor_host.modules.computer_vision.binding import MAX_JOBS
from accessor_host.modules.computer_vision.transforms import TRANSFORMS, transform
from accessor_host.modules.pictures import PictureError

from ...conftest import RunJs
from ...support.images import BOMBS, RED, encoded

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

VISION = "const vision = require('@modules/computer-vision');"

IMAGE = f"Buffer.from('{base64.b64encode(encoded('image/png', (8, 6))).decode()}', 'base64')"


def square() -> Image.Image:
    """Draw a white square on black."""
    image = Image.new("RGBA", (40, 30), "black")
    image.paste((255, 255, 255, 255), (10, 10, 20, 20))
    return image


def white_of(image: Image.Image) -> int:
    return sum(value > 127 for value in image.convert("L").tobytes())


def test_the_names_are_those_that_work(run_js: RunJs) -> None:
    outcome = run_js(f"""
        {VISION}
        console.log(Object.keys(vision).sort().join());
        for (const name of vision.filters) {{
          vision.filter({IMAGE}, name, undefined, (image) => console.log(name, image.type));
        }}
    """)
    lines = outcome.stdout.splitlines()
    assert lines == ["filter,filters", *(f"{name} image/png" for name in sorted(TRANSFORMS))]
    assert outcome.stderr == ""


def test_shapes() -> None:
    assert white_of(transform(square(), "erode", {})) == 8 * 8
    assert white_of(transform(square(), "dilate", {"erosionSize": 2})) == 14 * 14
    edges = transform(square(), "findEdges", {"cannyThreshold": 50})
    assert 30 < white_of(edges) < 60
    contours = transform(square(), "findContours", {})
    assert (0, 255, 0) in {color for _, color in contours.getcolors() or []}


@pytest.mark.parametrize("name", ["blur", "gaussianBlur", "medianBlur"])
def test_blurs(name: str) -> None:
    blurred = transform(square(), name, {"blurSize": 5})
    assert blurred.size == (40, 30)
    assert blurred.getpixel((15, 15)) == (255, 255, 255)
    assert blurred.getpixel((10, 10)) != (255, 255, 255)


def test_colours() -> None:
    red = Image.new("RGBA", (2, 2), RED)
    assert transform(red, "makeGray", {}).getpixel((0, 0)) == 76
    assert transform(red, "makeHSV", {}).getpixel((0, 0)) == (0, 255, 255)
    assert transform(red, "makeBGRA", {}).getpixel((0, 0)) == (0, 0, 255, 255)
    histogram = transform(square(), "histogram", {})
    assert histogram.size == (256, 200)
    assert histogram.getpixel((0, 0)) == (255, 255, 255)
    assert histogram.getpixel((128, 199)) == (0, 0, 0)


@pytest.mark.parametrize(
    "options",
    [{"blurSize": 0}, {"blurSize": 256}, {"cannyThreshold": "x"}, {"erosionSize": 51}],
)
def test_options_have_ranges(options: dict[str, Any]) -> None:
    with pytest.raises(PictureError, match="is not allowed"):
        transform(square(), "blur", options)


def test_what_is_wrong_is_an_error_and_the_rest_goes_on(run_js: RunJs) -> None:
    bomb = base64.b64encode(BOMBS["just above"]).decode()
    outcome = run_js(f"""
        {VISION}
        const no = () => console.log('no');
        for (const details of [['x', {{}}, no], ['blur', '{{', no], ['blur', {{}}]]) {{
          try {{ vision.filter({IMAGE}, ...details); }} catch (error) {{ console.log(error.code); }}
        }}
        vision.filter(Buffer.from('{bomb}', 'base64'), 'blur', null, no);
        vision.filter({IMAGE}, 'blur', {{ blurSize: -1 }}, no);
        vision.filter({IMAGE}, 'blur', '{{"blurSize": 2}}', (image) => console.log(image.width));
    """)
    assert outcome.stdout.splitlines() == [
        "ERR_NO_FILTER",
        "ERR_FILTER_OPTION",
        "ERR_INVALID_ARG_TYPE",
        "8",
    ]
    assert "code: 'ERR_BAD_IMAGE'" in outcome.stderr
    assert "code: 'ERR_FILTER_OPTION'" in outcome.stderr


def test_so_many_images_wait(run_js: RunJs) -> None:
    outcome = run_js(f"""
        {VISION}
        let done = 0;
        for (let i = 0; i <= {MAX_JOBS}; i++) vision.filter({IMAGE}, 'blur', null, () => done++);
        setTimeout(function look() {{
          if (done === {MAX_JOBS}) console.log(done); else setTimeout(look, 5);
        }}, 5);
    """)
    assert outcome.stdout == f"{MAX_JOBS}\n"
    assert outcome.stderr.count("code: 'ERR_VISION_BUSY'") == 1
