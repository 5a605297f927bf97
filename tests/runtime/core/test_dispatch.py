"""What the runtime gives modules to hand texts to Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from accessor_host.core.bundle import bootstrap, bundle
from accessor_host.engine import create_engine
from accessor_host.engine.protocol import HEAP_FULL, Batch, Engine, EngineSettings, Operation

RunModule = Callable[[str], list[Operation]]

RESULT = "return {\n    enterAll"
"""Where the bootstrap is done."""


@pytest.fixture
def run_module(engine: str) -> Iterator[RunModule]:
    """Run a script that has `host`, as modules have, and return what it wants done."""
    source = bootstrap()
    assert RESULT in source
    exposed = source.replace(RESULT, f"globalThis.host = host; {RESULT}")
    settings = EngineSettings(10.0, 2**27, bundle(), exposed, lambda _name, _text: "null")
    made = create_engine(engine, settings)

    def run(script: str) -> list[Operation]:
        file = json.dumps({"path": "/main.js", "directory": "/", "source": script})
        batch = made.dispatch([(0, "main", file)], 1.0)
        assert batch.failure is None
        return batch.operations

    yield run
    made.close()


@pytest.mark.parametrize("name", ["send", "Send", "Z", "web-socket.Send_2"])
def test_a_source_of_any_name_sends_texts(run_module: RunModule, name: str) -> None:
    long = "x" * 1000
    operations = run_module(f"""
        const source = new host.Source('{name}', -3);
        host.send(source, 'short', false);
        host.send(source, 'short', false);
        host.send(source, 'x'.repeat(1000), false);
    """)
    assert operations == [(f"{name} -3", text) for text in ("short", "short", long)]


@pytest.mark.parametrize(
    ("details", "message"),
    [
        ("'', 1", '"" cannot name a source; expected a letter, then'),
        ("'[send', 1", '"[send" cannot name a source'),
        ("'a b', 1", '"a b" cannot name a source'),
        (r"'a\x1eb', 1", r'"a\u001eb" cannot name a source'),
        (r"'a\n', 1", r'"a\n" cannot name a source'),
        ("7, 1", "7 cannot name a source"),
        ("'send', 'x'", "\"x\" is no target of 'send'; expected an integer"),
        ("'send', 1.5", "1.5 is no target of 'send'"),
    ],
)
def test_a_source_that_no_record_can_hold_is_refused(
    run_module: RunModule, details: str, message: str
) -> None:
    operations = run_module(f"""
        new host.Source('ok', 1);
        try {{ new host.Source({details}); }}
        catch (error) {{ host.operation('caught', error.name, error.message); }}
    """)
    name, kind, text = json.loads(str(operations[0]))
    assert (name, kind) == ("caught", "TypeError")
    assert text.startswith(message)


FULL = """
const all = [];
function fill() {
  for (let size = 1 << 20; size >= %(least)s; size >>= 1) {
    try { for (;;) all.push(new ArrayBuffer(size)); } catch {}
  }
  %(fails)s;
}
setTimeout(fill, 1);
setInterval(() => { all.length = 0; console.log('there is room'); }, 1);
setTimeout(fill, 1);
setTimeout(fill, 1);
"""

FAILS = {
    "of the engine": "all.push(new Array(1000000).fill(1))",
    "of the script": "throw new Error('mine')",
    "of the language": "null.property",
}


OWN = ("Error: mine", "TypeError")
"""What else may be told: there was room for that error, if not always for its message."""


@contextmanager
def small_heap(script: str) -> Iterator[Engine]:
    """Run a script with little memory."""
    settings = EngineSettings(10.0, 8 * 2**20, bundle(), bootstrap(), lambda _name, _text: "null")
    # Not with dukpy, whose engine damages its memory when its heap is full, at times.
    made = create_engine("quickjs", settings)
    try:
        file = json.dumps({"path": "/main.js", "directory": "/", "source": script})
        assert made.dispatch([(0, "main", file)], 1.0).failure is None
        yield made
    finally:
        made.close()


def check_told(batch: Batch) -> None:
    """Check that a full heap is told, or what was thrown on one, once and with its place."""
    assert batch.failure is None
    assert len(batch.operations) == 1
    kind, _, _, text = json.loads(str(batch.operations[0]))
    assert kind == "error"
    assert any(one in text for one in ("out of memory", *OWN)), text
    assert "fill (/main.js:3)" in text


@pytest.mark.parametrize("least", [1, 64, 256, 1024])
@pytest.mark.parametrize("fails", FAILS.values(), ids=FAILS.keys())
def test_room_is_held_for_saying_that_the_heap_is_full(fails: str, least: int) -> None:
    with small_heap(FULL % {"least": least, "fails": fails}) as made:
        for timer in (1, 3, 4):
            check_told(made.dispatch([(0, "timer", timer)], 1.0))
            # Once there is room, it is held again.
            assert "there is room" in str(made.dispatch([(0, "timer", 2)], 1.0).operations[0])


def test_a_heap_that_stays_full_ends_the_run() -> None:
    with small_heap(FULL % {"least": 1, "fails": FAILS["of the engine"]}) as made:
        check_told(made.dispatch([(0, "timer", 1)], 1.0))
        assert str(made.dispatch([(0, "timer", 3)], 1.0).failure) == HEAP_FULL
