"""Checklist 23 to 27 and the golden run of section 5: deterministic timers."""

from __future__ import annotations

import pytest

from .conftest import Drive

# Runs a script's body as the `initialize` of an accessor, which `stop` ends.
RUN = """
const run = (body, name) => {
  const a = make(`function () {
    exports.setup = function () { this.input('x'); };
    exports.initialize = function () { var self = this; ${textOf(body)} };
  }`, name);
  a.initialize();
  return a;
};
// Lets the clock go on, without anything else running.
globalThis.busy = (ms) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};
"""

GOLDEN_RUN = [
    ("C", 1200),
    ("O", 1500),
    ("A", 2000),
    ("C", 2400),
    ("C", 3600),
    ("A", 4000),
    ("B", 4000),
    ("C", 4800),
    ("A", 6000),
    ("C", 6000),
    ("C", 7200),
    ("A", 8000),
    ("B", 8000),
    ("C", 8400),
    ("C", 9600),
    ("A", 10000),
    ("C", 10800),
    ("A", 12000),
    ("B", 12000),
    ("C", 12000),
]


def test_23_zero_delays_run_in_order_and_before_every_other_timer(drive: Drive) -> None:
    run = drive(
        RUN
        + """
        run(function () {
          setTimeout(function () { trace('1 ms'); }, 1);
          busy(3);
          setTimeout(function () {
            trace('zero 1');
            setTimeout(function () {
              trace('zero 4');
              setTimeout(function () { trace('zero 5'); }, 0);
            }, 0);
          }, 0);
          setTimeout(function () { trace('zero 2'); }, 0, undefined, 5);
          setTimeout(function () { trace('zero 3'); }, 0, undefined, 1);
          setTimeout(function () { trace('label'); }, 0, 'label');
          setTimeout(function () { trace('undefined'); });
          setTimeout(function () { trace('negative'); }, -5);
          setTimeout(function () { trace('NaN'); }, 'x');
          trace('initialized');
        });
        """
    )
    assert run.lines[:9] == [
        "initialized",
        "zero 1",
        "zero 2",
        "zero 3",
        "undefined",
        "negative",
        "NaN",
        "zero 4",
        "zero 5",
    ]
    assert sorted(run.lines[9:]) == ["1 ms", "label"]


def test_23_an_endless_chain_without_delay_lets_the_host_go_on(drive: Drive) -> None:
    # Deterministic timers have to wait for its end, sockets and plain timers must not.
    run = drive(
        RUN
        + """
        const a = run(function () {
          self.addInputHandler('x', function () { self.send('x', self.get('x') + 1); });
          setTimeout(function () { trace('never'); }, 1);
          self.send('x', 1);
        });
        let ticks = 0;
        const handle = setInterval(() => {
          if (++ticks < 3) return;
          trace('three ticks');
          clearInterval(handle);
          a.wrapup();
        }, 2);
        """
    )
    assert run.lines == ["three ticks"]


def test_24_the_golden_run_of_labelled_timers(drive: Drive) -> None:
    # Section 5, with its periods divided by 40.
    run = drive(
        RUN
        + """
        run(function () {
          var label = 'SL', handles = [], logical;
          var tell = function (name) {
            return function () {
              if (logical === undefined) logical = currentTime('SL') - (name === 'C' ? 30 : NaN);
              trace(name, currentTime('SL') - logical, currentTime() - logical);
            };
          };
          handles.push(setInterval(tell('A'), 50, label), setInterval(tell('B'), 100, label));
          handles.push(setInterval(tell('C'), 30, label));
          setTimeout(tell('O'), 37.5, label);
          setTimeout(function () {
            handles.forEach(function (handle) { clearInterval(handle); trace('cleared'); });
          }, 300, 'end');
        });
        """
    )
    ticks = [f"{name} {time / 40:g} {time / 40:g}" for name, time in GOLDEN_RUN]
    assert run.lines == [*ticks, "cleared", "cleared", "cleared"]


