"""The ``quickjs`` engine: QuickJS-NG through ``quickjs-ng``, one call for a batch of events."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import Any

import _quickjs

from ...errors import EngineError
from ..naming import name_events
from ..protocol import (
    HEAP_FULL,
    RUNAWAY_MICROTASKS,
    Batch,
    Engine,
    EngineSettings,
    Event,
    Operation,
)
from ..records import (
    APART,
    MALFORMED,
    count_utf16_units,
    flatten_events,
    has_half_pair,
    make_stopped_error,
    make_uncaught_error,
    read_operations,
)
from ..watchdog import Watchdog
from .native import open_native
from .rejections import HANDLED, REASON, REJECTED, track_rejections
from .time_limit import make_time_limit

__all__ = ["QuickJSEngine", "create"]

STACK_SIZE = 1024 * 1024
"""Bytes of stack for JavaScript: what dukpy has, and far below a thread's own."""

_JOBS_BETWEEN_CHECKS = 64

_TIME_IS_OVER = ""
"""Answer to a script that is to wait for its end; others are JSON."""

# The binding takes no half of a surrogate pair: it calls with undefined in its place, and fails
# afterwards. Values with one cross as JSON.

# The engine frees the GIL while JavaScript runs; one thread must own a context all the same.

_START = Path(__file__).with_suffix(".js")


