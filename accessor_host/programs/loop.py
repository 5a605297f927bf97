"""The event loop of a program."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from typing import Any, TextIO

from ..errors import AccessorHostError
from .exit_codes import BAD_USAGE, after_signal

__all__ = ["LOOPS", "loop_factory", "run_in_loop"]

LOOPS = ("auto", "asyncio", "uvloop")
"""Values that the ``loop`` option takes."""


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes an event loop, or ``None`` for asyncio's own.

    Args:
        name: ``"auto"`` (uvloop where it is installed), ``"asyncio"`` or ``"uvloop"``.

    Raises:
        AccessorHostError: the name is unknown, or uvloop is not installed.
    """
    if name not in LOOPS:
        raise AccessorHostError(f"unknown loop {name!r}; expected one of {', '.join(LOOPS)}")
    installed = find_spec("uvloop") is not None
    if name == "asyncio" or (name == "auto" and not installed):
        return None
    if not installed:
        raise AccessorHostError("loop 'uvloop' is not installed; try: pip install uvloop")
    import uvloop

    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def run_in_loop(loop: str, main: Callable[[], Coroutine[Any, Any, int]], errors: TextIO) -> int:
    """Run a program in an event loop of its own.

    Args:
        loop: as for :func:`loop_factory`.
        main: the program, which returns its exit code.
        errors: where it is reported that the program cannot run.

    Returns:
        The exit code: 2 for bad usage, 130 after Ctrl-C where the program does not catch it.
    """
    try:
        with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
            # Not runner.run(): it catches Ctrl-C with a function of the program's task, which
            # signal.signal() then describes at length, for an error that nobody sees.
            return runner.get_loop().run_until_complete(main())
    except KeyboardInterrupt:
        # Before the program is under way, or when it has just ended.
        return after_signal(signal.SIGINT)
    except AccessorHostError as error:
        errors.write(f"accessor-host: {error}\n")
        return BAD_USAGE