def test_24_intervals_do_not_drift_and_catch_up(drive: Drive) -> None:
    run = drive(
        RUN
        + """
        run(function () {
          var n = 0, first, handle = setInterval(function () {
            first = first || currentTime();
            trace('tick', ++n, currentTime() - first);
            if (n === 2) { trace('sleep'); busy(45); trace('awake'); }
            if (n === 7) clearInterval(handle);
          }, 10);
        });
        """
    )
    ticks = [f"tick {n} {10 * (n - 1)}" for n in range(1, 8)]
    assert run.lines == [*ticks[:2], "sleep", "awake", *ticks[2:]]


def test_24_labelled_chains_are_exact_and_others_are_not(drive: Drive) -> None:
    run = drive(
        RUN
        + """
        run(function () {
          var start;
          setTimeout(function () {
            start = currentTime('L');
            busy(12);
            setTimeout(function () {
              trace('chained', currentTime('L') - start);
              // The one that runs keeps the clock, even when it is cleared.
              var handle = setInterval(function () {
                trace('interval', currentTime() - start);
                clearInterval(handle);
                busy(5);
                setTimeout(function () { trace('after it', currentTime() - start); }, 2, 'L');
              }, 3, 'L');
            }, 5, 'L');
            setTimeout(function () { trace('unlabelled', currentTime() - start >= 17); }, 5);
          }, 10, 'L');
        });
        """
    )
    assert sorted(run.lines) == sorted(
        ["chained 5", "interval 8", "after it 10", "unlabelled true"]
    )
    assert run.lines[0] == "chained 5"


def test_24_a_clock_ends_with_its_last_timer(drive: Drive) -> None:
    run = drive(
        RUN
        + """
        run(function () {
          var first, handle = setTimeout(function () {}, 1000, 'L');
          first = currentTime('L');
          clearTimeout(handle);
          busy(5);
          setTimeout(function () { trace(currentTime('L') - first >= 6); }, 1, 'L');
          setTimeout(function () {
            // Nobody has the label any more: this is the time at which this callback was due.
            trace(currentTime('L') === currentTime());
          }, 20);
        });
        """
    )
    assert run.lines == ["true", "true"]


def test_24_an_interval_needs_a_period(drive: Drive) -> None:
    run = drive(
        RUN
        + """
        run(function () {
          [0, -1, undefined, NaN, 'x'].forEach(function (period) {
            attempt(function () { return setInterval(function () {}, period); });
          });
          attempt(function () { return setTimeout('code', 5); });
          attempt(function () { return setTimeout(); });
        });
        """
    )
    start = "threw setInterval() of accessor 'top' needs a period above 0 ms; got "
    assert run.lines == [
        *(start + period for period in ("0", "-1", "undefined", "NaN", "x")),
        "threw the callback of a 5 ms timeout of accessor 'top' is not a function: 'code'",
        "threw the callback of a 0 ms timeout of accessor 'top' is not a function: undefined",
    ]


def test_24_order_of_what_is_due_together(drive: Drive) -> None:
    # Twenty times over: domains in order of creation, each with all its callbacks in a row; only
    # zero-delay callbacks come between.
    run = drive(
        RUN
        + """
        run(function () {
          var round = 0;
          function next() {
            if (round++ === 20) return;
            var line = [];
            var note = function (name) {
              return function () {
                line.push(name);
                setTimeout(function () { line.push('.'); }, 0);
              };
            };
            // All within one millisecond, or once more.
            for (;;) {
              var handles = [
                setTimeout(note('L1'), 2, 'L' + round), setTimeout(note('A'), 2),
                setTimeout(note('M1'), 2, 'M' + round), setTimeout(note('B'), 2),
                setTimeout(note('L2'), 2, 'L' + round), setTimeout(note('M2'), 2, 'M' + round),
                setTimeout(note('C'), 2), setTimeout(note('N1'), 2, 'N' + round)
              ];
              if (currentTime('L' + round) === currentTime('N' + round)) break;
              handles.forEach(clearTimeout);
            }
            setTimeout(function () { trace(line.join(' ')); next(); }, 3, 'N' + round);
          }
          next();
        });
        """,
    )
    assert run.lines == ["L1 . L2 . A . M1 . M2 . B . C . N1 ."] * 20


