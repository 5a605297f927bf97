"""Which cases a user means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from ..errors import AccessorHostError
from .case import Case

__all__ = ["named_cases", "select_cases"]

NEAREST = 3
"""Names that an error proposes: a look at them is enough."""


def select_cases(
    modules: Sequence[str] | None = None,
    patterns: Sequence[str] | None = None,
    *,
    levels: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
) -> list[Case]:
    """Return cases, in the order of the reports.

    Args:
        modules: names, of which one must be the case's module; None takes all.
        patterns: names as a shell's patterns, of which one must match; None takes all.
        levels: levels, of which one must be the case's; None takes all.
        exclude: patterns of names that are left out all the same.

    Raises:
        AccessorHostError: a pattern matches no case at all, or no case is left.
    """
    from .cases import all_cases

    excluded = {case for pattern in exclude for case in named_cases(pattern)}
    wanted = None
    if patterns is not None:
        wanted = {case for pattern in patterns for case in named_cases(pattern)}
    found = [
        case
        for case in all_cases()
        if (modules is None or case.module in modules)
        and (wanted is None or case in wanted)
        and (levels is None or case.level in levels)
        and case not in excluded
    ]
    if not found:
        raise AccessorHostError("no case is left: each is of another module or level, or excluded")
    return found


def named_cases(pattern: str) -> list[Case]:
    """Return the cases whose names match a shell's pattern.

    Raises:
        AccessorHostError: there is none; the message has the nearest names.
    """
    from .cases import all_cases

    found = [case for case in all_cases() if fnmatchcase(case.id, pattern)]
    if not found:
        nearest = _nearest(pattern, [case.id for case in all_cases()])
        hint = f"; did you mean {', '.join(nearest)}?" if nearest else ""
        raise AccessorHostError(f"no case is called {pattern}{hint}")
    return found


def _nearest(pattern: str, names: Iterable[str]) -> list[str]:
    from difflib import get_close_matches

    names = list(names)
    # Half a name, or one without its subject, is the likeliest slip.
    part = pattern.strip("*?/")
    containing = [name for name in names if part and part in name]
    return (containing or get_close_matches(pattern, names, n=NEAREST))[:NEAREST]
