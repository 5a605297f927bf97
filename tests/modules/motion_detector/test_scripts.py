"""The contract of @modules/motion-detector, as scripts see it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from PIL import Image

from accessor_host.modules.motion_detector.binding import MotionDetector
from accessor_host.modules.pictures import PictureError

from ...conftest import RunJs
from ...support.images import BOMBS, CORRUPT, encoded, opened, save

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

SIZE = (20, 10)


def image_with(*boxes: tuple[int, int, int, int], colour: int = 255) -> Image.Image:
    """Draw white boxes on black."""
    image = Image.new("RGB", SIZE)
    for box in boxes:
        image.paste((colour,) * 3, box)
    return image


class Detector:
    """Compare images in Python."""

    def __init__(self) -> None:
        self._question = MotionDetector(None).questions[  # type: ignore[arg-type]
            "motion-detector.compare"
        ]

    def compare(self, image: Image.Image | bytes, **options: Any) -> Any:
        data = image if isinstance(image, bytes) else save(image, "image/png")
        payload = ["image", base64.b64encode(data).decode(), "image/png", 1]
        answer = self._question(payload, options)
        text = answer["image"].split(" ")[3]
        return answer["cog"], answer["area"], opened(base64.b64decode(text)).convert("RGB")


def test_the_first_image_does_not_move() -> None:
    cog, area, image = Detector().compare(image_with((0, 0, 5, 5)))
    assert (cog, area) == (None, 0)
    assert image == image_with((0, 0, 5, 5))


def test_what_appears_has_a_centre_and_an_area() -> None:
    detector = Detector()
    detector.compare(image_with())
    cog, area, image = detector.compare(image_with((4, 2, 8, 4)))
    assert (cog, area) == ([5.5, 2.5], 4)
    assert image.getpixel((4, 2)) == (255, 0, 0)
    assert image.getpixel((3, 2)) == (0, 0, 0)
    cog, area, _ = detector.compare(image_with((4, 2, 8, 4)))
    assert (cog, area) == (None, 0)


def test_thresholds() -> None:
    detector = Detector()
    detector.compare(image_with())
    assert detector.compare(image_with((0, 0, 1, 1), colour=25))[1] == 0
    detector.compare(image_with())
    assert detector.compare(image_with((0, 0, 1, 1), colour=26))[1] == 0.5
    detector.compare(image_with())
    cog, area, image = detector.compare(image_with((0, 0, 1, 1)), AreaThreshold=0.6)
    assert (cog, area, image.getpixel((0, 0))) == (None, 0.5, (255, 255, 255))
    detector.compare(image_with())
    cog, _, image = detector.compare(image_with((0, 0, 1, 1)), ModifyImage=False)
    assert (cog, image.getpixel((0, 0))) == ([0, 0], (255, 255, 255))


def test_an_image_of_another_size_is_a_first_one() -> None:
    detector = Detector()
    detector.compare(image_with())
    assert detector.compare(Image.new("RGB", (5, 5), "white"))[:2] == (None, 0)


@pytest.mark.parametrize("data", [*BOMBS.values(), *CORRUPT.values()])
def test_a_hostile_image_is_an_error_and_not_compared_with(data: bytes) -> None:
    detector = Detector()
    detector.compare(image_with())
    with pytest.raises(PictureError):
        detector.compare(data)
    assert detector.compare(image_with((0, 0, 1, 1)))[1] == 0.5


@pytest.mark.parametrize("name", ["@modules/motion-detector", "motionDetector"])
def test_scripts(run_js: RunJs, name: str) -> None:
    black, white = (
        base64.b64encode(encoded("image/png", (4, 4), (v, v, v, 255))).decode() for v in (0, 255)
    )
    outcome = run_js(f"""
        const detector = require('{name}');
        console.log(Object.keys(detector).sort().join(), detector.cog(), detector.area());
        detector.filter(Buffer.from('{black}', 'base64'));
        const options = '{{"PixelThreshold": 25, "AreaThreshold": 0.2}}';
        const image = detector.filter(Buffer.from('{white}', 'base64'), options);
        console.log(image.type, image.width, JSON.stringify(detector.cog()), detector.area());
        for (const bad of ['{{', {{ PixelThreshold: 256 }}, {{ AreaThreshold: 'x' }}]) {{
          try {{ detector.filter(image, bad); }} catch (error) {{ console.log(error.code); }}
        }}
    """)
    assert outcome.stderr == ""
    assert outcome.stdout.splitlines() == [
        "area,cog,filter null 0",
        "image/png 4 [1.5,1.5] 100",
        *["ERR_MOTION_OPTION"] * 3,
    ]
