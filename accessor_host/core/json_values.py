"""Values on their way into the engine and out of it, as JSON texts."""

from __future__ import annotations

import json
from typing import Any

from ..errors import DecodingError, EncodingError

__all__ = ["from_json", "to_json"]


def to_json(value: object, what: str) -> str:
    """Write a value as JSON.

    Args:
        value: anything.
        what: what the value is, with its port and accessor, for the error.

    Raises:
        EncodingError: the value has no JSON form. NaN and the infinities have none.
    """
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise EncodingError(f"{what} has no JSON form: {error}") from None


def from_json(text: str, what: str) -> Any:
    """Read a value that the engine has written as JSON.

    Args:
        text: the JSON text.
        what: what the value is, for the error.

    Raises:
        DecodingError: the value is nested deeper than Python can read.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise DecodingError("ERR_NESTED_TOO_DEEP", f"{what} is nested too deeply") from None