class QuickJSEngine:
    """One QuickJS-NG context."""

    name = "quickjs"

    def __init__(self, settings: EngineSettings) -> None:
        timeout = settings.callback_timeout
        self._timeout = inf if timeout is None else timeout
        self._watchdog = Watchdog(self._timeout)
        self._context = context = _quickjs.Context()
        context.set_memory_limit(settings.memory_limit)
        context.set_max_stack_size(STACK_SIZE)
        self._call_python = settings.call_python
        context.add_callable("accessorHostCallPython", self._answer)
        start = context.eval(_START.read_text(encoding="utf-8"))
        bootstrap = context.eval(settings.bootstrap)
        next_part = start(bootstrap, settings.bundle, REJECTED, REASON, HANDLED)
        self._turn: Any = next_part()
        self._turn_with_json: Any = next_part()
        self._count_begun: Any = next_part()
        self._enter_watched: Any = next_part()
        self._enter_watched_with_json: Any = next_part()
        self._describe_running: Any = next_part()
        self._take: Any = next_part()
        self._text_at: Any = next_part()
        self._forget_texts: Any = next_part()
        self._report_rejections: Any = next_part()
        self._has_microtasks = False
        self._rejections_changed = False
        native = open_native(context)
        if native is not None:
            self._tracker = track_rejections(native, self._note_rejection)
        # What runs in JavaScript now: nothing while Python is called.
        self._running: Sequence[Event] = ()
        self._limit = make_time_limit(context, native, self._end_stuck)
        self._seconds = inf  # that one call may take

    def dispatch(
        self, events: Sequence[Event], budget: float, *, may_call_python: bool = False
    ) -> Batch:
        # It must not hit an event that began shortly before the budget was spent.
        self._seconds = self._timeout + budget
        try:
            if self._limit.holds_with_python:
                return self._run(events, budget)
            if may_call_python:
                self._seconds = inf
                with self._watchdog.watch("a callback", budget):
                    return self._run_watched(events, budget)
            # An event, and its microtasks.
            with self._watchdog.watch(name_events(events), self._timeout + budget):
                return self._run(events, budget)
        except _quickjs.JSException:
            # What scripts throw is reported; this is thrown where nothing but a full heap throws.
            return Batch(failure=EngineError(HEAP_FULL))
        finally:
            self._running = ()

    def _run(self, events: Sequence[Event], budget: float) -> Batch:
        batch = Batch()
        turn = self._turn
        now = time.monotonic()
        end = now + budget
        milliseconds = int(budget * 1000)
        while batch.handled < len(events):
            part = events
            if self._has_microtasks:
                # They come first: a call is over after each event.
                part = events[batch.handled : batch.handled + 1]
            # What is wanted; or that it is to be asked for: because there may be microtasks (true),
            # or because the time is over or an event was stopped.
            records: str | bool | None = False
            self._limit.set_deadline(now + self._seconds)
            # Not before: until then, the deadline may be that of an earlier turn.
            self._running = part
            try:
                values = flatten_events(part)
                # Messages have no half of a surrogate pair, and alone make two values each.
                if len(values) != 2 * len(part) and has_half_pair(values):
                    records = self._turn_with_json(json.dumps([milliseconds, *values]))
                else:
                    records = turn(milliseconds, *values)
            except _quickjs.JSException as error:
                self._report(error, batch, part)
            except UnicodeDecodeError:
                records = None
                batch.operations.append(MALFORMED)
            if is_early := isinstance(records, bool):
                batch.handled += int(self._count_begun())
                self._has_microtasks |= records
            else:
                batch.handled += len(part)
                if records is not None:
                    batch.operations += self._read_records(records, part)
            if self._run_jobs(batch, part) or is_early:
                batch.operations += self._take_operations(part)
            now = time.monotonic()
            if records is False or batch.failure is not None or now >= end:
                break
        return batch

    def _run_watched(self, events: Sequence[Event], budget: float) -> Batch:
        batch = Batch()
        end = time.monotonic() + budget
        for event in events:
            batch.handled += 1
            self._renew_time_limit()
            try:
                if has_half_pair(event):
                    self._enter_watched_with_json(json.dumps(event))
                else:
                    self._enter_watched(*event)
            except _quickjs.JSException as error:
                self._report(error, batch, ())
            self._run_jobs(batch, ())
            if batch.failure is not None or time.monotonic() >= end:
                break
        batch.operations += self._take_operations(())
        return batch

    def _report(self, error: Exception, batch: Batch, part: Sequence[Event]) -> None:
        self._renew_time_limit()
        if str(error).startswith("null"):
            # Not even an error had room; the next event would do no better, and so on for ever.
            batch.failure = EngineError(HEAP_FULL)
            return
        batch.operations += self._take_operations(part)
        batch.operations.append(self._describe(error))

    def _take_operations(self, part: Sequence[Event]) -> list[Operation]:
        try:
            records = self._take()
        except UnicodeDecodeError:
            # The runtime writes no half surrogate pairs: a script got at the records.
            return [MALFORMED]
        return self._read_records(records, part) if records else []

    def _read_records(self, records: str, part: Sequence[Event]) -> list[Operation]:
        operations = read_operations(records, part, self._text)
        if APART in records:
            self._forget_texts()
        return operations

    def _text(self, index: int, length: int) -> str:
        text = self._text_at(index, False)
        if not isinstance(text, str):
            raise IndexError(index)
        if count_utf16_units(text) != length:
            text = str(json.loads(self._text_at(index, True)))
        return text

    def _run_jobs(self, batch: Batch, part: Sequence[Event]) -> bool:
        """Run all microtasks, and return whether there were any."""
        run_job = self._context.execute_pending_job
        count = 0
        began = 0.0
        try:
            self._renew_time_limit()
            while run_job():
                # Each has a time limit of its own; all those of one event together have the same.
                self._renew_time_limit()
                if count == 0:
                    began = time.monotonic()
                count += 1
                if count % _JOBS_BETWEEN_CHECKS == 0 and time.monotonic() > began + self._timeout:
                    batch.failure = EngineError(RUNAWAY_MICROTASKS.format(self._timeout))
                    break
        except _quickjs.JSException as error:
            self._report(error, batch, part)
        if self._rejections_changed:
            self._rejections_changed = False
            self._report_rejections()
        return count > 0

    def _renew_time_limit(self) -> None:
        self._limit.set_deadline(time.monotonic() + self._seconds)

    def _describe(self, error: Exception) -> str:
        """Turn an error that no JavaScript could catch into an operation."""
        text = str(error)
        if text.startswith("InternalError: interrupted"):
            return make_stopped_error(self._name_running(), self._timeout)
        return make_uncaught_error(text)

    def _name_running(self) -> str:
        try:
            return str(self._describe_running())
        except UnicodeDecodeError:
            # A function can have any text as its name, half a surrogate pair too.
            return "a callback"

    def _note_rejection(self) -> None:
        self._rejections_changed = True

    def _answer(self, name: str, text: str) -> str:
        if name == "running":
            self._watchdog.what = json.loads(text)
            return "null"
        if not self._limit.holds_with_python:
            return self._call_python(name, text)
        # JavaScript is stopped, what it calls is not. Its name is for the message, its details may
        # be nobody's business.
        what = text[1:].partition(",")[0] if name == "call" else name
        running, self._running = self._running, ()
        with self._watchdog.watch(f"what a script asked of Python ({what})", 0):
            answer = self._call_python(name, text)
        self._running = running
        return _TIME_IS_OVER if self._limit.has_acted else answer

    def _end_stuck(self) -> None:
        """End the process: the engine was interrupted, and does not look whether it was."""
        if running := self._running:
            self._watchdog.what = name_events(running)
            self._watchdog.end_process()

    def close(self) -> None:
        self._limit.close()
        self._watchdog.close()
        # The parts hold the context; all must go for it to be freed.
        del self._turn, self._turn_with_json, self._count_begun, self._enter_watched
        del self._enter_watched_with_json, self._describe_running, self._take
        del self._text_at, self._forget_texts, self._report_rejections, self._context


def create(settings: EngineSettings) -> Engine:
    """Create the engine."""
    return QuickJSEngine(settings)
