"""Targets: what is fed bytes, and what may come of it.

Each module has a function ``run(data)``, which raises when something happens that is neither a
result nor an error that the documentation names, and ``SEEDS``, inputs to begin with.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NamedTuple

__all__ = ["Target", "find", "names"]


class Target(NamedTuple):
    """What is fed bytes.

    Args:
        name: of its module.
        what: what it tries, in one line.
        run: takes one input.
        seeds: inputs to begin with.
    """

    name: str
    what: str
    run: Callable[[bytes], None]
    seeds: Sequence[bytes]


def names() -> list[str]:
    """List the targets."""
    return [module.name for module in pkgutil.iter_modules(__path__)]


def find(name: str) -> Target:
    """Return a target.

    Args:
        name: one of :func:`names`.
    """
    module = import_module(f"{__name__}.{name}")
    what = (module.__doc__ or "").partition("\n")[0]
    return Target(name, what, module.run, module.SEEDS)
