"""Checklist 8 to 11, 14, 15 and the golden traces of section 3.5: reactions."""

from __future__ import annotations

from .conftest import Drive

# An accessor that tells what its handlers and `fire` see.
TALKER = """
const talker = (more) => make(`function () {
  exports.setup = function () {
    this.input('x'); this.input('y'); this.input('seven', { value: 7 });
  };
  exports.initialize = function () {
    var self = this;
    ${more}
  };
  exports.fire = function () { trace('fire', this.get('x'), this.get('y')); };
}`);
"""


def test_08_specific_handlers_run_in_declaration_order_then_generic_then_fire(drive: Drive) -> None:
    run = drive(
        TALKER
        + """
        const a = talker(`
          this.addInputHandler(function () { trace('generic', self.get('x'), self.get('y')); });
          this.addInputHandler('y', function () { trace('y', self.get('x'), self.get('y')); });
          this.addInputHandler('x', function () { trace('x 1', self.get('x'), self.get('y')); });
          this.addInputHandler('x', function () { trace('x 2', self.get('x'), self.get('y')); });
        `);
        a.initialize();
        a.provideInput('y', 1); a.provideInput('x', 2);
        a.react();
        trace(a.get('x'));
        a.react();
        """
    )
    assert run.lines == [
        "x 1 2 1",
        "x 2 2 1",
        "y 2 1",
        "generic 2 1",
        "fire 2 1",
        "null",
        "generic null null",
        "fire null null",
    ]


def test_08_react_with_a_name_runs_only_the_handlers_of_that_input(drive: Drive) -> None:
    run = drive(
        TALKER
        + """
        const a = talker(`
          this.addInputHandler('x', function () { trace('x', self.get('x')); });
          this.addInputHandler('y', function () { trace('y', self.get('y')); });
        `);
        a.initialize();
        a.provideInput('y', 1);
        a.react('x');
        a.react();
        attempt(() => a.react('nothing'));
        """
    )
    # What `y` got is for the reaction in which its handlers run.
    assert run.lines[:4] == ["x null", "fire null 1", "y 1", "fire null 1"]
    assert run.lines[4].startswith("threw accessor 'top' has no input 'nothing'")


def test_09_handlers_get_their_arguments_and_the_root(drive: Drive) -> None:
    run = drive(
        TALKER
        + """
        const a = talker('');
        a.initialize();
        const tell = function (...args) { trace(this === a, args.length, ...args); };
        trace(a.addInputHandler('x', tell, 1, 'two'), a.addInputHandler(tell, undefined, 3));
        trace(a.addInputHandler(null, tell), a.addInputHandler('x', null), a.addInputHandler('x'));
        a.provideInput('x', 1); a.react();
        for (const id of [0, 2, 17, undefined, null, 'x']) a.removeInputHandler(id);
        a.removeInputHandler('1');
        a.provideInput('x', 1); a.react();
        attempt(() => a.addInputHandler('x', 'no function'));
        attempt(() => a.addInputHandler('nothing', tell));
        attempt(() => a.addInputHandler(3, tell));
        trace(a.addInputHandler('x', tell));
        """
    )
    assert run.lines == [
        "0 1",
        "2 3 4",
        "true 2 1 two",
        "true 2 undefined 3",
        "true 0",
        "fire 1 null",
        "fire 1 null",
        "threw a handler of input 'x' of accessor 'top' is not a function: 'no function'",
        "threw accessor 'top' has no input 'nothing' (inputs: x, y, seven)",
        "threw addInputHandler() needs the name of an input; got 3",
        "5",
    ]


def test_09_handlers_may_come_and_go_while_they_run(drive: Drive) -> None:
    run = drive(
        TALKER
        + """
        const a = talker(`
          var second, third;
          this.addInputHandler('x', function () {
            trace('first');
            self.removeInputHandler(second);
            self.addInputHandler('x', function () { trace('new'); });
          });
          second = this.addInputHandler('x', function () { trace('second'); });
          this.addInputHandler('x', function () { trace('third'); });
        `);
        a.initialize();
        a.provideInput('x', 1); a.react();
        a.provideInput('x', 2); a.react();
        """
    )
    assert run.lines == [
        "first",
        "third",
        "fire 1 null",
        "first",
        "third",
        "new",
        "fire 2 null",
    ]


