"""Checklist 17 to 22 and 31: composites."""

from __future__ import annotations

from .conftest import Drive

# Code of accessors that tell what they see: each has inputs `in`, `a` and `b`, and an output `out`.
PARTS = """
const part = (name, handler) => `
  exports.setup = function () {
    this.input('in'); this.input('a'); this.input('b'); this.output('out');
    this.output('spont', { spontaneous: true });
  };
  exports.initialize = function () {
    var self = this;
    trace('${name} initialize');
    ['in', 'a', 'b'].forEach(function (port) {
      self.addInputHandler(port, function () {
        trace('${name}.' + port, self.get(port));
        (${handler || 'function () {}'}).call(self, port);
      });
    });
  };
  exports.wrapup = function () { trace('${name} wrapup'); };
`;
const add = "function (port) { this.send('out', this.get(port) + 1); }";
const composite = (name) => make(`function () {
  exports.setup = function () { this.input('in'); this.output('out'); };
}`, name);
"""


def test_17_all_forms_of_connections(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const top = composite('top');
        const a = top.instantiateFromCode('a', part('a', add));
        const b = top.instantiateFromCode('b', part('b', add));
        top.output('through'); top.output('second');
        top.connect('in', a, 'in');
        top.connect(a, 'out', b, 'in');
        top.connect(a, 'out', b, 'a');
        top.connect(a, 'out', b, 'a');
        top.connect(b, 'out', 'out');
        top.connect('in', 'through');
        trace(top.inputs.in.destinations.map((one) => one.inputName || one));
        trace(a.outputs.out.destinations.map((one) => one.inputName));
        trace(b.inputs.in.source.outputName);
        trace(a.inputs.in.source, top.outputs.through.source, top.outputs.out.source.outputName);
        top.on('output', (name, value) => trace('output', name, value));
        top.initialize();
        top.provideInput('in', 1);
        setTimeout(() => top.wrapup(), 1);
        """
    )
    assert run.lines == [
        '["in","through"]',
        '["in","a","a"]',
        "out",
        "in in out",
        "a initialize",
        "b initialize",
        "output through 1",
        "a.in 1",
        "b.in 2",
        "output out 3",
        "b.a 2",
        "output out 3",
        "b.a 2",
        "output out 3",
        "a wrapup",
        "b wrapup",
    ]


def test_17_disconnecting_removes_the_matching_destination(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const top = composite('top');
        const a = top.instantiateFromCode('a', part('a'));
        const b = top.instantiateFromCode('b', part('b'));
        const c = top.instantiateFromCode('c', part('c'));
        const ends = () => [a.outputs.out.destinations, top.inputs.in.destinations].map((list) =>
          (list || []).map((one) => one.accessor ? one.accessor.accessorName : one));
        top.connect(a, 'out', b, 'in'); top.connect(a, 'out', c, 'in');
        top.connect(a, 'out', 'out'); top.connect('in', b, 'in');
        top.connect('in', c, 'in'); top.connect('in', 'out');
        trace(ends());
        top.disconnect(a, 'out', b, 'in'); top.disconnect('in', b, 'in');
        trace(ends(), b.inputs.in.source);
        top.disconnect(a, 'out', 'out'); top.disconnect('in', 'out'); top.disconnect('in', b, 'in');
        trace(ends(), top.outputs.out.source);
        """
    )
    assert run.lines == [
        '[["top.b","top.c","out"],["top.b","top.c","out"]]',
        '[["top.c","out"],["top.c","out"]] null',
        '[["top.c"],["top.c"]] null',
    ]