def test_25_priorities_order_callbacks_of_one_label(drive: Drive) -> None:
    run = drive(
        RUN
        + """
        const a = run(function () {
          var late = function (name, priority) {
            var callback = function () { trace(name, arguments.length, typeof this); };
            setTimeout(callback, 5, 'L', priority);
          };
          late('none'); late('seven', 7); late('text', '1'); late('three', 3); late('minus', -1);
          late('NaN', NaN); late('seven again', 7); late('null', null);
        });
        const top = make(function () { exports.setup = function () {}; }, 'composite');
        const code = (name) => `exports.setup = function () {};
          exports.initialize = function () {
            setTimeout(function () { trace('${name}'); }, 20, 'own', null);
          };`;
        const one = top.instantiateFromCode('one', code('one'));
        const two = top.instantiateFromCode('two', code('two'));
        top.initialize();
        // What it is when the timer is set.
        one.priority = 9;
        one.initialize(); two.initialize();
        """
    )
    assert run.lines[:8] == [
        "minus 0 object",
        "three 0 object",
        "seven 0 object",
        "seven again 0 object",
        "none 0 object",
        "text 0 object",
        "NaN 0 object",
        "null 0 object",
    ]
    assert run.lines[8:] == ["one", "two", "two", "one"]


def test_25_this_is_not_set(drive: Drive) -> None:
    run = drive(
        RUN
        + """
        run(function () {
          setTimeout(function () { 'use strict'; trace(this === undefined); }, 0);
          setTimeout(function () { 'use strict'; trace(this === undefined); }, 1);
        });
        """
    )
    assert run.lines == ["true", "true"]


def test_26_handles(drive: Drive) -> None:
    run = drive(
        RUN
        + """
        const a = run(function () {
          var never = function () { trace('never'); };
          var one = setTimeout(never, 1), two = setInterval(never, 1), zero = setTimeout(never, 0);
          trace([one, two, zero].every((id) => Number.isInteger(id) && id > 0), two > one);
          // Only its own kind.
          clearInterval(one); clearTimeout(two);
          trace(Object.keys(this.timers).length);
          [undefined, null, 'x', {}, NaN, 12345, -1].forEach(function (handle) {
            clearTimeout(handle); clearInterval(handle);
          });
          clearTimeout(String(one)); clearInterval(two); clearTimeout(zero); clearTimeout(zero);
          trace(Object.keys(this.timers).length);
          var id = setTimeout(function () { trace('last', id > two); clearTimeout(id); }, 1);
        });
        """
    )
    assert run.lines == ["true true", "3", "0", "last true"]


def test_26_a_timeout_of_an_accessor_becomes_a_promise(drive: Drive) -> None:
    run = drive(
        RUN
        + """
        const a = run(function () {
          require('util').promisify(setTimeout)(5, 'later').then(function (value) {
            trace(value, Object.keys(self.timers).length);
          });
          trace(Object.keys(this.timers).length, Object.keys(setTimeout).length);
        });
        """
    )
    assert run.lines == ["1 0", "later 0"]


def test_26_clearing_inside_a_callback(drive: Drive) -> None:
    run = drive(
        RUN
        + """
        run(function () {
          var handle = setInterval(function () { trace('once'); clearInterval(handle); }, 2, 'L');
          var other = setInterval(function () { trace('never'); }, 3);
          setTimeout(function () { clearInterval(other); trace('cleared'); }, 1, 'L');
          setTimeout(function () { trace('same time 1'); clearTimeout(second); }, 4, 'L');
          var second = setTimeout(function () { trace('never'); }, 4, 'L');
        });
        """
    )
    assert run.lines == ["cleared", "once", "same time 1"]


