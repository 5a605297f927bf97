"""What the host needs of a JavaScript engine.

An engine owns one JavaScript context. The host hands it batches of events; the engine runs each
event to its end, with its microtasks, before the next, and gives back the operations that the
scripts asked for. Two packages implement this: :mod:`.dukpy` and :mod:`.quickjs`.

Five things keep what runs too long from running for ever:

=================  ===============================  ==============================================
what               where                            what it does
=================  ===============================  ==============================================
budget             :meth:`Engine.dispatch`          begins no further event of the batch
time limit         ``dukpy/time_limit.py``,         stops the JavaScript of one event, by a signal
                   ``quickjs/time_limit.py``        or the engine's interrupt; others go on
end of microtasks  :data:`RUNAWAY_MICROTASKS`       gives the engine up: promise callbacks make
                                                    ever more of themselves
watchdog           ``watchdog.py``                  ends the process, in a thread of Python's: a
                                                    call into the engine or into Python goes on
last resort        ``last_resort.py``               ends the process where no such thread can run,
                                                    as the engine keeps the GIL
=================  ===============================  ==============================================
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from ..errors import EngineError

__all__ = [
    "HEAP_FULL",
    "MAX_DETAILS",
    "RUNAWAY_MICROTASKS",
    "Batch",
    "Engine",
    "EngineSettings",
    "Event",
    "Operation",
    "Primitive",
    "PythonFunction",
]

Primitive: TypeAlias = str | int | float | bool | None

MAX_DETAILS = 3
"""Most details of an event."""

Event: TypeAlias = tuple[Primitive, ...]
"""Target, type and at most :data:`MAX_DETAILS` details; for a ``message`` exactly one, its payload.
Only what crosses into an engine unchanged."""

Operation: TypeAlias = str | tuple[str, str]
"""What a script wants done: a JSON array, its name and its details; or, for a text that is to be
sent, which is spared another encoding, the address of who sends it and the text. The same text
sent again is the same object."""

PythonFunction: TypeAlias = Callable[[str, str], str]
"""What scripts' code reaches in Python: ``(name, JSON text) -> JSON text``. It never raises."""

RUNAWAY_MICROTASKS = (
    "promise callbacks ran for longer than {:g} s without an end; the script cannot go on"
)
"""Error of an engine whose microtasks do not end."""

HEAP_FULL = "the engine cannot go on: its heap is full"
"""Error of an engine that has no room left, not even for an error."""


class EngineSettings:
    """Settings of an engine.

    Args:
        callback_timeout: seconds that one event may run, or ``None`` for no limit.
        memory_limit: bytes that the JavaScript heap may take. dukpy has 128 MiB, always.
        bundle: the runtime, modules and schemas as one text (:mod:`accessor_host.core.bundle`).
        bootstrap: the script that builds the runtime.
        call_python: the function behind ``host.callPython``.
    """

    def __init__(
        self,
        callback_timeout: float | None,
        memory_limit: int,
        bundle: str,
        bootstrap: str,
        call_python: PythonFunction,
    ) -> None:
        self.callback_timeout = callback_timeout
        self.memory_limit = memory_limit
        self.bundle = bundle
        self.bootstrap = bootstrap
        self.call_python = call_python


class Batch:
    """What came of a batch of events.

    Args:
        handled: how many events were run, from the front; the rest is to be tried again.
        operations: what the scripts want done, in order.
        failure: why the engine can no longer be used, if it cannot.
    """

    __slots__ = ("failure", "handled", "operations")

    def __init__(
        self,
        handled: int = 0,
        operations: list[Operation] | None = None,
        failure: EngineError | None = None,
    ) -> None:
        self.handled = handled
        self.operations = [] if operations is None else operations
        self.failure = failure


class Engine(Protocol):
    """One JavaScript context."""

    name: str
    """Name of the engine, as the ``engine`` option takes it."""

    def dispatch(
        self, events: Sequence[Event], budget: float, *, may_call_python: bool = False
    ) -> Batch:
        """Run events one after another until all are done or the budget is spent.

        An error in an event is one of the operations; it does not keep others from running.

        Args:
            events: the events, at least one.
            budget: seconds after which no further event is begun.
            may_call_python: whether the events may call Python in the middle. An engine may
                refuse it otherwise; and it may not be able to stop an endless callback then, so
                that a watchdog ends the process.
        """

    def close(self) -> None:
        """Free the context; the engine is not used again."""