def test_10_a_throwing_specific_handler_is_removed_and_its_error_leaves_react(drive: Drive) -> None:
    run = drive(
        TALKER
        + """
        const a = talker(`
          this.addInputHandler('x', function () { trace('first'); throw new RangeError('bad'); });
          this.addInputHandler('x', function () { trace('second'); });
          this.on('reactEnd', function () { trace('end'); });
        `);
        a.initialize();
        a.provideInput('x', 1);
        try { a.react(); } catch (error) {
          trace(error.message, error.stack.includes('at top:'));
        }
        a.provideInput('x', 2);
        a.react();
        """
    )
    assert run.lines == [
        "first",
        "Exception in a handler of input 'x' of accessor 'top': RangeError: bad true",
        "second",
        "fire 2 null",
        "end",
    ]
    assert run.exit_code == 0


def test_10_a_throwing_generic_handler_is_only_reported(drive: Drive) -> None:
    run = drive(
        TALKER
        + """
        const a = talker(`
          this.addInputHandler(function () { trace('generic'); throw 'just text'; });
          this.addInputHandler(function () { trace('other'); });
        `);
        a.initialize();
        a.react();
        a.react();
        """
    )
    assert run.lines == ["generic", "other", "fire null null", "other", "fire null null"]
    message = "Exception in a handler of all inputs of accessor 'top': 'just text'"
    assert message in run.stderr
    assert run.exit_code == 1


def test_10_an_error_in_fire_leaves_react_when_the_reaction_is_over(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () { this.input('x'); };
          exports.fire = function () { trace('fire', this.get('x')); throw new Error('no fire'); };
        });
        a.initialize();
        a.on('reactEnd', () => trace('end'));
        a.provideInput('x', 1);
        attempt(() => a.react());
        trace(a.get('x'));
        """
    )
    assert run.lines == [
        "fire 1",
        "end",
        "threw Exception in fire() of accessor 'top': Error: no fire",
        "null",
    ]


def test_10_what_a_throwing_handler_leaves_over_is_done_later(drive: Drive) -> None:
    # Two inputs wait and one has a queue when the first handler throws: nothing is lost.
    run = drive(
        """
        const top = make(function () {
          exports.setup = function () {
            this.input('go');
            var source = "exports.setup = function () { this.output('x'); this.output('y'); };";
            var sink = "exports.setup = function () { this.input('x'); this.input('y'); };" +
              "exports.initialize = function () { var s = this, first = true;" +
              "this.addInputHandler('x', function () {" +
              "if (first) { first = false; throw 'once'; } });" +
              "this.addInputHandler('x', function () { trace('x', s.get('x')); });" +
              "this.addInputHandler('y', function () { trace('y', s.get('y')); }); };" +
              "exports.fire = function () { trace('fire', this.get('x'), this.get('y')); };";
            var other = "exports.setup = function () { this.input('x'); };" +
              "exports.fire = function () { trace('other', this.get('x')); };";
            this.source = this.instantiateFromCode('source', source);
            this.sink = this.instantiateFromCode('sink', sink);
            this.other = this.instantiateFromCode('other', other);
            this.connect(this.source, 'x', this.sink, 'x');
            this.connect(this.source, 'y', this.sink, 'y');
            this.connect(this.source, 'x', this.other, 'x');
          };
        });
        top.initialize();
        top.source.send('x', 1); top.source.send('x', 2); top.source.send('y', 3);
        """
    )
    assert run.lines == ["x 2", "y 3", "fire 2 3", "other 2", "other null"]
    assert run.stderr.count("Exception in a handler of input 'x' of accessor 'top.sink'") == 1
    assert run.exit_code == 1


def test_11_values_for_a_pending_input_are_queued(drive: Drive) -> None:
    run = drive(
        TALKER
        + """
        const a = talker(`
          this.addInputHandler('x', function () { trace('x', self.get('x')); });
          this.addInputHandler(function () { trace('generic', self.get('x')); });
        `);
        a.initialize();
        for (const value of [1, 2, 3]) a.provideInput('x', value);
        trace(a.get('x'), a.inputs.x.queuedInputs.length);
        a.react();
        """
    )
    assert run.lines == ["1 2", "x 1", "x 2", "x 3", "generic 3", "fire 3 null"]


def test_11_a_contained_accessor_gets_one_further_reaction(drive: Drive) -> None:
    run = drive(
        """
        const top = make(function () {
          exports.setup = function () {
            this.input('go');
            var up = "exports.setup = function () { this.input('in'); this.output('out'); };" +
              "exports.initialize = function () { var s = this;" +
              "this.addInputHandler('in', function () {" +
              " [10, 20, 30].forEach(function (v) { s.send('out', v); }); }); };";
            var down = "exports.setup = function () { this.input('in', { value: 'default' }); };" +
              "exports.initialize = function () { var s = this; this.addInputHandler('in'," +
              "function () { trace('down', s.get('in')); }); };" +
              "exports.fire = function () { trace('fire', this.get('in')); };";
            var a = this.instantiateFromCode('up', up), b = this.instantiateFromCode('down', down);
            this.connect('go', a, 'in'); this.connect(a, 'out', b, 'in');
          };
        });
        top.initialize();
        top.provideInput('go', 1);
        """
    )
    assert run.lines == ["down 10", "down 20", "down 30", "fire 30", "fire default"]


def test_11_a_queued_value_that_its_type_cannot_hold_is_reported(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () { this.input('n', { type: 'int' }); };
          exports.initialize = function () {
            this.addInputHandler('n', () => trace(this.get('n')));
          };
          exports.fire = function () { trace('fire'); };
        });
        a.initialize();
        for (const value of [1, true, 3]) a.provideInput('n', value);
        a.react();
        """
    )
    assert run.lines == ["1", "3", "fire"]
    assert "top.n expected an int, but got a boolean: true" in run.stderr


