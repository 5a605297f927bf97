"""Graphics on pictures: the few elements of SVG that an annotation needs.

Drawn are ``rect``, ``circle``, ``ellipse``, ``line``, ``polyline``, ``polygon`` and ``text``, alone
or in groups, with ``fill``, ``stroke``, ``stroke-width`` and ``font-size``. What else there is in
an SVG text is an error that names it, but for what shows nothing: a drawing without its paths
would say something else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from xml.etree import ElementTree

from PIL import Image, ImageDraw, ImageFont

from ..pictures import PictureError
from .options import Colour, bad_option, colour_of

__all__ = ["MAX_ELEMENTS", "MAX_LENGTH", "MAX_TEXT_AREA", "draw"]

MAX_LENGTH = 65_536
"""Characters of a graphic: far more than a few shapes and words take."""

MAX_ELEMENTS = 200
"""Elements of a graphic; each may cover the whole picture, which takes some milliseconds."""

MAX_DEPTH = 20
"""Groups within groups."""

MAX_TEXT_AREA = 4_000_000
"""Pixels that all texts of a graphic may take: two pictures full of letters."""

_MAX_COORDINATE = 100_000.0
_NAMESPACE = re.compile(r"\{http://www\.w3\.org/2000/svg\}")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_INVISIBLE = {"title", "desc", "metadata", "defs"}
_GROUPS = {"svg", "g"}
_CURVE = 90
"""Points of an ellipse, which is a polygon once it has been turned."""


@dataclass(frozen=True)
class _Style:
    """What elements inherit."""

    fill: Colour | None = (0, 0, 0, 255)
    stroke: Colour | None = None
    stroke_width: float = 1.0
    font_size: float = 16.0


@dataclass(frozen=True)
class _Place:
    """Where a graphic goes: scaled and turned about its origin, then moved."""

    scale: float
    cosine: float
    sine: float
    x: float
    y: float

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of a point, far away at most."""
        x, y = x * self.scale, y * self.scale
        return (
            _near(x * self.cosine - y * self.sine + self.x),
            _near(x * self.sine + y * self.cosine + self.y),
        )


def draw(
    picture: Image.Image,
    graphic: str,
    *,
    scale: float,
    rotation: float,
    offset: tuple[float, float],
) -> Image.Image:
    """Draw a graphic on a picture.

    Args:
        picture: RGBA; it stays as it is.
        graphic: SVG text; nothing is drawn for an empty one.
        scale: factor for all lengths.
        rotation: degrees, clockwise about the origin.
        offset: x and y, in pixels, of the graphic's origin.

    Raises:
        PictureError: it is no SVG text, or has what is not drawn here.
    """
    if graphic.strip() == "":
        return picture
    angle = math.radians(rotation)
    place = _Place(scale, math.cos(angle), math.sin(angle), *offset)
    layer = Image.new("RGBA", picture.size)
    _Drawing(layer, place, rotation).draw(_parse(graphic))
    return Image.alpha_composite(picture, layer)


def _parse(graphic: str) -> ElementTree.Element:
    if len(graphic) > MAX_LENGTH:
        raise _bad(f"has {len(graphic)} characters, more than {MAX_LENGTH}")
    # Entities are declared in there, which can grow without end.
    if "<!DOCTYPE" in graphic or "<!ENTITY" in graphic:
        raise _bad("declares a document type")
    try:
        # Not as bytes: a text that says in which encoding it was has been decoded.
        return ElementTree.fromstring(graphic)  # noqa: S314
    except (ElementTree.ParseError, ValueError) as error:
        raise _bad(f"is no XML: {error}") from None


