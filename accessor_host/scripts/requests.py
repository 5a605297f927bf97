"""The requests of a script to its host, read off its text.

An engine under a time limit may be unable to ask Python for a file, so the files whose names stand
in a script as literal strings are handed over beforehand. Inline code, which the composites of the
library carry percent-encoded in ``unescape('…')``, is read as well.
"""

import re
from typing import NamedTuple

__all__ = ["Requests", "read_requests"]

_MAX_NESTING = 3
"""How deep inline code may be encoded in inline code; what is deeper has to ask."""

_STRING = r"""(?:'([^'\\\n]+)'|"([^"\\\n]+)")"""
_ANY_REQUIRE = r"\brequire\b"
_LITERAL_REQUIRE = rf"\brequire\s*\(\s*{_STRING}\s*\)"

_OF_CLASSES = ("instantiate", "extend", "implement", "reify")
_ANY_CLASS = r"\binstantiate(?:TopLevel)?\s*\(|\.(?:extend|implement|reify)\s*\("
_LITERAL_INSTANTIATE = rf"\binstantiate(?:TopLevel)?\s*\([^,;{{}}]*,\s*{_STRING}\s*[,)]"
_LITERAL_LEVEL = rf"\.(?:extend|implement|reify)\s*\(\s*{_STRING}\s*\)"

_WAITING = ("getResource", "readURL", "httpRequest", "getAccessorCode")
_WAITS = rf"\b(?:{'|'.join(_WAITING)})\s*\("


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


def read_requests(source: str) -> Requests:
    """Find what a script asks for.

    Args:
        source: the JavaScript text.
    """
    text = _decoded(source)
    modules = _strings(_LITERAL_REQUIRE, text)
    requests = len(re.findall(_ANY_REQUIRE, text))
    classes: list[str] = []
    may_wait = False
    # To compile a pattern takes longer than to find out that it is not needed.
    if any(name in text for name in _OF_CLASSES):
        classes = _strings(_LITERAL_INSTANTIATE, text) + _strings(_LITERAL_LEVEL, text)
        may_wait = len(classes) < len(re.findall(_ANY_CLASS, text))
    if any(name in text for name in _WAITING):
        may_wait |= bool(re.search(_WAITS, text))
    return Requests(modules, len(modules) == requests, classes, may_wait)


def _strings(pattern: str, text: str) -> list[str]:
    return [one or other for one, other in re.findall(pattern, text)]


def _decoded(text: str) -> str:
    for _ in range(_MAX_NESTING):
        if "%" not in text:
            break
        # Imported late: hardly any script has inline code.
        from urllib.parse import unquote

        text = unquote(text)
    return text
