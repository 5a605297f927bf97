"""The Python half of ``@modules/motion-detector``: a question, as ``filter`` returns the image.

The loop waits meanwhile; what that can take is bounded by the pixels of an image.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...errors import AccessorHostError

if TYPE_CHECKING:
    from PIL import Image as Pillow

    from ...core.services import Services

__all__ = ["MAX_PIXELS", "MotionDetector"]

MAX_PIXELS = 1920 * 1088
"""Pixels of an image: a frame of HD video. One of these takes some 0.2 seconds."""

_MARK = (255, 0, 0, 255)


class MotionError(AccessorHostError):
    """Report an option that is not allowed."""

    code = "ERR_MOTION_OPTION"


class MotionDetector:
    """Compare images of one host's scripts, each with the one before."""

    def __init__(self, services: Services) -> None:
        self._before: Pillow.Image | None = None
        self.operations: Mapping[str, Callable[..., None]] = {}
        self.questions: Mapping[str, Callable[..., Any]] = {
            "motion-detector.compare": self._compare
        }

    async def stop(self) -> None:
        """Nothing is to be stopped: an image is compared before its event ends."""

    def _compare(self, payload: list[Any], options: dict[str, Any]) -> dict[str, Any]:
        # Imported late: most scripts compare nothing when they start.
        from ..pictures import picture_of, picture_to_event

        threshold = _number(options, "PixelThreshold", 25, 255)
        least = _number(options, "AreaThreshold", 0.2, 100)
        picture = picture_of(payload, MAX_PIXELS)
        grey = picture.convert("L")
        before, self._before = self._before, grey
        changed = None
        if before is not None and before.size == grey.size:
            changed = _changed(before, grey, threshold)
        area = 0.0 if changed is None else _area(changed)
        has_moved = changed is not None and area > 0 and area >= least
        if has_moved and options.get("ModifyImage", True) not in (False, None, "false"):
            picture.paste(_MARK, mask=changed)
        return {
            "image": picture_to_event(picture),
            "area": area,
            "cog": _centre(changed) if has_moved and changed is not None else None,
        }


def _changed(before: Pillow.Image, now: Pillow.Image, threshold: float) -> Pillow.Image:
    """Return a mask of the pixels whose brightness has changed by more than a threshold."""
    from PIL import ImageChops

    difference = ImageChops.difference(before, now)
    return difference.point([255 if value > threshold else 0 for value in range(256)])


def _area(mask: Pillow.Image) -> float:
    return 100 * mask.histogram()[255] / (mask.width * mask.height)


def _centre(mask: Pillow.Image) -> list[float]:
    from PIL import Image

    # Means of columns and of rows are the weights of each place.
    exact = mask.convert("F")
    columns = exact.resize((mask.width, 1), Image.Resampling.BOX)
    rows = exact.resize((1, mask.height), Image.Resampling.BOX)
    return [_mean_place(columns, mask.width), _mean_place(rows, mask.height)]


def _mean_place(line: Pillow.Image, length: int) -> float:
    weights = memoryview(line.tobytes()).cast("f")
    total = sum(weights)
    return round(sum(place * weights[place] for place in range(length)) / total, 3)


def _number(options: Mapping[str, Any], name: str, default: float, most: float) -> float:
    value = options.get(name)
    if value is None or value == "":
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        reason = f"option '{name}': {ascii(value)[:80]} is not allowed; expected 0 to {most:g}"
        raise MotionError(reason)
    return value
