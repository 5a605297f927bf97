"""What a script will ask the host for, read off its text.

An engine under a time limit cannot ask Python for a file, so the files whose names stand in a
script as literal strings are handed over beforehand. Inline code, which the composites of the
library carry percent-encoded in ``unescape('…')``, is read as well.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Requests", "scan"]

_MAX_NESTING = 3
"""How deep inline code may be encoded in inline code; what is deeper has to ask."""

_STRING = r"""(?:'([^'\\\n]+)'|"([^"\\\n]+)")"""
_ANY_REQUIRE = re.compile(r"\brequire\b")
_LITERAL_REQUIRE = re.compile(rf"\brequire\s*\(\s*{_STRING}\s*\)")

_ANY_CLASS = re.compile(r"\binstantiate(?:TopLevel)?\s*\(|\.(?:extend|implement|reify)\s*\(")
_LITERAL_INSTANTIATE = re.compile(rf"\binstantiate(?:TopLevel)?\s*\([^,;{{}}]*,\s*{_STRING}\s*[,)]")
_LITERAL_LEVEL = re.compile(rf"\.(?:extend|implement|reify)\s*\(\s*{_STRING}\s*\)")

_WAITS = re.compile(r"\b(?:getResource|readURL|httpRequest|getAccessorCode)\s*\(")


class Requests(NamedTuple):
    """What a script asks for."""

    modules: list[str]
    """Literal arguments of ``require``."""
    all_modules_known: bool
    """Whether every use of ``require`` has a literal argument."""
    classes: list[str]
    """Literal names of accessor classes."""
    may_wait: bool
    """Whether the script may ask Python, beside ``require``, for what is not known beforehand."""


def scan(source: str) -> Requests:
    """Find what a script asks for.

    Args:
        source: the JavaScript text.
    """
    text = _decoded(source)
    modules = _strings(_LITERAL_REQUIRE, text)
    classes = _strings(_LITERAL_INSTANTIATE, text) + _strings(_LITERAL_LEVEL, text)
    return Requests(
        modules=modules,
        all_modules_known=len(modules) == len(_ANY_REQUIRE.findall(text)),
        classes=classes,
        may_wait=len(classes) < len(_ANY_CLASS.findall(text)) or bool(_WAITS.search(text)),
    )


def _strings(pattern: re.Pattern[str], text: str) -> list[str]:
    return [one or other for one, other in pattern.findall(text)]


def _decoded(text: str) -> str:
    for _ in range(_MAX_NESTING):
        if "%" not in text:
            break
        # Imported late: hardly any script has inline code.
        from urllib.parse import unquote

        text = unquote(text)
    return text