def test_26_clear_timers_leaves_reactions_alone(drive: Drive) -> None:
    run = drive(
        RUN
        + """
        const top = make(function () {
          exports.setup = function () { this.input('x'); };
          exports.initialize = function () {
            setTimeout(function () { trace('never'); }, 1);
            this.send('x', 1);
            this.clearTimers();
          };
          exports.fire = function () { trace('fire', this.get('x')); };
        });
        top.initialize();
        """
    )
    assert run.lines == ["fire 1"]


def test_27_an_exception_removes_the_timer_and_nothing_else(drive: Drive) -> None:
    run = drive(
        RUN
        + """
        run(function () {
          setInterval(function () { trace('bad'); throw new Error('in an interval'); }, 2, 'L');
          setTimeout(function () { trace('zero'); throw new Error('without delay'); }, 0);
          setTimeout(function () { trace('same time'); }, 2, 'L');
          setTimeout(function () { trace('later'); }, 9, 'L');
        });
        """
    )
    assert run.lines == ["zero", "bad", "same time", "later"]
    assert "Exception in a 0 ms timeout of accessor 'top': Error: without delay" in run.stderr
    assert "Exception in a 2 ms interval of accessor 'top': Error: in an interval" in run.stderr
    assert run.exit_code == 1


def test_24_the_ramp_has_its_fourth_value_before_the_end_20_times(drive: Drive) -> None:
    # As in the library's RampJSTest: the fourth tick and the whole chain of reactions to it come
    # before `stopAt` of the same time.
    run = drive(
        """
        const ramp = `
          exports.setup = function () { this.output('out', { spontaneous: true }); };
          exports.initialize = function () {
            var self = this, n = 0;
            setInterval(function () { self.send('out', ++n); }, 20);
          };`;
        const pass = `
          exports.setup = function () { this.input('in'); this.output('out'); };
          exports.initialize = function () {
            var self = this;
            this.addInputHandler('in', function () { self.send('out', self.get('in')); });
          };`;
        const check = `
          exports.setup = function () { this.input('in'); };
          exports.initialize = function () {
            var self = this, seen = self.seen = [];
            this.addInputHandler('in', function () { seen.push(self.get('in')); });
          };
          exports.wrapup = function () { trace(this.seen); };`;
        // Twenty at once.
        for (let made = 0; made < 20; ) {
          const top = make(function () {
            exports.setup = function () {};
            exports.initialize = function () { this.stopAt(80); };
          });
          const chain = [ramp, pass, pass, pass, check].map((code, i) =>
            top.instantiateFromCode('part' + i, code));
          for (let i = 1; i < chain.length; i++) top.connect(chain[i - 1], 'out', chain[i], 'in');
          const begin = Date.now();
          top.initialize();
          // On a busy machine its initialization may take as long as a period.
          if (Date.now() - begin < 15) made++;
          else top.containedAccessors[4].exports.wrapup = null;
        }
        """
    )
    assert run.lines == ["[1,2,3,4]"] * 20


@pytest.mark.parametrize("marker", ["", "Promise"])
def test_23_microtasks_come_after_each_callback(drive: Drive, marker: str) -> None:
    run = drive(
        RUN
        + f"""
        // {marker}
        run(function () {{
          var soon = function (name) {{ Promise.resolve().then(function () {{ trace(name); }}); }};
          setTimeout(function () {{ trace('zero 1'); soon('job of zero 1'); }}, 0);
          setTimeout(function () {{ trace('zero 2'); soon('job of zero 2'); }}, 0);
          setTimeout(function () {{
            trace('timer 1'); soon('job of timer 1'); self.send('x', 1);
          }}, 2, 'L');
          setTimeout(function () {{ trace('timer 2'); soon('job of timer 2'); }}, 2, 'L');
          self.addInputHandler('x', function () {{ trace('reaction'); soon('job of reaction'); }});
          soon('job of initialize');
        }});
        """
    )
    assert run.lines == [
        "job of initialize",
        "zero 1",
        "job of zero 1",
        "zero 2",
        "job of zero 2",
        "timer 1",
        "job of timer 1",
        "reaction",
        "job of reaction",
        "timer 2",
        "job of timer 2",
    ]
