"""Limits: what odd or endless scripts may pile up, and that nothing they do keeps the host."""

from __future__ import annotations

import pytest

from .conftest import Drive


@pytest.mark.slow  # it goes to the limit itself
def test_values_that_wait_for_an_input_have_a_limit(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () { this.input('x'); this.input('y'); };
          exports.initialize = function () {
            this.seen = 0;
            this.addInputHandler('x', () => { this.seen++; });
          };
        });
        a.initialize();
        attempt(() => { for (;;) a.provideInput('x', 1); });
        a.provideInput('y', 1);
        a.react();
        trace(a.seen);
        a.provideInput('x', 1);
        a.react();
        trace(a.seen);
        """,
        callback_timeout=None,  # the machine may be slow
    )
    assert run.lines == [
        "threw input 'x' of accessor 'top' takes no more: 250000 values wait for the accessor to "
        "react",
        "250001",
        "250002",
    ]


@pytest.mark.slow  # it goes to the limit itself
def test_values_sent_to_own_inputs_have_a_limit(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () { this.input('x'); };
          exports.initialize = function () {
            this.addInputHandler('x', () => {});
            attempt(() => { for (;;) this.send('x', 1); });
            setTimeout(() => { attempt(() => this.send('x', 1)); }, 1);
          };
        });
        a.initialize();
        """,
        callback_timeout=None,  # the machine may be slow
    )
    assert run.lines == [
        "threw accessor 'top' cannot send to its own input 'x': 150000 callbacks without delay "
        "wait already",
        "returned undefined",
    ]


@pytest.mark.slow  # it goes to the limit itself
def test_timers_have_a_limit(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () {};
          exports.initialize = function () {
            attempt(() => { for (;;) setTimeout(() => {}, 1000000); });
            this.clearTimers();
            setTimeout(() => trace('again'), 1);
          };
        });
        a.initialize();
        """,
        callback_timeout=None,  # the machine may be slow
    )
    assert run.lines == [
        "threw accessor 'top' cannot set a 1000000 ms timeout: 150000 timers are set",
        "again",
    ]


# Each gives itself a new value whenever it handles one, within the same reaction.
ENDLESS = {
    "handler": """
      const a = make(function () {
        exports.setup = function () { this.input('go'); };
        exports.initialize = function () {
          this.addInputHandler('go', () => this.provideInput('go', 1));
        };
      });
    """,
    "connection": """
      const a = make(function () { exports.setup = function () { this.input('go'); }; });
      const part = a.instantiateFromCode('part',
        "exports.setup = function () { this.input('in');" +
        "this.output('out', { spontaneous: true }); this.connect('in', 'out'); };");
      a.connect('go', part, 'in'); a.connect(part, 'out', part, 'in');
    """,
}


@pytest.mark.slow_with("connection")
@pytest.mark.parametrize("loop", ENDLESS)
def test_a_reaction_that_answers_itself_lets_the_host_go_on(drive: Drive, loop: str) -> None:
    run = drive(
        ENDLESS[loop]
        + """
        a.initialize();
        setTimeout(() => { trace('on time'); a.wrapup(); }, 2);
        a.send('go', 1);
        """
    )
    assert (run.lines, run.stderr) == (["on time"], "")


def test_a_slow_queue_is_one_reaction_all_the_same(drive: Drive) -> None:
    # It takes longer than a reaction without an end may.
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () { this.input('x'); this.input('y'); };
          exports.initialize = function () {
            var n = this.n = { x: 0, y: 0 };
            ['x', 'y'].forEach((name) => this.addInputHandler(name, () => {
              n[name]++;
              const end = performance.now() + 1;
              while (performance.now() < end);
            }));
          };
          exports.fire = function () { trace('fire', this.n.x, this.n.y); };
        });
        a.initialize();
        for (let i = 0; i < 200; i++) { a.provideInput('x', i); a.provideInput('y', i); }
        a.react();
        """
    )
    assert run.lines == ["fire 200 200"]


def test_whatever_is_thrown_is_told_with_its_accessor(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () {};
          exports.initialize = function () {
            const thrown = [
              null,
              Object.defineProperty(new Error('x'), 'stack', { get() { throw 1; } }),
              Object.defineProperty(new Error('x'), 'message', { get() { throw 1; } }),
              Object.assign(new Error('y'), { code: 7 }),
              new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } }),
              new Proxy(new Error('z'), { get() { throw 1; } })
            ];
            thrown.forEach((one, i) => setTimeout(() => { throw one; }, i + 1));
            this.stopAt(30);
          };
          exports.wrapup = function () { trace('wrapped up'); };
        });
        a.initialize();
        """
    )
    assert (run.lines, run.exit_code) == (["wrapped up"], 1)
    told = [line for line in run.stderr.splitlines() if line.startswith("Uncaught ")]
    unknown = "an error that cannot be shown"
    null = "null, by a script or because the engine is out of memory"
    expected = [null, "Error: x", unknown, "Error: y", unknown, unknown]
    assert told == [
        f"Uncaught Error: Exception in a {n} ms timeout of accessor 'top': {text}"
        for n, text in enumerate(expected, 1)
    ]
    assert run.stderr.count("    at top:") == len(expected)


@pytest.mark.parametrize(
    ("name", "source", "where"),
    [
        ("Inside", "exports.setup = function () { this.instantiate('x', 'Inside'); };", "setup()"),
        ("Base", "exports.setup = function () { this.extend('Base'); };", "setup()"),
        (
            "Code",
            "exports.setup = function () { this.instantiateFromCode('x', this.code); };",
            "setup()",
        ),
        ("Again", "exports.initialize = function () { this.initialize(); };", "initialize()"),
    ],
    ids=["contains itself", "extends itself", "contains its own code", "initializes itself"],
)
def test_endless_recursion_is_told_with_accessor_and_place(
    drive: Drive, name: str, source: str, where: str
) -> None:
    run = drive(f"instantiate('one', '{name}').initialize();", library={name: source})
    first, place, *_ = run.stderr.splitlines()
    assert f"Exception in {where} of accessor 'one" in first
    assert "Maximum call stack size exceeded" in first
    assert f"{name}.js:" in place or "(inline):1" in place
