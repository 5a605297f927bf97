"""The ``quickjs`` engine: QuickJS-NG through ``quickjs-ng``, one call for each event."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import _quickjs

from ..errors import EngineError
from .protocol import (
    APART,
    RUNAWAY_MICROTASKS,
    Batch,
    Engine,
    EngineSettings,
    Event,
    Record,
    record,
    split,
    stopped,
    units,
)
from .rejections import HANDLED, REASON, REJECTED, track_rejections
from .watchdog import name_watched, watch

__all__ = ["QuickJSEngine", "create"]

STACK_SIZE = 1024 * 1024
"""Bytes of stack for JavaScript: what dukpy has, and far below a thread's own."""

_JOBS_BETWEEN_CHECKS = 64

# The engine frees the GIL while JavaScript runs; one thread must own a context all the same.

_START = Path(__file__).with_suffix(".js")


class QuickJSEngine:
    """One QuickJS-NG context."""

    name = "quickjs"

    def __init__(self, settings: EngineSettings) -> None:
        self._timeout = settings.callback_timeout
        self._context = context = _quickjs.Context()
        context.set_memory_limit(settings.memory_limit)
        context.set_max_stack_size(STACK_SIZE)
        self._call_python = settings.call_python
        context.add_callable("accessorHostCallPython", self._answer)
        start = context.eval(_START.read_text(encoding="utf-8"))
        bootstrap = context.eval(settings.bootstrap)
        next_part = start(bootstrap, settings.bundle, REJECTED, REASON, HANDLED)
        self._enter: Any = next_part()
        self._enter_watched: Any = next_part()
        self._describe_running: Any = next_part()
        self._take: Any = next_part()
        self._text_at: Any = next_part()
        self._forget_texts: Any = next_part()
        self._report_rejections: Any = next_part()
        self._rejections_changed = False
        self._tracker = track_rejections(context, self._note_rejection)

    def dispatch(
        self, events: Sequence[Event], budget: float, *, may_call_python: bool = False
    ) -> Batch:
        timeout = self._timeout
        limited = timeout is not None and not may_call_python
        self._context.set_time_limit(timeout if limited else -1)
        end = time.monotonic() + budget
        if limited or timeout is None:
            return self._run(events, end, self._enter)
        with watch(timeout, budget):
            return self._run(events, end, self._enter_watched)

    def _run(self, events: Sequence[Event], end: float, enter: Any) -> Batch:
        batch = Batch()
        now = time.monotonic
        handled = 0
        for event in events:
            handled += 1
            try:
                # Looking for microtasks costs as much as a small callback, so that it is done
                # where there may be some, and for safety once in a batch.
                if enter(*event) or handled == len(events):
                    self._run_jobs()
            except _quickjs.JSException as error:
                batch.operations += self._take_operations()
                batch.operations.append(self._describe(error))
            except EngineError as error:
                batch.failure = error
                break
            if self._rejections_changed:
                self._rejections_changed = False
                self._report_rejections()
            if now() >= end:
                break
        batch.handled = handled
        batch.operations += self._take_operations()
        return batch

    def _take_operations(self) -> list[Record]:
        records = self._take()
        if records is None:
            return []
        if APART not in records:
            return split(records)
        operations = split(records, self._text)
        self._forget_texts()
        return operations

    def _text(self, index: int, length: int) -> str:
        text: str = self._text_at(index, False)
        if units(text) != length:
            text = json.loads(self._text_at(index, True))
        return text

    def _run_jobs(self) -> None:
        # Each job has a time limit of its own; all jobs of one event together have the same.
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        run_job = self._context.execute_pending_job
        while True:
            for _ in range(_JOBS_BETWEEN_CHECKS):
                if not run_job():
                    return
            if deadline is not None and time.monotonic() > deadline:
                raise EngineError(RUNAWAY_MICROTASKS.format(self._timeout))

    def _describe(self, error: Exception) -> Record:
        """Turn an error that no JavaScript could catch into an operation."""
        text = str(error)
        message = text.partition("\n")[0]
        if message == "InternalError: interrupted":
            return stopped(self._describe_running(), self._timeout)
        return record("error", "Uncaught", message, text)

    def _note_rejection(self) -> None:
        self._rejections_changed = True

    def _answer(self, name: str, text: str) -> str:
        if name == "running":
            name_watched(json.loads(text))
            return "null"
        return self._call_python(name, text)

    def close(self) -> None:
        # The parts hold the context; all must go for it to be freed.
        del self._enter, self._enter_watched, self._describe_running, self._take
        del self._text_at, self._forget_texts, self._report_rejections, self._context


def create(settings: EngineSettings) -> Engine:
    """Create the engine."""
    return QuickJSEngine(settings)