def test_17_connections_to_what_is_not_there(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const top = composite('top'), a = top.instantiateFromCode('a', part('a'));
        for (const verb of ['connect', 'disconnect']) {
          attempt(() => top[verb]('nothing', a, 'in'));
          attempt(() => top[verb]('in', 'nothing'));
          attempt(() => top[verb](a, 'nothing', a, 'in'));
          attempt(() => top[verb](a, 'out', a, 'nothing'));
          attempt(() => top[verb]('in', a, 'nothing'));
          attempt(() => top[verb](a, 'out', 'nothing'));
          attempt(() => top[verb](a, 'out'));
          attempt(() => top[verb](undefined, 'out', a, 'in'));
        }
        """
    )
    for verb, lines in (("connect", run.lines[:8]), ("disconnect", run.lines[8:])):
        starts = [
            "No such input: nothing",
            "No such output: nothing",
            "Source has no such output: nothing",
            "Destination has no such input: nothing",
            "Destination has no such input: nothing",
            "No such output: nothing",
            "Destination is no accessor: undefined",
            "Source is no accessor: undefined",
        ]
        for line, start in zip(lines, starts, strict=True):
            assert line.startswith(f"threw {verb}(): {start}"), line


def test_18_names(drive: Drive) -> None:
    run = drive(
        """
        const top = make(function () { exports.setup = function () {}; }, 'top');
        const code = 'exports.setup = function () {};';
        const named = (seed) => top.instantiateFromCode(seed, code).getName();
        trace(['x', 'x', 'x', 'net/REST', 'lib/REST.js', 'xy', 'ab', 'ab'].map(named));
        trace(top.instantiate('Thing', 'net/Thing').getAccessorClass());
        trace(top.instantiateFromCode('y', code).getAccessorClass());
        trace(uniqueName('net/REST'), uniqueName('ab'), uniqueName('top'), uniqueName('a.js'));
        trace(uniqueName('net\\\\REST'), uniqueName('top.x', top), top.isInitialized());
        const alone = top.instantiate('Alone', 'net/Thing', true);
        trace(alone.container, alone.getName(), top.containedAccessors.includes(alone));
        trace(getTopLevelAccessors().map((one) => one.getName()));
        attempt(() => top.instantiateFromCode('', code));
        attempt(() => top.instantiateFromCode('none'));
        attempt(() => top.instantiate('none', 'no/Such'));
        """,
        library={"net/Thing": "exports.setup = function () {};"},
    )
    assert run.lines[:7] == [
        '["top.x","top.x2","top.x3","top.REST","top.REST2","top.xy","top.ab","top.ab2"]',
        "net/Thing",
        "undefined",
        "REST ab top2 a",
        "REST top.x4 false",
        "null top.Alone false",
        '["top","top.Alone"]',
    ]
    assert run.lines[7] == "threw 'top' needs a name for its accessor; got ''"
    assert run.lines[8] == "threw accessor 'top.none' has no code"
    assert "Cannot find accessor class 'no/Such'" in run.lines[9]


def test_19_priorities_respect_every_connection_that_is_not_spontaneous(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const top = composite('top');
        const parts = {};
        for (const name of 'abcdef') parts[name] = top.instantiateFromCode(name, part(name));
        const edges = ['fc', 'ca', 'fa', 'ab', 'eb', 'db', 'fe'];
        for (const [from, to] of edges) top.connect(parts[from], 'out', parts[to], 'in');
        // Back again, but from a callback.
        top.connect(parts.b, 'spont', parts.f, 'in');
        top.initialize();
        trace(edges.every(([from, to]) => parts[from].priority < parts[to].priority));
        const numbers = top.containedAccessors.map((one) => one.priority);
        trace(new Set(numbers).size, numbers.every(Number.isInteger));
        """
    )
    assert run.lines[6:] == ["true", "6 true"]