def test_14_sending_to_an_own_input_causes_a_later_reaction(drive: Drive) -> None:
    code = """
      exports.setup = function () { this.input('x'); };
      exports.initialize = function () {
        var self = this;
        this.addInputHandler('x', function () {
          trace('x', self.get('x'));
          if (self.get('x') < 3) self.send('x', self.get('x') + 1);
          trace('still', self.get('x'));
        });
      };
      exports.fire = function () { trace('fire', this.get('x')); };
    """
    run = drive(
        f"""
        const code = {code!r};
        const a = make('{{' + code + '}}');
        a.initialize(); a.provideInput('x', 1); a.react();
        trace('by hand');
        setTimeout(() => {{
          trace('contained');
          const top = make(function () {{ exports.setup = function () {{}}; }});
          const b = top.instantiateFromCode('b', code);
          top.initialize();
          b.send('x', 1);
        }}, 1);
        """
    )
    reactions = [line for n in (1, 2, 3) for line in (f"x {n}", f"still {n}", f"fire {n}")]
    assert run.lines == [*reactions[:3], "by hand", *reactions[3:], "contained", *reactions]


def test_14_a_request_and_a_reaction_by_hand_are_two_reactions(drive: Drive) -> None:
    run = drive(
        """
        const top = make(function () {
          exports.setup = function () { this.input('in'); };
          exports.fire = function () { trace('fire'); };
        });
        const child = top.instantiateFromCode('child',
          "exports.setup = function () { this.input('in'); };" +
          "exports.fire = function () { trace('child'); };");
        top.connect('in', child, 'in');
        top.initialize();
        top.provideInput('in', 1);
        top.react();
        trace('by hand');
        """
    )
    assert run.lines == ["child", "fire", "by hand", "fire"]


