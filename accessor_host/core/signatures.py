"""Signatures of requests: how many details an operation or question has, and of which types.

They are read off the annotations of the function that serves the request, once. A check is then one
look into a set, whatever the signature.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from typing import Any, TypeAlias

__all__ = ["Signature", "signature_of"]

Signature: TypeAlias = "frozenset[tuple[type, ...]]"
"""The types of details that fit, one tuple for each combination."""

_NONE = type(None)

_ANYTHING = (bool, int, float, str, _NONE, list, dict)
"""The types of JSON values."""

_TYPES: dict[str, tuple[type, ...]] = {
    "Any": _ANYTHING,
    "None": (_NONE,),
    "bool": (bool,),
    "dict": (dict,),
    # JSON has one kind of numbers: 2 is as good as 2.5.
    "float": (float, int),
    "int": (int,),
    "list": (list,),
    "object": _ANYTHING,
    "str": (str,),
}

_VARIABLE = 0x04
"""Flag of code whose function takes any number of arguments (``inspect.CO_VARARGS``)."""

_PARAMETERS = re.compile(r"\[[^][]*\]")


def signature_of(function: Callable[..., Any]) -> Signature | None:
    """Return the types that the positional arguments of a function may have.

    A parameter without an annotation, or with one that is no type of JSON's, takes anything.

    Args:
        function: with positional parameters.

    Returns:
        None for a function that does not say how many it takes, such as a built-in one.
    """
    # Not by inspect, which takes longer to import than a script takes to start.
    bound = getattr(function, "__self__", None) is not None
    code = getattr(function, "__code__", None)
    if code is None or code.co_flags & _VARIABLE:
        return None
    annotations = getattr(function, "__annotations__", {})
    names = code.co_varnames[: code.co_argcount][1 if bound else 0 :]
    types = [types_of(annotations.get(name, "Any")) for name in names]
    required = len(types) - len(getattr(function, "__defaults__", None) or ())
    return frozenset(
        combination
        for count in range(required, len(types) + 1)
        for combination in product(*types[:count])
    )


def types_of(annotation: object) -> tuple[type, ...]:
    """Return the types of JSON values that an annotation means.

    Args:
        annotation: as it stands in ``__annotations__``, a text or a type.
    """
    text = annotation if isinstance(annotation, str) else _text_of(annotation)
    while (shorter := _PARAMETERS.sub("", text)) != text:
        text = shorter
    words = [word.strip().rpartition(".")[2] for word in text.split("|")]
    if not all(word in _TYPES for word in words):
        return _ANYTHING
    return tuple({kind: None for word in words for kind in _TYPES[word]})


def _text_of(annotation: object) -> str:
    plain = isinstance(annotation, type) and not hasattr(annotation, "__args__")
    return annotation.__name__ if plain and isinstance(annotation, type) else str(annotation)
