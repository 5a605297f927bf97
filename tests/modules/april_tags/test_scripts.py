"""The contract of @modules/april-tags, as scripts see it."""

from __future__ import annotations

import base64
import json

import cv2
import pytest
from PIL import Image

from accessor_host.modules.april_tags.binding import FAMILIES

from ...conftest import RunJs
from ...support.images import BOMBS, save

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")


def picture(family: str = "Tag36h11", *tags: tuple[int, int, int, int]) -> str:
    """Draw tags of an id, a place and a side on white; return an expression for the image."""
    image = Image.new("RGB", (320, 200), "white")
    known = cv2.aruco.getPredefinedDictionary(FAMILIES[family])
    for number, x, y, side in tags:
        image.paste(Image.fromarray(cv2.aruco.generateImageMarker(known, number, side)), (x, y))
    return f"Buffer.from('{base64.b64encode(save(image, 'image/png')).decode()}', 'base64')"


@pytest.mark.parametrize("name", ["@modules/april-tags", "aprilTags"])
def test_tags_are_found(run_js: RunJs, name: str) -> None:
    image = picture("Tag36h11", (7, 30, 40, 80), (3, 180, 60, 100))
    outcome = run_js(f"""
        const tags = require('{name}');
        console.log(Object.keys(tags).sort().join(), tags.tags().length);
        const image = tags.filter({image}, '');
        console.log(image.type, image.width, image.height);
        console.log(JSON.stringify(tags.tags()));
        tags.filter({picture()});
        console.log(tags.tags().length);
    """)
    assert outcome.stderr == ""
    names, size, found, after = outcome.stdout.splitlines()
    assert (names, size, after) == ("filter,tags 0", "image/png 320 200", "0")
    first, second = json.loads(found)
    assert (first["id"], second["id"]) == (3, 7)
    assert first["center"] == pytest.approx([229.5, 109.5], abs=1)
    assert second["center"] == pytest.approx([69.5, 79.5], abs=1)
    assert second["perimeter"] == pytest.approx(4 * 79, abs=4)


@pytest.mark.parametrize("family", FAMILIES)
def test_families(run_js: RunJs, family: str) -> None:
    outcome = run_js(f"""
        const tags = require('aprilTags');
        tags.filter({picture(family, (5, 50, 50, 100))}, {{ TagFamily: '{family}' }});
        console.log(tags.tags().map((tag) => tag.id).join());
    """)
    assert outcome.stdout == "5\n"


def test_what_is_wrong_is_an_error(run_js: RunJs) -> None:
    bomb = base64.b64encode(BOMBS["just above"]).decode()
    outcome = run_js(f"""
        const tags = require('aprilTags');
        for (const details of [[{picture()}, {{ TagFamily: 'x' }}], [{picture()}, '{{'],
            [Buffer.from('{bomb}', 'base64')]]) {{
          try {{ tags.filter(...details); }} catch (error) {{ console.log(error.code); }}
        }}
    """)
    assert outcome.stdout == "ERR_TAG_OPTION\nERR_TAG_OPTION\nERR_BAD_IMAGE\n"