def test_19_a_loop_needs_a_spontaneous_output(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const loop = (port, ...names) => {
          const top = composite('top');
          const parts = names.map((name) => top.instantiateFromCode(name, part(name)));
          parts.forEach((one, i) => top.connect(one, port, parts[(i + 1) % parts.length], 'in'));
          top.connect('in', parts[0], 'in'); top.connect(parts[0], 'out', 'out');
          attempt(() => top.initialize());
          trace(top.initialized);
        };
        loop('out', 'a', 'b', 'c');
        loop('out', 'd');
        loop('spont', 'e', 'f');
        """
    )
    assert run.lines[0].startswith("threw Causality loop found including at least: top.")
    assert run.lines[2].startswith("threw Causality loop found including at least: top.d")
    assert run.lines[1::2] == ["false", "false", "f initialize", "true"]
    assert run.lines[4:] == ["e initialize", "f initialize", "returned undefined", "true"]


def test_20_the_diamond(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const fireD = "exports.fire = function () {" +
          "trace('D fire', this.get('a'), this.get('b'));" +
          "this.send('out', this.get('a') + this.get('b')); };";
        for (let round = 0; round < 20; round++) {
          const top = make(function () {
            exports.setup = function () { this.input('in'); this.output('out'); };
            exports.fire = function () { trace('composite fire'); };
          });
          const D = top.instantiateFromCode('D', part('D') + fireD);
          const P = top.instantiateFromCode('P', part('P', add));
          const Q = top.instantiateFromCode('Q', part('Q', add));
          top.connect('in', P, 'in'); top.connect(P, 'out', Q, 'in'); top.connect(P, 'out', D, 'a');
          top.connect(Q, 'out', D, 'b'); top.connect(D, 'out', 'out');
          top.initialize();
          top.on('output', (name, value) => trace('emits', name, value));
          top.provideInput('in', 5);
          top.react();
          trace(P.priority < Q.priority && Q.priority < D.priority);
        }
        """
    )
    once = [
        "D initialize",
        "P initialize",
        "Q initialize",
        "P.in 5",
        "Q.in 6",
        "D.a 6",
        "D.b 7",
        "D fire 6 7",
        "emits out 13",
        "composite fire",
        "true",
    ]
    # What was requested, and then done by hand, leaves an empty reaction; so does what children
    # request during a reaction.
    assert run.lines == [*once * 20, *["composite fire"] * 40]


