"""The ``dukpy`` engine: QuickJS-NG through the ``dukpy`` package, one evaluation for many turns.

One evaluation stays under way from turn to turn (:mod:`.evaluation` says why): its script asks
Python for the next turn, and waits there while the event loop goes on.

dukpy runs microtasks only when an evaluation ends. As soon as any script can make microtasks, each
event therefore gets an evaluation of its own, and "microtasks before the next event" holds here
too. Promises that a script hides from :file:`runtime/core/microtasks.js`, as
``globalThis['Pro' + 'mise']``, run only when the evaluation ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext
from math import inf
from pathlib import Path
from typing import Any

from dukpy import JSRuntimeError

from ...errors import EngineError
from ..last_resort import LAST_RESORT
from ..protocol import HEAP_FULL, RUNAWAY_MICROTASKS, Batch, Engine, EngineSettings, Event
from ..records import (
    flatten_events,
    make_operation,
    make_stopped_error,
    make_uncaught_error,
    read_operations,
)
from ..watchdog import Watchdog
from .evaluation import Evaluation
from .interpreter import Interpreter, is_unusable, write_json
from .time_limit import TIME_LIMIT, Stopped

__all__ = ["DukpyEngine", "create"]

_TURNS = "__accessorHostTurns()"

_START = Path(__file__).with_suffix(".js")


class DukpyEngine:
    """One dukpy interpreter."""

    name = "dukpy"

    def __init__(self, settings: EngineSettings) -> None:
        self._timeout = settings.callback_timeout
        if self._timeout is not None and not _in_main_thread():
            raise EngineError(
                "the dukpy engine can stop an endless callback only in the main thread; use the "
                "quickjs engine, or set callback_timeout=None"
            )
        self._watchdog = Watchdog(inf if self._timeout is None else self._timeout)
        self._turn: bytes | None = None
        self._events: Sequence[Event] = ()
        self._is_beginning = False
        self._batch = Batch()
        self._ended = False
        self._handled = 0
        self._running = ""
        self._microtasks = False
        self._interpreter = interpreter = Interpreter()
        self._evaluation = Evaluation(interpreter.evaljs, _TURNS)
        bootstrap = [settings.bootstrap]
        for name, function in (
            # Handed over once, and then nobody's.
            ("bootstrap", bootstrap.pop),
            ("turn", self._next_turn),
            ("call", settings.call_python),
        ):
            interpreter.export_function(name, function)
        bundle = settings.bundle.replace("*/", "*\x1d/")
        interpreter.evaljs(_START.read_text(encoding="utf-8").replace("BUNDLE", bundle))

    def dispatch(
        self, events: Sequence[Event], budget: float, *, may_call_python: bool = False
    ) -> Batch:
        self._batch = batch = Batch()
        # The signal turns into a JavaScript error when it comes between a script and a function
        # of Python's, and a script may swallow that for ever.
        watched = self._watchdog.watch("a callback", budget) if may_call_python else nullcontext()
        try:
            with watched:
                self._run(batch, events, budget)
        except EngineError as error:
            batch.failure = error
        # Texts may be large, and the next turn may be far.
        self._turn, self._events = None, ()
        return batch

    def _run(self, batch: Batch, events: Sequence[Event], budget: float) -> None:
        if not self._microtasks:
            batch.handled = self._take_turn(events, budget)
        end = time.monotonic() + budget
        while self._microtasks and batch.handled < len(events):
            one = events[batch.handled : batch.handled + 1]
            batch.handled += self._take_turn(one, budget)
            if time.monotonic() >= end:
                break
        if self._microtasks:
            # What the last microtasks asked for is still in JavaScript.
            self._take_turn((), budget)

    def _take_turn(self, events: Sequence[Event], budget: float) -> int:
        """Run events, with their microtasks if there may be some; return how many were run."""
        self._ended = False
        self._events = events
        try:
            # The limit must not hit an event that began shortly before the budget was spent.
            if self._timeout is not None:
                if events:
                    LAST_RESORT.name(events[0], self._timeout)
                TIME_LIMIT.begin(self._timeout + budget)
            try:
                self._evaluate(write_json([*flatten_events(events), int(budget * 1000)]))
                if self._microtasks:
                    self._end_evaluation()
            finally:
                TIME_LIMIT.end()
        except (Stopped, SystemError):
            # SystemError: the signal came between a script and Python, and the script went on.
            what = self._recover()
            self._batch.operations.append(make_stopped_error(what, self._timeout))
        except JSRuntimeError as exception:
            error = self._describe(str(exception))
            if not self._ended:
                what = self._recover()
                if TIME_LIMIT.has_interrupted:
                    # The signal came as the script was done, on the way to Python.
                    error = make_stopped_error(what, self._timeout)
            self._batch.operations.append(error)
        return self._handled

    def _recover(self) -> str:
        """Get the operations of a turn that was stopped in the middle, and say what ran."""
        try:
            self._evaluate(b"[null]")
            self._end_evaluation()
        except JSRuntimeError as exception:
            if is_unusable(exception):
                raise EngineError(RUNAWAY_MICROTASKS.format(self._timeout)) from None
            is_full = str(exception).startswith(("null", "InternalError: out of memory"))
            reason = HEAP_FULL if is_full else f"the engine cannot go on: {exception}"
            raise EngineError(reason) from None
        return self._running

    def _evaluate(self, turn: bytes) -> None:
        """Hand a turn to the evaluation that is under way, or to a new one, until it is done."""
        self._turn = turn
        if self._evaluation.is_under_way:
            self._evaluation.go_on()
        else:
            self._is_beginning = True
            self._evaluation.begin()

    def _end_evaluation(self) -> None:
        self._turn = None
        self._evaluation.go_on()

    def _next_turn(self, *done: Any) -> bytes | None:
        """Take what came of a turn, and return the next one once there is one; None is the end.

        The script of the evaluation asks this; others can only begin another such script, in vain.
        """
        if done:
            self._take(*done)
            self._evaluation.pause()
        elif not self._is_beginning:
            return None
        self._is_beginning = False
        return self._turn

    def _take(
        self, handled: int, records: str | None, texts: list[str], microtasks: bool, running: str
    ) -> None:
        self._handled = handled
        self._running = running
        self._microtasks = microtasks
        if isinstance(records, str):
            self._batch.operations += read_operations(
                records, self._events, lambda index, _length: texts[index]
            )
        self._ended = True

    def _describe(self, text: str) -> str:
        if not self._ended:
            return make_uncaught_error(text)
        message, _, stack = text.partition("\n")
        return make_operation("error", "Unhandled rejection:", message, stack.rstrip() or message)

    def close(self) -> None:
        if self._timeout is not None:
            TIME_LIMIT.begin(self._timeout)
        try:
            self._end_evaluation()
        except (Stopped, SystemError, JSRuntimeError):
            # Of microtasks that a script had hidden. Nobody listens any more.
            pass
        finally:
            TIME_LIMIT.end()
            TIME_LIMIT.cancel()
        self._watchdog.close()
        del self._interpreter, self._evaluation


def _in_main_thread() -> bool:
    # Signals reach only the main thread, and dukpy keeps the GIL, so that no thread can help.
    return threading.current_thread() is threading.main_thread()


def create(settings: EngineSettings) -> Engine:
    """Create the engine."""
    return DukpyEngine(settings)