class _Drawing:
    def __init__(self, layer: Image.Image, place: _Place, rotation: float) -> None:
        self._layer = layer
        self._pen = ImageDraw.Draw(layer)
        self._place = place
        self._rotation = rotation
        self._left = MAX_ELEMENTS
        self._area = MAX_TEXT_AREA

    def draw(self, element: ElementTree.Element) -> None:
        """Draw an element, and what is in it."""
        self._draw(element, _Style(), 0)

    def _draw(self, element: ElementTree.Element, style: _Style, depth: int) -> None:
        # A comment has a function for a tag.
        name = _NAMESPACE.sub("", element.tag) if isinstance(element.tag, str) else "title"
        if name in _INVISIBLE:
            return
        self._left -= 1
        if self._left < 0:
            raise _bad(f"has more than {MAX_ELEMENTS} elements")
        if depth > MAX_DEPTH:
            raise _bad(f"has groups that are more than {MAX_DEPTH} deep")
        attributes = dict(_attributes(element))
        if "transform" in attributes:
            raise _bad("has the attribute 'transform', which is not drawn here")
        style = _styled(style, attributes)
        if name in _GROUPS:
            for child in element:
                self._draw(child, style, depth + 1)
        elif name == "text":
            self._text("".join(element.itertext()), attributes, style)
        elif name in _SHAPES:
            points = [self._place(*point) for point in _SHAPES[name](attributes)]
            self._shape(points, style, is_closed=name not in ("line", "polyline"))
        else:
            raise _bad(f"has the element '{name[:40]}', which is not drawn here")

    def _shape(self, points: list[tuple[float, float]], style: _Style, *, is_closed: bool) -> None:
        if len(points) < 2:
            return
        if style.fill is not None and len(points) > 2:
            self._pen.polygon(points, fill=style.fill)
        if style.stroke is not None:
            width = max(1, round(min(style.stroke_width * self._place.scale, 1000)))
            line = [*points, points[0]] if is_closed else points
            self._pen.line(line, fill=style.stroke, width=width, joint="curve")

    def _text(self, text: str, attributes: dict[str, str], style: _Style) -> None:
        text = " ".join(text.split())
        size = style.font_size * self._place.scale
        self._area -= round(len(text) * size * size)
        if self._area < 0 or size > 1000:
            raise _bad(f"has more text than {MAX_TEXT_AREA} pixels hold")
        colour = style.fill
        if text == "" or colour is None or size < 1:
            return
        font = ImageFont.load_default(size)
        # The y of a text is that of its base line.
        left, top, right, bottom = self._pen.textbbox((0, 0), text, font, anchor="ls")
        width, height = math.ceil(right - left), math.ceil(bottom - top)
        if width < 1 or height < 1:
            return
        tile = Image.new("RGBA", (width, height))
        ImageDraw.Draw(tile).text((-left, -top), text, colour, font, anchor="ls")
        scale = self._place.scale
        x = _number(attributes, "x") + (left + width / 2) / scale
        y = _number(attributes, "y") + (top + height / 2) / scale
        if self._rotation % 360:
            tile = tile.rotate(-self._rotation, Image.Resampling.BICUBIC, expand=True)
        at_x, at_y = self._place(x, y)
        corner = round(at_x - tile.width / 2), round(at_y - tile.height / 2)
        self._layer.paste(tile, corner, tile)


def _rect(attributes: dict[str, str]) -> list[tuple[float, float]]:
    x, y, width, height = (_number(attributes, name) for name in ("x", "y", "width", "height"))
    if width <= 0 or height <= 0:
        return []
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def _circle(attributes: dict[str, str]) -> list[tuple[float, float]]:
    radius = _number(attributes, "r")
    return _curve(attributes, radius, radius)


def _ellipse(attributes: dict[str, str]) -> list[tuple[float, float]]:
    return _curve(attributes, _number(attributes, "rx"), _number(attributes, "ry"))


def _curve(attributes: dict[str, str], rx: float, ry: float) -> list[tuple[float, float]]:
    x, y = _number(attributes, "cx"), _number(attributes, "cy")
    if rx <= 0 or ry <= 0:
        return []
    angles = (2 * math.pi * step / _CURVE for step in range(_CURVE))
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


def _line(attributes: dict[str, str]) -> list[tuple[float, float]]:
    x1, y1, x2, y2 = (_number(attributes, name) for name in ("x1", "y1", "x2", "y2"))
    return [(x1, y1), (x2, y2)]


def _points(attributes: dict[str, str]) -> list[tuple[float, float]]:
    numbers = [float(number) for number in _NUMBER.findall(attributes.get("points", ""))]
    return [(_near(x), _near(y)) for x, y in zip(numbers[::2], numbers[1::2], strict=False)]


_SHAPES = {
    "circle": _circle,
    "ellipse": _ellipse,
    "line": _line,
    "polygon": _points,
    "polyline": _points,
    "rect": _rect,
}


def _attributes(element: ElementTree.Element) -> Iterator[tuple[str, str]]:
    """Yield the attributes, and those that stand in ``style``, which count more."""
    yield from element.items()
    for part in element.get("style", "").split(";"):
        name, colon, value = part.partition(":")
        if colon:
            yield name.strip(), value.strip()


def _styled(style: _Style, attributes: dict[str, str]) -> _Style:
    if "fill" in attributes:
        style = replace(style, fill=_paint("fill", attributes["fill"]))
    if "stroke" in attributes:
        style = replace(style, stroke=_paint("stroke", attributes["stroke"]))
    if "stroke-width" in attributes:
        style = replace(style, stroke_width=_number(attributes, "stroke-width"))
    if "font-size" in attributes:
        style = replace(style, font_size=_number(attributes, "font-size"))
    return style


def _paint(name: str, text: str) -> Colour | None:
    if text.strip().lower() in ("none", "transparent"):
        return None
    colour = colour_of(text)
    if colour is None:
        raise bad_option(f"the graphic: '{name}'", text, "none, #RRGGBB, or the name of a colour")
    return colour


def _number(attributes: dict[str, str], name: str) -> float:
    text = attributes.get(name, "0").strip().removesuffix("px")
    if _NUMBER.fullmatch(text) is None:
        raise bad_option(f"the graphic: '{name}'", text, "a number of pixels")
    return _near(float(text))


def _near(number: float) -> float:
    return max(-_MAX_COORDINATE, min(_MAX_COORDINATE, number))


def _bad(reason: str) -> PictureError:
    return PictureError("ERR_FILTER_GRAPHIC", f"the graphic {reason}")