def test_14_unknown_ports_are_errors(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () { this.input('x'); this.output('x'); this.output('out'); };
        });
        attempt(() => a.provideInput('nothing', 1));
        attempt(() => a.send('nothing', 1));
        // An output goes before an input of the same name.
        a.send('x', 1);
        trace(a.latestOutput('x'));
        attempt(() => make(function () {
          exports.setup = function () { this.output('early'); this.send('early', 1); };
        }));
        """
    )
    assert run.lines == [
        "threw accessor 'top' has no input 'nothing' (inputs: x)",
        "threw accessor 'top' has no output or input 'nothing' (outputs: x, out, error; inputs: x)",
        "1",
        "threw Exception in setup() of accessor 'top2': Error: accessor 'top2' sent 'early' in "
        "setup(), where nothing is connected yet; send from initialize() on",
    ]


def test_15_events_in_order(drive: Drive) -> None:
    run = drive(
        """
        const top = make(function () {
          exports.setup = function () {
            this.input('in'); this.output('out', { type: 'string' });
            this.child = this.instantiateFromCode('child',
              "exports.setup = function () { this.input('in'); this.output('out'); };" +
              "exports.initialize = function () { trace('child initialize'); var s = this;" +
              "this.addInputHandler('in', function () { s.send('out', s.get('in')); }); };" +
              "exports.wrapup = function () { trace('child wrapup'); };");
            this.connect('in', this.child, 'in'); this.connect(this.child, 'out', 'out');
          };
          exports.initialize = function () { trace('initialize', this.initialized); };
          exports.fire = function () { trace('fire'); };
          exports.wrapup = function () { trace('wrapup', this.initialized); };
        });
        for (const phase of ['initialize', 'react', 'wrapup']) {
          top.on(phase + 'Start', (...args) => trace(phase + 'Start', args.length));
          top.on(phase + 'End', (...args) => trace(phase + 'End', args.length));
        }
        top.on('output', (name, value) => trace('output', name, typeof value));
        top.child.on('output', (name, value) => trace('child output', name, typeof value));
        top.initialize();
        top.provideInput('in', 5);
        top.react();
        top.wrapup();
        trace(top.listenerCount('wrapupEnd'), top.isInitialized());
        top.wrapup();
        """
    )
    assert run.lines == [
        "initializeStart 0",
        "child initialize",
        "initialize false",
        "initializeEnd 0",
        "reactStart 0",
        "child output out number",
        "output out string",
        "fire",
        "reactEnd 0",
        "wrapupStart 0",
        "child wrapup",
        "wrapup false",
        "wrapupEnd 0",
        "0 false",
        "child wrapup",
        "wrapup false",
    ]


def test_15_the_output_event_comes_before_the_delivery(drive: Drive) -> None:
    run = drive(
        """
        const top = make(function () { exports.setup = function () { this.output('out'); }; });
        const make2 = (name) => top.instantiateFromCode(name, "exports.setup = function () {" +
          "this.input('in'); this.output('out', { type: 'string' }); }");
        const a = make2('a'), b = make2('b');
        top.connect(a, 'out', b, 'in'); top.connect(a, 'out', 'out');
        top.initialize();
        a.on('output', (name, value) => trace('a', value, b.get('in')));
        top.on('output', (name, value) => trace('top', value, b.get('in')));
        a.send('out', 5);
        """
    )
    assert run.lines == ["a 5 null", "top 5 5"]


def test_15_listeners_at_a_base_class_hear_the_accessor(drive: Drive) -> None:
    run = drive(
        """
        const a = instantiate('a', 'Derived');
        a.initialize();
        a.send('out', 1);
        """,
        library={
            "Base": """
              exports.setup = function () {
                this.output('out');
                this.on('output', (name, value) => trace('in setup', value));
              };
              exports.initialize = function () {
                this.on('output', (name, value) => trace('in initialize', value));
              };""",
            "Derived": """
              exports.setup = function () { this.extend('Base'); };
              exports.initialize = function () { this.ssuper.initialize(); };""",
        },
    )
    assert run.lines == ["in setup 1", "in initialize 1"]