def test_20_upstream_reacts_first_whatever_the_order_of_connections(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const top = composite('top');
        const names = ['d', 'c', 'b', 'a'];
        const [d, c, b, a] = names.map((name) => top.instantiateFromCode(name, part(name, add)));
        // Straight to the end first, and step by step last.
        top.connect(a, 'out', d, 'a'); top.connect(a, 'out', c, 'a');
        top.connect(a, 'out', b, 'in'); top.connect(b, 'out', d, 'b');
        top.connect(b, 'out', c, 'in'); top.connect(c, 'out', d, 'in');
        top.connect('in', d, 'in'); top.connect('in', a, 'in');
        top.initialize();
        top.provideInput('in', 0);
        """
    )
    assert run.lines[4:] == [
        "a.in 0",
        "b.in 1",
        "c.in 2",
        "c.a 1",
        # What waits at one input is handled before the next input.
        "d.in 0",
        "d.a 1",
        "d.b 2",
        "d.in 3",
        "d.in 2",
    ]


def test_20_children_may_react_by_hand(drive: Drive) -> None:
    # What the reference's own tests do with test/TestComposite (section 10).
    run = drive(
        """
        const top = make(function () {
          exports.setup = function () {
            this.input('in', { type: 'number', value: 0 }); this.output('out');
            var gain = this.instantiate('gain', 'Gain'), adder = this.instantiate('adder', 'Adder');
            gain.setParameter('gain', 4);
            this.connect('in', gain, 'in'); this.connect('in', adder, 'left');
            this.connect(gain, 'out', adder, 'right'); this.connect(adder, 'sum', 'out');
          };
        });
        top.initialize();
        const [gain, adder] = top.containedAccessors;
        trace(gain.priority < adder.priority);
        top.provideInput('in', 10);
        gain.react(); adder.react();
        trace(top.latestOutput('out'));
        top.provideInput('in', 5);
        top.react();
        trace(top.latestOutput('out'));
        """,
        library={
            "Gain": """
              exports.setup = function () {
                this.input('in'); this.output('out'); this.parameter('gain', { value: 2 });
              };
              exports.initialize = function () {
                var self = this;
                this.addInputHandler('in', function () {
                  self.send('out', self.get('in') * self.getParameter('gain'));
                });
              };""",
            "Adder": """
              exports.setup = function () {
                this.input('left', { value: 0 }); this.input('right', { value: 0 });
                this.output('sum');
              };
              exports.fire = function () {
                this.send('sum', this.get('left') + this.get('right'));
              };""",
        },
    )
    assert run.lines == ["true", "50", "25"]


def test_21_children_first_at_both_ends(drive: Drive) -> None:
    run = drive(
        """
        const top = make(function () {
          exports.setup = function () {
            var inner = "exports.setup = function () { this.input('x'); };" +
              "exports.initialize = function () { trace('inner initialize');" +
              "this.addInputHandler('x', function () {}); setTimeout(function () {}, 1000); };" +
              "exports.wrapup = function () {" +
              "trace('inner wrapup', this.inputHandlerID, Object.keys(this.timers).length); };";
            var middle = "exports.setup = function () { this.instantiateFromCode('inner', " +
              JSON.stringify(inner) + "); };" +
              "exports.initialize = function () { trace('middle initialize'); };" +
              "exports.wrapup = function () { trace('middle wrapup'); };";
            this.instantiateFromCode('middle', middle);
            this.instantiateFromCode('other', inner);
          };
          exports.initialize = function () {
            trace('top initialize'); setInterval(function () {}, 1000);
          };
          exports.wrapup = function () { trace('top wrapup', Object.keys(this.timers).length); };
        });
        top.initialize();
        top.wrapup();
        """
    )
    assert run.lines == [
        "inner initialize",
        "middle initialize",
        "inner initialize",
        "top initialize",
        "inner wrapup 0 0",
        "middle wrapup",
        "inner wrapup 0 0",
        "top wrapup 0",
    ]


def test_22_a_spontaneous_output_needs_no_help_at_any_depth(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const nest = (depth) => depth === 0
          ? `exports.setup = function () { this.output('out', { spontaneous: true }); };
             exports.initialize = function () {
               var self = this, n = 0;
               setTimeout(function () {
                 trace('sends'); self.send('out', 'deep'); trace('sent');
               }, 1);
             };`
          : `exports.setup = function () {
               this.output('out', { spontaneous: true });
               var inner = this.instantiateFromCode('inner', ${JSON.stringify(nest(depth - 1))});
               this.connect(inner, 'out', 'out');
             };
             exports.fire = function () { trace('fire ${depth}'); };`;
        const top = composite('top');
        const source = top.instantiateFromCode('source', nest(3));
        const sink = top.instantiateFromCode('sink', part('sink'));
        top.connect(source, 'out', sink, 'in');
        top.initialize();
        """
    )
    assert run.lines == ["sink initialize", "sends", "sent", "sink.in deep"]


def test_22_what_children_got_before_they_were_initialized_is_not_lost(drive: Drive) -> None:
    # A nested composite gets a value from an upstream neighbour that initializes before it.
    run = drive(
        PARTS
        + """
        const top = composite('top');
        const early = top.instantiateFromCode('early',
          "exports.setup = function () { this.output('out'); };" +
          "exports.initialize = function () { this.send('out', 'early'); };");
        const nested = top.instantiateFromCode('nested', `
          exports.setup = function () {
            this.input('in');
            var one = this.instantiateFromCode('one', ${JSON.stringify(part('one'))});
            var two = this.instantiateFromCode('two', ${JSON.stringify(part('two', add))});
            this.connect(two, 'out', one, 'a');
            this.connect('in', one, 'in'); this.connect('in', two, 'in');
          };`);
        top.connect(early, 'out', nested, 'in');
        top.initialize();
        """
    )
    assert run.lines == [
        "one initialize",
        "two initialize",
        "two.in early",
        "one.in early",
        "one.a early1",
    ]


