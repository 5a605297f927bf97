"""What a script asks for and cannot have: it is refused, and nothing else is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

import pytest

from accessor_host import EngineError
from accessor_host.core.refusals import MAX_LOGGED_NAMES, MAX_NAME_LENGTH, Refusals
from accessor_host.core.turns import Turns
from accessor_host.engine.protocol import Batch, Event, Operation
from accessor_host.engine.records import make_operation, read_operations


class Forger:
    """An engine whose scripts ask for whatever they like."""

    name = "forger"

    def __init__(self, operations: list[Operation]) -> None:
        self._operations = operations

    def dispatch(
        self, events: Sequence[Event], budget: float, *, may_call_python: bool = False
    ) -> Batch:
        """Take all events, and ask."""
        return Batch(handled=len(events), operations=self._operations)

    def close(self) -> None:
        """Do nothing."""


def apply(
    *operations: Operation, keep: Callable[[str], None] | None = None
) -> tuple[list[str], int, list[EngineError]]:
    """Apply operations; return what was kept by those named ``keep``, how many were refused, and
    failures of the engine."""
    kept: list[str] = []
    failures: list[EngineError] = []

    async def work() -> int:
        turns = Turns(
            Forger(list(operations)),
            asyncio.get_running_loop(),
            settled=lambda: None,
            failed=failures.append,
        )
        turns.operations = {"keep": keep or kept.append}
        turns.senders["send 1"] = keep or kept.append
        turns.post((0, "event"))
        await asyncio.sleep(0)
        return turns.refusals.count

    return kept, asyncio.run(work()), failures


@pytest.mark.parametrize(
    "forged",
    [
        make_operation("no.such.operation", "secret"),
        make_operation("keep"),
        make_operation("keep", "secret", "secret"),
        '[["keep"],"secret"]',
        "[]",
        "{}",
        "[" * 100_000,
        "no JSON: secret",
    ],
)
def test_an_operation_that_cannot_be_applied_is_refused_and_the_others_are_done(
    forged: str, caplog: pytest.LogCaptureFixture
) -> None:
    before, after = make_operation("keep", "before"), make_operation("keep", "after")
    kept, refused, failures = apply(before, forged, forged, after)
    assert (kept, refused, failures) == (["before", "after"], 2, [])
    assert len(caplog.records) == 1
    assert "is refused" in caplog.text
    assert "secret" not in caplog.text
    assert "Traceback" not in caplog.text


def test_a_sender_that_fails_does_not_keep_others_from_sending(
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[str] = []

    def take(text: str) -> None:
        seen.append(text)
        if text == "bad":
            raise TypeError(text)

    _, refused, failures = apply(("send 1", "bad"), ("send 1", "good"), keep=take)
    assert (seen, refused, failures) == (["bad", "good"], 1, [])
    assert "operation 'send' is refused: TypeError in test_refusals.py:" in caplog.text
    assert "bad" not in caplog.text


def test_a_reader_that_is_gone_still_ends_the_run() -> None:
    def take(_text: str) -> None:
        raise BrokenPipeError

    _, _, failures = apply(make_operation("keep", "text"), keep=take)
    assert [str(failure) for failure in failures] == ["the output was closed"]


def test_names_that_a_script_makes_up_do_not_fill_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refusals = Refusals()
    with caplog.at_level(logging.ERROR):
        for number in range(2 * MAX_LOGGED_NAMES):
            refusals.add(f"{number}\x1b[2J" + "x" * 1_000_000, KeyError(number))
    assert refusals.count == 2 * MAX_LOGGED_NAMES
    assert len(caplog.records) == MAX_LOGGED_NAMES + 1
    assert all(len(record.getMessage()) < 4 * MAX_NAME_LENGTH for record in caplog.records)
    assert "\x1b" not in caplog.text


@pytest.mark.parametrize("record", ["", "\x1d", "\x1dx send 1", "\x1b7 send 1", "\x1bx", "?"])
def test_a_record_that_cannot_be_read_is_refused_alone(record: str) -> None:
    def no_text(_index: int, _length: int) -> str:
        raise IndexError

    records = f'\x1e["keep","before"]\x1e{record}\x1e["keep","after"]'
    kept, refused, failures = apply(*read_operations(records, [(0, "event")], no_text))
    assert (kept, refused, failures) == (["before", "after"], 1, [])
