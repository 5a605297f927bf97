"""A callback that never ends is stopped in the middle, and everything else goes on."""

from __future__ import annotations

import pytest

from .conftest import Drive

# One engine shows it sooner.
pytestmark = pytest.mark.slow_with("dukpy")

LIMIT = 0.4

# What contains accessors, and code of accessors: `endless` says in which of their functions they
# never end.
PARTS = """
globalThis.forever = () => { for (;;); };
const part = (name, endless) => `
  exports.setup = function () { this.input('in'); this.output('out'); };
  exports.initialize = function () {
    var self = this;
    this.addInputHandler('in', function endlessHandler() {
      trace('${name}.in', self.get('in'));
      if ('${endless}' === 'handler') forever();
      self.send('out', self.get('in'));
    });
    this.addInputHandler('in', function () { trace('${name} second', self.get('in')); });
  };
  exports.fire = function () {
    if ('${endless}' !== 'fire' || this.wasEndless) return;
    this.wasEndless = true;
    forever();
  };
  exports.wrapup = function () {
    trace('${name} wrapup');
    if ('${endless}' === 'wrapup') forever();
  };
`;
const composite = (name, parts, more) => make(`function () {
  exports.setup = function () {
    this.input('in');
    for (const [name, code] of ${JSON.stringify(parts)}) {
      const one = this.instantiateFromCode(name, code);
      this.connect('in', one, 'in');
    }
  };
  exports.fire = function () { trace('${name} fire'); };
  exports.wrapup = function () { trace('${name} wrapup'); };
  ${more || ''}
}`, name);
"""


def test_the_rest_of_a_reaction_happens(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const inner = composite('x', [
          ['a', part('a')], ['b', part('b', 'handler')], ['c', part('c')], ['d', part('d', 'fire')]
        ]).code;
        const top = composite('top', [['first', part('first')], ['nested', inner],
          ['last', part('last')]]);
        top.initialize();
        top.provideInput('in', 1);
        setTimeout(() => {
          trace('later'); top.provideInput('in', 2); top.provideInput('in', 3);
        }, 1);
        """,
        callback_timeout=LIMIT,
    )
    handled = {
        name: [line for line in run.lines if line.startswith(f"{name} second")] for name in "abcd"
    }
    each = ["second 1", "second 2", "second 3"]
    for name in "acd":
        assert handled[name] == [f"{name} {text}" for text in each]
    # As one that throws: what comes after it is not called this time.
    assert handled["b"] == ["b second 2", "b second 3"]
    before = run.lines[: run.lines.index("later")]
    assert {"a second 1", "c second 1", "d second 1", "last second 1"} <= set(before)
    assert run.lines.count("b.in 1") == 1
    assert "b.in 2" not in run.lines
    assert [line for line in run.lines if line.startswith("last second")] == [
        "last second 1",
        "last second 2",
        "last second 3",
    ]
    assert "a handler of input 'in' of accessor 'top.nested.b', endlessHandler (" in run.stderr
    assert "fire() of accessor 'top.nested.d'" in run.stderr
    assert run.exit_code == 1


def test_timers_go_on_and_the_endless_one_does_not(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const a = make(function () {
          exports.setup = function () {};
          exports.initialize = function () {
            var self = this, ticks = 0;
            setTimeout(function () { trace('before'); }, 2, 'L');
            setInterval(function () { trace('endless interval'); forever(); }, 2, 'L');
            setTimeout(function () { trace('after', currentTime('L') === currentTime()); }, 2, 'L');
            var handle = setInterval(function () {
              if (++ticks === 3) { trace('three ticks'); clearInterval(handle); }
            }, 2, 'M');
            setTimeout(function () { trace('endless zero'); forever(); }, 0);
            setTimeout(function () { trace('next zero'); }, 0);
          };
        });
        a.initialize();
        """,
        callback_timeout=LIMIT,
    )
    assert run.lines[:2] == ["endless zero", "next zero"]
    assert sorted(run.lines[2:]) == sorted(
        ["before", "endless interval", "after true", "three ticks"]
    )
    assert "a 0 ms timeout of accessor 'top'" in run.stderr
    assert "a 2 ms interval of accessor 'top'" in run.stderr
    assert run.stderr.count("was stopped") == 2


def test_wrapups_go_on_after_one_that_never_ends(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const inner = composite('x', [['a', part('a')], ['b', part('b', 'wrapup')],
          ['c', part('c')]]).code;
        const top = composite('top', [['nested', inner], ['last', part('last')]]);
        top.on('wrapupEnd', () => trace('end', top.initialized));
        top.initialize();
        top.stop();
        """,
        callback_timeout=LIMIT,
    )
    wrapups = ["a wrapup", "b wrapup", "c wrapup", "x wrapup", "last wrapup", "top wrapup"]
    assert run.lines == [*wrapups, "end false"]
    assert "wrapup() of accessor 'top.nested.b'" in run.stderr
    assert run.exit_code == 1


def test_all_accessors_are_stopped_although_one_never_ends(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        for (const name of ['one', 'two', 'three']) {
          composite(name, [['a', part(name + '.a', name === 'one' ? 'wrapup' : '')]]).initialize();
        }
        setTimeout(() => stopAllAccessors(), 1);
        """,
        callback_timeout=LIMIT,
    )
    wrapups = [line for line in run.lines if line.endswith(" wrapup")]
    assert sorted(wrapups) == sorted(
        f"{name}{part} wrapup" for name in ("one", "two", "three") for part in ("", ".a")
    )
    assert run.stderr.count("was stopped") == 1
