"""Checklist 28 and 29: `stop`, `stopAt` and `wrapup`."""

from __future__ import annotations

from .conftest import Drive

PARTS = """
globalThis.part = (name, more) => `
  exports.setup = function () { this.input('in'); this.output('out', { spontaneous: true }); };
  exports.initialize = function () {
    var self = this;
    this.addInputHandler('in', function () { trace('${name}.in', self.get('in')); });
    ${more || ''}
  };
  exports.wrapup = function () { trace('${name} wrapup'); };
`;
globalThis.composite = (name) => make(`function () {
  exports.setup = function () { this.input('in'); this.output('out'); };
  exports.wrapup = function () { trace('${name} wrapup'); };
}`, name);
"""


def test_28_stop_ends_the_outermost_after_what_was_requested_before(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const top = composite('top');
        const nested = top.instantiateFromCode('nested', `
          exports.setup = function () {
            this.instantiateFromCode('inner', ${JSON.stringify(part('inner', `
              setTimeout(function () {
                self.send('in', 'before');
                setTimeout(function () { trace('zero before'); }, 0);
                self.stop();
                self.stop();
                setTimeout(function () { trace('never'); }, 0);
                self.send('in', 'never');
                trace('called stop');
              }, 1);
              setInterval(function () { trace('never'); }, 500);
            `))});
          };
          exports.wrapup = function () { trace('nested wrapup'); };`);
        top.on('wrapupEnd', () => trace('end'));
        top.initialize();
        """
    )
    # The value was provided before `stop`, the reaction to it is requested by then only.
    assert run.lines == [
        "called stop",
        "zero before",
        "inner wrapup",
        "nested wrapup",
        "top wrapup",
        "end",
    ]
    assert run.exit_code == 0


def test_28_a_reaction_requested_before_stop_happens(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const top = composite('top');
        const a = top.instantiateFromCode('a', part('a', `
          setTimeout(function () { self.send('out', 1); self.stop(); }, 1);`));
        const b = top.instantiateFromCode('b', part('b'));
        top.connect(a, 'out', b, 'in');
        top.initialize();
        """
    )
    assert run.lines == ["b.in 1", "a wrapup", "b wrapup", "top wrapup"]


def test_28_stop_at_is_an_ordinary_timer_of_the_accessor(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const top = composite('top');
        top.instantiateFromCode('a', part('a',
          "setInterval(function () { trace('tick'); }, 4); this.stopAt(12);"));
        top.initialize();
        trace(top.containedAccessors[0].stopAtTime, top.stopAtTime);
        const early = composite('early');
        early.stopAt(5000);
        early.initialize();
        early.wrapup();
        """
    )
    assert run.lines == [
        "12 undefined",
        "early wrapup",
        "tick",
        "tick",
        "tick",
        "a wrapup",
        "top wrapup",
    ]


def test_29_a_second_wrapup_is_harmless(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const top = composite('top');
        top.instantiateFromCode('a', part('a', "setInterval(function () { trace('tick'); }, 1);"));
        top.connect('in', top.containedAccessors[0], 'in');
        top.initialize();
        top.provideInput('in', 'lost');
        top.wrapup();
        top.wrapup();
        setTimeout(() => {
          trace('nothing since');
          top.initialize();
          top.provideInput('in', 'again');
          setTimeout(() => top.stop(), 0);
        }, 5);
        """
    )
    assert [line for line in run.lines if line != "tick"] == [
        *["a wrapup", "top wrapup"] * 2,
        "nothing since",
        "a.in again",
        "a wrapup",
        "top wrapup",
    ]
    assert run.lines[:5] == [*["a wrapup", "top wrapup"] * 2, "nothing since"]


def test_29_every_wrapup_is_tried_and_the_first_error_thrown(drive: Drive) -> None:
    run = drive(
        """
        const top = make(function () {
          exports.setup = function () {
            for (const name of ['a', 'b', 'c']) {
              this.instantiateFromCode(name, "exports.setup = function () {};" +
                "exports.wrapup = function () { trace(this.accessorName);" +
                (name === 'b' ? '' : 'throw new Error(this.accessorName);') + '}');
            }
          };
          exports.wrapup = function () { trace('top'); throw new Error('top'); };
        });
        top.initialize();
        for (const event of ['wrapupStart', 'wrapupEnd']) {
          top.on(event, () => { trace(event); throw new Error(event); });
        }
        attempt(() => top.wrapup());
        trace(top.listenerCount('wrapupEnd'), top.initialized);
        """
    )
    assert run.lines == [
        "wrapupStart",
        "top.a",
        "top.b",
        "top.c",
        "top",
        "wrapupEnd",
        "threw Exception in wrapup() of accessor 'top': Error: wrapupStart",
        "0 false",
    ]
    reported = [line for line in run.stderr.splitlines() if line.startswith("Uncaught")]
    assert [line.rpartition("Error: ")[2] for line in reported] == [
        "top.a",
        "top.c",
        "top",
        "wrapupEnd",
    ]
    assert run.exit_code == 1


def test_29_an_error_in_a_stopped_run_is_reported(drive: Drive) -> None:
    run = drive(
        """
        const top = make(function () {
          exports.setup = function () {};
          exports.initialize = function () { this.stopAt(1); };
          exports.wrapup = function () { throw new Error('starvation'); };
        });
        top.on('wrapupEnd', () => trace('end'));
        top.initialize();
        """
    )
    assert run.lines == ["end"]
    assert "Exception in wrapup() of accessor 'top': Error: starvation" in run.stderr
    assert run.exit_code == 1


def test_29_nothing_happens_in_an_accessor_that_wraps_up_in_its_own_handler(drive: Drive) -> None:
    run = drive(
        """
        const top = make(function () {
          exports.setup = function () { this.input('x'); this.input('y'); };
          exports.initialize = function () {
            var self = this;
            this.addInputHandler('x', function () { trace('x'); self.wrapup(); });
            this.addInputHandler('x', function () { trace('never'); });
            this.addInputHandler('y', function () { trace('never'); });
            this.addInputHandler(function () { trace('never'); });
            setTimeout(function () { trace('never'); }, 1);
          };
          exports.wrapup = function () { trace('wrapup'); };
        });
        top.initialize();
        top.provideInput('x', 1); top.provideInput('x', 2); top.provideInput('y', 1);
        top.send('x', 3);
        top.react();
        """
    )
    assert run.lines == ["x", "wrapup"]


def test_29_stop_all_accessors(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const bad = make(function () {
          exports.setup = function () {};
          exports.wrapup = function () { throw new Error('bad end'); };
        }, 'bad');
        const one = composite('one'), two = composite('two'), three = composite('three');
        const failing = make(function () {
          exports.setup = function () {};
          exports.initialize = function () { throw new Error('bad start'); };
          exports.wrapup = function () { trace('failing wrapup'); };
        }, 'failing');
        for (const a of [bad, one, three]) a.initialize();
        attempt(() => failing.initialize());
        trace(failing.initialized);
        attempt(() => stopAllAccessors());
        attempt(() => stopAllAccessors());
        """
    )
    assert run.lines == [
        "threw Exception in initialize() of accessor 'failing': Error: bad start",
        "false",
        "Wrapping up bad",
        "Wrapping up one",
        "one wrapup",
        "Wrapping up three",
        "three wrapup",
        "Wrapping up failing",
        "failing wrapup",
        "threw Exception in wrapup() of accessor 'bad': Error: bad end",
        "returned undefined",
    ]
