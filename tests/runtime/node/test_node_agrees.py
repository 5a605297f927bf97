"""The built-in modules against Node itself: the same expressions, the same texts.

The expressions are in tests/vectors/node_expressions.txt. Left out are the places where this host
differs on purpose: `Map` iterators and proxies look different, promises hide their state, and the
largest buffer is the one of the engines.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ...conftest import RunJs

VECTORS = Path(__file__).parents[2] / "vectors" / "node_expressions.txt"
TIMEOUT = 60

COLLECT = """
const util = require('util');
const shown = [];
function show(make) {
  try {
    const value = make();
    shown.push(typeof value === 'string' ? value : 'not a text: ' + typeof value);
  } catch (error) {
    shown.push('threw ' + error.name + ' ' + error.code + ' ' + error.message);
  }
}
"""

ENGINE_TEXTS = re.compile(r"^threw (\w+) undefined .*", re.DOTALL)
"""What the engine itself throws: the class is fixed by the language, the words are not."""

CONSOLE = r"""
console.log('a', 1, { a: [1, { b: 2 }] }, Symbol('s'), 5n, -0, undefined, null);
console.log(); console.log('%s is %d%%', 'x', 5, 'more'); console.log('%c x', 'css');
console.group('g', 'h'); console.log('a\nb'); console.error('e\nf'); console.groupCollapsed();
console.log('x'); console.groupEnd(); console.groupEnd(); console.groupEnd(); console.log('y');
console.assert(false); console.assert(true, 'no'); console.assert(false, 'm %s', 1);
console.count(); console.count('x'); console.count(); console.countReset(); console.count(null);
console.dir({ a: { b: 1 } }, { depth: 0 }); console.dirxml({ a: 1 }, [2]); console.dir('text');
for (const data of [
  [1, 2], 5, 'x', [{ a: 1, b: 2 }, { b: 3, c: 'x' }], [[1, 2], [3, 4]], { r: { a: 1 }, s: {} },
  new Map([['a', 1], ['b', { x: 1 }]]), new Set([1, 'z']), ['ü漢', { k: [1, { z: {} }] }],
  [1, { a: 2 }], [], {}, null, undefined, new Uint8Array(2), [[]], [function f() {}],
  [{ 5: 1, a: 2, 1: 3 }], { a: 'x\ny' }, [{ a: { x: 1, y: 2, z: 3 } }], ['a\u0301', '\u{1f600}']
]) console.table(data);
console.table([{ a: 1, b: 2 }, 3], ['b']); console.table([{ a: 1 }], ['z', 'a']);
const { log, warn } = console; log('detached'); warn('too');
"""


def program(expressions: list[str]) -> str:
    calls = [
        f"show(() => ({text[1:]}));"
        if text.startswith("@")
        else f"show(() => util.inspect({text}));"
        for text in expressions
    ]
    return COLLECT + "\n".join(calls) + "\nconsole.log(JSON.stringify(shown));"


@pytest.fixture(scope="module")
def node() -> str:
    """The command that runs Node 20, which these modules follow."""
    command = shutil.which("node")
    if command is None:
        pytest.skip("node is not on PATH, so there is nothing to compare with")
    version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    if not version.stdout.startswith("v20."):
        pytest.skip(f"these modules follow Node 20; node is {version.stdout.strip()}")
    return command


def run_node(node: str, source: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "script.js"
    script.write_text(source, encoding="utf-8")
    return subprocess.run(
        [node, "--no-deprecation", str(script)],
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=TIMEOUT,
    )


def test_values_are_shown_alike(run_js: RunJs, node: str, tmp_path: Path) -> None:
    lines = VECTORS.read_text(encoding="utf-8").splitlines()
    expressions = [line for line in lines if line and not line.startswith(("# ", "## "))]
    source = program(expressions)
    ours = run_js(source)
    assert ours.stderr == ""
    theirs = run_node(node, source, tmp_path)
    compared = zip(expressions, json.loads(ours.stdout), json.loads(theirs.stdout), strict=True)
    differing = {
        expression: {"ours": our, "node": their}
        for expression, our, their in compared
        if ENGINE_TEXTS.sub(r"\1", our) != ENGINE_TEXTS.sub(r"\1", their)
    }
    assert differing == {}


def test_the_console_writes_alike(run_js: RunJs, node: str, tmp_path: Path) -> None:
    ours = run_js(CONSOLE)
    theirs = run_node(node, CONSOLE, tmp_path)
    assert ours.stdout == theirs.stdout
    assert ours.stderr == theirs.stderr
