"""What accessors do again and again takes no more and no more memory."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from accessor_host import Host
from accessor_host.scripts.files import script_from_text

from .conftest import DEADLINE, PRELUDE

pytestmark = pytest.mark.slow

# Each is one round, which does one thing many times with nothing left over, and calls `done` in the
# end. `SETUP` is what the rounds share.
WORK = {
    "timers that are set and cleared": (
        # One that stays, and is due before all others.
        "const a = plain(); a.initialize(); a.setTimeoutDeterministic(() => {}, 1e5);",
        """
        for (let i = 0; i < 300; i++) {
          const label = rounds + ' ' + i;
          a.clearTimeoutDeterministic(a.setTimeoutDeterministic(() => {}, 1e6, label));
          a.clearIntervalDeterministic(a.setIntervalDeterministic(() => {}, 1e6 + i));
          a.clearTimeoutDeterministic(a.setTimeoutDeterministic(() => {}, 0));
        }
        setTimeout(done, 0);
        """,
    ),
    "timers that run": (
        # The long one keeps the logical clock, so that nothing has to wait.
        "const a = plain(); a.initialize(); a.setTimeoutDeterministic(() => {}, 1e6, 'L');",
        """
        let left = 500;
        const next = () => {
          if (--left === 0) done();
          else if (left % 2) a.setTimeoutDeterministic(next, 0);
          else a.setTimeoutDeterministic(next, 0.001, 'L');
        };
        next();
        """,
    ),
    "an endless chain without delay": (
        "const a = plain(); a.initialize(); let more = null;"
        "a.addInputHandler('x', () => { if (more) more(); });",
        """
        let left = 200;
        more = () => {
          if (--left === 0) done();
          // In the same round of zero delays, which never ends before all is done.
          a.send('x', new Array(50).fill(left));
        };
        if (!started) { started = true; more(); }
        """,
    ),
    "handlers and listeners that come and go": (
        "const a = plain();",
        """
        for (let i = 0; i < 100; i++) {
          a.removeInputHandler(a.addInputHandler('x', () => {}, new Array(10)));
          a.removeInputHandler(a.addInputHandler(() => {}));
          a.provideInput('x', 1); a.provideInput('x', 2); a.react();
          const listener = () => {};
          a.on('output', listener); a.removeListener('output', listener);
        }
        setTimeout(done, 0);
        """,
    ),
    "mutables that are reified": (
        "const m = plain(); m.mutable(true); m.initialize();",
        """
        for (let i = 0; i < 10; i++) {
          m.reify('Part');
          m.reifyingAccessor.initialize();
          m.provideInput('x', i);
          m.react();
        }
        m.unreify();
        setTimeout(done, 0);
        """,
    ),
    "lives": (
        "const top = plain(); top.connect('x', top.instantiate('part', 'Part'), 'x');",
        """
        for (let i = 0; i < 20; i++) {
          top.startMonitoring(true);
          top.initialize();
          top.provideInput('x', 1); top.provideInput('x', 2);
          if (i % 2) top.react();
          top.stopAt(1e6);
          top.wrapup();
        }
        setTimeout(done, 0);
        """,
    ),
}

PART = """
exports.setup = function () { this.input('x'); this.output('y'); };
exports.initialize = function () {
  var self = this;
  this.addInputHandler('x', function () { self.send('y', self.get('x')); });
  setInterval(function () {}, 1e6);
  this.on('output', function () {});
};
"""

LIMIT = 4 * 1024 * 1024
"""Bytes of heap: a little more than the runtime needs itself."""

ROUNDS = 60

DRIVE = """
const plain = () => make(function () {
  exports.setup = function () { this.input('x'); this.output('y'); };
});
let rounds = 0, started = false;
SETUP
const round = () => { ROUND };
const done = () => {
  if (++rounds < ROUNDS) round();
  else { trace('done'); stopAllAccessors(); }
};
round();
"""


@pytest.mark.parametrize("work", WORK)
def test_memory_stays(work: str, tmp_path: Path) -> None:
    # Only quickjs has a limit to set; the scripts of the runtime are the same in both engines.
    (tmp_path / "Part.js").write_text(PART)
    setup, round_ = WORK[work]
    source = DRIVE.replace("SETUP", setup).replace("ROUNDS", str(ROUNDS)).replace("ROUND", round_)
    stdout, stderr = io.StringIO(), io.StringIO()

    async def main() -> None:
        async with Host(
            engine="quickjs",
            memory_limit=LIMIT,
            library=[tmp_path],
            stdout=stdout,
            stderr=stderr,
        ) as host:
            await host.accessors.ask("isAnyRunning")
            await host.run(PRELUDE)
            host.accessors.follow(script_from_text(source, "drive.js"))
            await host.run(source)
            await host.wait()

    asyncio.run(asyncio.wait_for(main(), DEADLINE))
    assert stderr.getvalue() == ""
    assert stdout.getvalue().splitlines()[0] == "done"
