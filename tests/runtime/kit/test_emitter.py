"""The kit's emitter, as modules use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ...conftest import RunJs
from ...support.modules import add_module


@pytest.fixture(autouse=True)
def emitter_in_scripts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let scripts require a module that uses nothing but the kit's emitter."""
    add_module(monkeypatch, tmp_path, "bell", "module.exports = require('kit/emitter');")


def test_it_needs_no_other_module_before_it(run_js: RunJs) -> None:
    outcome = run_js("""
        const { EventEmitter, emitOne } = require('@modules/bell');
        const bell = new EventEmitter();
        bell.on('ring', (times) => console.log('one', times));
        emitOne(bell, 'ring', 1);
        bell.on('ring', (times) => console.log('two', times));
        emitOne(bell, 'ring', 2);
        emitOne(bell, 'unheard', 3);
        console.log(EventEmitter === require('events'));
    """)
    assert (outcome.stdout, outcome.stderr) == ("one 1\none 2\ntwo 2\ntrue\n", "")


def test_an_emit_of_the_script_is_heard(run_js: RunJs) -> None:
    outcome = run_js("""
        const { EventEmitter, emitOne } = require('@modules/bell');
        const bell = new EventEmitter();
        bell.on('ring', () => console.log('rings'));
        bell.emit = (type, value) => console.log('spied', type, value);
        emitOne(bell, 'ring', 1);
    """)
    assert outcome.stdout == "spied ring 1\n"


def test_two_arguments(run_js: RunJs) -> None:
    outcome = run_js("""
        const { EventEmitter, emitTwo } = require('@modules/bell');
        const bell = new EventEmitter();
        bell.on('ring', function (...all) { console.log(this === bell, ...all); });
        emitTwo(bell, 'ring', 1, 'a');
        bell.on('ring', (...all) => console.log('two', ...all));
        emitTwo(bell, 'ring', 2, 'b');
        emitTwo(bell, 'unheard', 3, 'c');
        bell.emit = (...all) => console.log('spied', ...all);
        emitTwo(bell, 'ring', 4, 'd');
    """)
    assert outcome.stdout.splitlines() == [
        "true 1 a",
        "true 2 b",
        "two 2 b",
        "spied ring 4 d",
    ]
