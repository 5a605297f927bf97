"""The Python half of ``@modules/april-tags``: a question, as ``filter`` returns the image.

The loop waits meanwhile; what that can take is bounded by the pixels of an image.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import cv2
import numpy

from ..pictures import PictureError, picture_of, picture_to_event

if TYPE_CHECKING:
    from PIL import Image as Pillow

    from ...core.services import Services

__all__ = ["FAMILIES", "MAX_PIXELS", "MAX_TAGS", "AprilTags"]

MAX_PIXELS = 1920 * 1088
"""Pixels of an image: a frame of HD video."""

MAX_TAGS = 1_000
"""Tags of one image that are told: more than there are different ones of a family."""

FAMILIES = {
    "Tag16h5": cv2.aruco.DICT_APRILTAG_16h5,
    "Tag25h9": cv2.aruco.DICT_APRILTAG_25h9,
    "Tag36h10": cv2.aruco.DICT_APRILTAG_36h10,
    "Tag36h11": cv2.aruco.DICT_APRILTAG_36h11,
}
"""Families of tags, by their names in Cape Code."""

_OUTLINE = (0, 255, 0, 255)


class AprilTags:
    """Find the tags on images of one host's scripts."""

    def __init__(self, services: Services) -> None:
        self.operations: Mapping[str, Callable[..., None]] = {}
        self.questions: Mapping[str, Callable[..., Any]] = {"april-tags.find": self._find}

    async def stop(self) -> None:
        """Nothing is to be stopped: an image is done before its event ends."""

    def _find(self, payload: list[Any], options: dict[str, Any]) -> dict[str, Any]:
        name = options.get("TagFamily") or "Tag36h11"
        family = FAMILIES.get(name) if isinstance(name, str) else None
        if family is None:
            names = ", ".join(FAMILIES)
            shown = ascii(name)[:80]
            reason = f"option 'TagFamily': {shown} is not allowed; expected one of {names}"
            raise PictureError("ERR_TAG_OPTION", reason)
        picture = picture_of(payload, MAX_PIXELS)
        tags = _tags_on(picture, family)
        return {"image": picture_to_event(picture), "tags": tags}


def _tags_on(picture: Pillow.Image, family: int) -> list[dict[str, Any]]:
    """Return the tags on a picture, and draw their outlines there."""
    from PIL import ImageDraw

    grey = numpy.asarray(picture.convert("L"))
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(family))
    try:
        found, ids, _ = detector.detectMarkers(grey)
    except cv2.error as error:
        raise PictureError("ERR_TAG_FAILED", f"OpenCV: {error.err or 'it failed'}") from None
    pen = ImageDraw.Draw(picture)
    tags = []
    for corners, number in zip(found[:MAX_TAGS], [] if ids is None else ids.ravel(), strict=False):
        points = [(float(x), float(y)) for x, y in corners.reshape(4, 2)]
        pen.line([*points, points[0]], fill=_OUTLINE, width=2)
        sides = zip(points, [*points[1:], points[0]], strict=True)
        tags.append(
            {
                "id": int(number),
                "center": [round(sum(axis) / 4, 2) for axis in zip(*points, strict=True)],
                "perimeter": round(sum(math.dist(*side) for side in sides), 2),
            }
        )
    return sorted(tags, key=lambda tag: tag["id"])
