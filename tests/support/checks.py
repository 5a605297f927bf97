"""Assertions made inside a script: silent when all is well."""

from __future__ import annotations

from ..conftest import RunJs

PRELUDE = r"""
const shown = (value) => (typeof value === 'string' ? value : JSON.stringify(value, (key, item) => {
  if (item === undefined) return '<undefined>';
  if (typeof item === 'bigint') return item + 'n';
  return Object.is(item, -0) ? '<-0>' : item;
}));
function check(actual, expected) {
  if (shown(actual) !== shown(expected)) {
    console.log('got ' + shown(actual) + ' instead of ' + shown(expected));
  }
}
function thrown(action) {
  try {
    action();
  } catch (error) {
    return error.name + ' ' + error.code + ' ' + error.message;
  }
  return 'nothing';
}
"""


def passes(run_js: RunJs, script: str) -> None:
    """Run a script whose checks all hold; it prints nothing but `done`."""
    outcome = run_js(PRELUDE + script + "\nsetTimeout(() => console.log('done'), 5);")
    ended = (outcome.stdout, outcome.stderr, outcome.exit_code)
    assert ended == ("done\n", "", 0), outcome.stdout + outcome.stderr
