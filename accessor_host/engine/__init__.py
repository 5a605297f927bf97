"""JavaScript engines: one Protocol, several implementations, picked by name."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from ..errors import EngineError
from .packages import IMPORTS, REQUIREMENTS

if TYPE_CHECKING:
    from .protocol import Engine, EngineSettings

__all__ = ["ENGINES", "available_engines", "create_engine", "resolve_engine"]

ENGINES = ("auto", *IMPORTS)
"""Values that the ``engine`` option takes."""


def available_engines() -> list[str]:
    """List the engines whose Python package is installed, best first."""
    return [name for name in IMPORTS if _is_installed(name)]


def resolve_engine(name: str) -> str:
    """Turn the value of the ``engine`` option into the name of an installed engine.

    Args:
        name: ``"auto"``, ``"quickjs"`` or ``"dukpy"``.

    Raises:
        EngineError: the name is unknown, or its package is not installed.
    """
    if name == "auto":
        for engine in IMPORTS:
            if _is_installed(engine):
                return engine
        ways = " or ".join(f"pip install '{requirement}'" for requirement in REQUIREMENTS.values())
        raise EngineError(f"no JavaScript engine is installed; try: {ways}")
    if name not in IMPORTS:
        raise EngineError(f"unknown engine {name!r}; expected one of {', '.join(ENGINES)}")
    if not _is_installed(name):
        raise EngineError(
            f"engine {name!r} is not installed; try: pip install '{REQUIREMENTS[name]}'"
        )
    return name


def create_engine(name: str, settings: EngineSettings) -> Engine:
    """Create an engine with the runtime in it.

    Args:
        name: as for :func:`resolve_engine`.
        settings: limits, and what the engine is to run first.

    Raises:
        EngineError: the engine is unknown, not installed, or did not start.
    """
    module = import_module(f".{resolve_engine(name)}.engine", __name__)
    return cast("Engine", module.create(settings))


def _is_installed(name: str) -> bool:
    return find_spec(IMPORTS[name]) is not None
