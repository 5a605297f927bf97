"""dukpy: one evaluation for many turns, which waits in a greenlet in between."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
from dukpy import JSInterpreter
from greenlet import greenlet

from accessor_host.core.bundle import bootstrap, bundle
from accessor_host.engine.dukpy.engine import DukpyEngine
from accessor_host.engine.protocol import EngineSettings, Event, Operation

TICK = """
let count = 0;
function tick() { console.log(++count); setImmediate(tick); }
tick();
"""


def make_engine() -> DukpyEngine:
    return DukpyEngine(EngineSettings(10.0, 0, bundle(), bootstrap(), lambda _name, _text: "null"))


def main_event(source: str) -> Event:
    return (0, "main", json.dumps({"path": "/main.js", "directory": "/", "source": source}))


def printed(operations: list[Operation]) -> list[str]:
    details = [json.loads(one) for one in operations if isinstance(one, str)]
    return [text.strip() for name, *rest in details if name == "print" for text in rest[1:]]


def turn(engine: DukpyEngine, *events: Event) -> list[str]:
    batch = engine.dispatch(events, 0.05)
    assert batch.failure is None
    assert batch.handled == len(events)
    return printed(batch.operations)


@pytest.fixture
def evaluations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The evaluations that were begun."""
    begun: list[str] = []
    evaluate = JSInterpreter.evaljs

    def count(self: JSInterpreter, code: str, **values: object) -> object:
        begun.append(code)
        return evaluate(self, code, **values)

    monkeypatch.setattr(JSInterpreter, "evaljs", count)
    return begun


def test_turns_share_one_evaluation(evaluations: list[str]) -> None:
    engine = make_engine()
    evaluations.clear()
    assert turn(engine, main_event(TICK)) == ["1"]
    for number in range(2, 50):
        assert turn(engine, (0, "timer", number - 1)) == [str(number)]
    assert len(evaluations) == 1
    engine.close()


def test_with_microtasks_each_event_has_its_own(evaluations: list[str]) -> None:
    engine = make_engine()
    turn(engine, main_event("setImmediate(async () => { await null; console.log('done'); });"))
    evaluations.clear()
    assert turn(engine, (0, "timer", 1)) == ["done"]
    assert evaluations
    engine.close()


def test_microtasks_that_a_script_hides_are_run_when_others_can_be_expected() -> None:
    engine = make_engine()
    hidden = "const P = globalThis['Pro' + 'mise']; P.resolve()['th' + 'en'](() => console.log(1));"
    assert turn(engine, main_event(hidden)) == []
    assert turn(engine, (0, "function", "sleep", True)) == ["1"]
    engine.close()


def test_turns_may_come_from_any_greenlet() -> None:
    engine = make_engine()
    assert turn(engine, main_event(TICK)) == ["1"]
    results = [greenlet(turn).switch(engine, (0, "timer", number)) for number in (1, 2)]
    assert results == [["2"], ["3"]]
    assert turn(engine, (0, "timer", 3)) == ["4"]
    engine.close()


def test_engines_take_turns() -> None:
    engines = [make_engine() for _ in range(3)]
    for engine in engines:
        assert turn(engine, main_event(TICK)) == ["1"]
    for number in range(1, 4):
        for engine in engines:
            assert turn(engine, (0, "timer", number)) == [str(number + 1)]
    for engine in engines:
        engine.close()


def test_an_engine_that_is_closed_is_freed() -> None:
    engine = make_engine()
    turn(engine, main_event("console.log('hello')"))
    freed = weakref.ref(engine)
    engine.close()
    del engine
    gc.collect()
    assert freed() is None


def test_an_engine_that_is_not_closed_does_not_disturb_the_end_of_the_program() -> None:
    program = (
        f"from {__name__} import *\nengine = make_engine()\n"
        "print(turn(engine, main_event('console.log(1)')))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[3],
    )
    assert (ended.stdout, ended.stderr, ended.returncode) == ("['1']\n", "", 0)