def test_22_a_reused_composite_reacts_again(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const top = composite('top');
        const a = top.instantiateFromCode('a', part('a', add));
        const b = top.instantiateFromCode('b', part('b'));
        top.connect('in', a, 'in'); top.connect(a, 'out', b, 'in');
        for (const value of [1, 2]) {
          top.initialize();
          top.provideInput('in', 'lost');
          top.wrapup();
          top.initialize();
          top.provideInput('in', value);
          top.react();
          top.wrapup();
        }
        """
    )
    start = ["a initialize", "b initialize"]
    end = ["a wrapup", "b wrapup"]
    assert run.lines == [
        line for n in (1, 2) for line in (*start, *end, *start, f"a.in {n}", f"b.in {n + 1}", *end)
    ]


def test_22_a_contained_accessor_without_a_priority(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const top = composite('top');
        const a = top.instantiateFromCode('a', part('a'));
        const b = top.instantiateFromCode('b', part('b'));
        a.provideInput('in', 1);
        attempt(() => b.provideInput('in', 1));
        """
    )
    assert run.lines == [
        "threw accessor 'top.b' has no priority: was its container 'top' initialized?"
    ]


def test_22_one_part_that_throws_does_not_keep_the_others_from_reacting(drive: Drive) -> None:
    run = drive(
        PARTS
        + """
        const top = make(function () {
          exports.setup = function () { this.input('in'); };
          exports.fire = function () { trace('top fire'); throw new Error('of the top'); };
        });
        const bad = "function () { throw new Error('bad ' + this.accessorName); }";
        for (const [name, code] of [['a', bad], ['b', add], ['c', bad]]) {
          top.connect('in', top.instantiateFromCode(name, part(name, code)), 'in');
        }
        top.initialize();
        top.on('reactEnd', () => trace('end'));
        top.provideInput('in', 1);
        attempt(() => top.react());
        """
    )
    assert run.lines[3:8] == ["a.in 1", "b.in 1", "c.in 1", "top fire", "end"]
    assert run.lines[8].endswith("of accessor 'top.a': Error: bad top.a")
    assert "Error: bad top.c" in run.stderr
    assert "Error: of the top" in run.stderr
    assert run.exit_code == 1


LOOK = """
exports.setup = function () {};
this.look = function () {
  return getTopLevelAccessors().map(function (one) { return one.getName(); });
};
"""


def test_31_only_trusted_accessors_may_look_around(drive: Drive) -> None:
    run = drive(
        """
        const look = "exports.setup = function () {};" +
          "this.look = function () { return getTopLevelAccessors().map((one) => one.getName()); };";
        const top = make('{' + look + '}', 'top');
        attempt(() => top.look());
        attempt(() => top.instantiateFromCode('inline', look).look());
        attempt(() => top.instantiate('trusted', 'trusted/Look').look());
        attempt(() => top.instantiate('other', 'other/Look').look());
        attempt(() => instantiate('alone', 'trusted/Look').look());
        attempt(() => top.instantiate('sub', 'trusted/Derived').look());
        const thief = top.instantiate('thief', 'other/Thief');
        attempt(() => thief.look());
        attempt(() => thief.ssuper.look());
        trace(top.getTopLevelAccessors !== getTopLevelAccessors);
        """,
        library={
            "trusted/Look": LOOK,
            "other/Look": LOOK,
            "trusted/Derived": "exports.setup = function () { this.extend('other/Look'); "
            "this.look = this.ssuper.look; };",
            "other/Thief": "this.accessorClass = 'trusted/Look'; "
            "this.look = function () { return getTopLevelAccessors(); };"
            "exports.setup = function () { this.extend('trusted/Look'); };",
        },
    )
    refused = [line.startswith("threw accessor '") for line in run.lines]
    assert refused == [True, False, False, True, True, False, True, True, False]
    assert run.lines[1] == 'returned ["top"]'
    assert run.lines[5] == 'returned ["top","alone"]'
