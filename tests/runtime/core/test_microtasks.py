"""Microtasks: whatever else a script contains, its promises are seen, and run after their event."""

from __future__ import annotations

from pathlib import Path

import pytest

from ...conftest import RunJs

HIDDEN = "const p = globalThis['Pro' + 'mise'].resolve();"
"""A promise that no search finds."""


@pytest.mark.parametrize(
    "line",
    [
        """s.replace(/"/g, ''); p.then(f); q = '"'""",
        """s.replace(/'/g, ''); p.then(f); q = "'" """,
        "s.split(/[`]/); p.then(f); q = '`'",
        "s.split(/[/*]/); p.then(f); q = '*/'",
        "s.match(/\\//); p.then(f)",
        "q = `${'`'}`; p.then(f); q = `'`",
        "q = 1 / s.length; p.then(f); q = '/'",
    ],
)
def test_promises_are_seen_beside_quotes_and_slashes(run_js: RunJs, line: str) -> None:
    outcome = run_js(f"""
        let q; const s = ''; const f = () => console.log('ran'); {HIDDEN}
        setTimeout(() => {{ {line}; }}, 1);
        setTimeout(() => console.log('next'), 2);
    """)
    assert (outcome.stdout, outcome.stderr) == ("ran\nnext\n", "")


def test_a_script_that_replaces_methods_of_regular_expressions_hides_nothing(
    run_js: RunJs, tmp_path: Path
) -> None:
    (tmp_path / "later.js").write_text("""
        setTimeout(() => Promise.resolve().then(() => console.log('ran')), 1);
        setTimeout(() => console.log('next'), 2);
    """)
    outcome = run_js(f"""
        RegExp.prototype.test = () => false;
        RegExp.prototype.exec = () => null;
        require({str(tmp_path / "later")!r});
    """)
    assert outcome.stdout == "ran\nnext\n"
