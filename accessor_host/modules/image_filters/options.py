"""Options of filters: numbers within their ranges, and colours as scripts write them.

Source: the options of Cape Code's filters, whose names are capitalised.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from ..pictures import PictureError

__all__ = ["COLOURS", "Colour", "Options", "bad_option", "colour_of"]

Colour: TypeAlias = tuple[int, int, int, int]
"""Red, green, blue and alpha, 0 to 255 each."""

COLOURS: dict[str, Colour] = {
    "black": (0, 0, 0, 255),
    "blue": (0, 0, 255, 255),
    "cyan": (0, 255, 255, 255),
    "darkGray": (64, 64, 64, 255),
    "gray": (128, 128, 128, 255),
    "green": (0, 255, 0, 255),
    "lightGray": (192, 192, 192, 255),
    "magenta": (255, 0, 255, 255),
    "orange": (255, 200, 0, 255),
    "pink": (255, 175, 175, 255),
    "red": (255, 0, 0, 255),
    "white": (255, 255, 255, 255),
    "yellow": (255, 255, 0, 255),
}
"""Names of colours; the values are those of the library that the names come from."""

_BY_LOWER_NAME = {name.lower(): colour for name, colour in COLOURS.items()}
_HEXADECIMAL = re.compile(r"(?:0x|#)([0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)
_SHORT = re.compile(r"#([0-9a-f]{3})", re.IGNORECASE)


class Options:
    """The options of one call of a filter.

    Args:
        name: of the filter, for errors.
        given: by the script; what is None or an empty text is not given.
    """

    def __init__(self, name: str, given: Mapping[str, Any]) -> None:
        self._name = name
        self._given = given

    def number(self, name: str, default: float, least: float, most: float) -> float:
        """Return a number.

        Raises:
            PictureError: it is none, or out of its range.
        """
        value = self._value(name, default)
        allowed = f"a number from {least:g} to {most:g}"
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise self._bad(name, value, allowed)
        try:
            number = float(value)
        except ValueError:
            raise self._bad(name, value, allowed) from None
        if not (math.isfinite(number) and least <= number <= most):
            raise self._bad(name, value, allowed)
        return number

    def integer(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number; a fraction is dropped.

        Raises:
            PictureError: it is none, or out of its range.
        """
        return int(self.number(name, default, least, most))

    def text(self, name: str) -> str:
        """Return a text; an empty one where none is given.

        Raises:
            PictureError: it is none.
        """
        value = self._value(name, "")
        if not isinstance(value, str):
            raise self._bad(name, value, "a text")
        return value

    def colour(self, name: str, default: str) -> Colour:
        """Return a colour.

        Raises:
            PictureError: it is none.
        """
        value = self._value(name, default)
        colour = colour_of(value)
        if colour is None:
            names = ", ".join(COLOURS)
            raise self._bad(name, value, f"0xRRGGBB, #RRGGBB, an ARGB integer, or one of {names}")
        return colour

    def _value(self, name: str, default: Any) -> Any:
        value = self._given.get(name)
        return default if value is None or value == "" else value

    def _bad(self, name: str, value: object, allowed: str) -> PictureError:
        return bad_option(f"option '{name}' of the filter {self._name}", value, allowed)


def bad_option(what: str, value: object, allowed: str) -> PictureError:
    """Return the error for a value that is not allowed.

    Args:
        what: is wrong.
        value: that was given.
        allowed: what would be accepted.
    """
    shown = ascii(value)[:80]
    return PictureError("ERR_FILTER_OPTION", f"{what}: {shown} is not allowed; expected {allowed}")


def colour_of(value: object) -> Colour | None:
    """Return the colour that a script means, or None if it is none.

    Args:
        value: an ARGB integer, which is opaque if its alpha is 0; ``'0xff0000'``; ``'#FF0000'``;
            or a name.
    """
    if isinstance(value, str):
        text = value.strip()
        match = _HEXADECIMAL.fullmatch(text)
        if match is not None:
            value = int(match[1], 16)
        elif (match := _SHORT.fullmatch(text)) is not None:
            value = int("".join(digit * 2 for digit in match[1]), 16)
        else:
            return _BY_LOWER_NAME.get(text.lower())
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    number = int(value)
    if not -(2**31) <= number < 2**32:
        return None
    red, green, blue = (number >> 16) & 255, (number >> 8) & 255, number & 255
    return red, green, blue, (number >> 24) & 255 or 255
