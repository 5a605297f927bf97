"""Checklist 5, 6, 7, 12, 13, 41, 42: values, their conversion and where they are kept."""

from __future__ import annotations

import json

from .conftest import Drive

# Section 3.6, row by row: the declared type, the value as JavaScript, and what the port holds,
# as JSON or `undefined` or the end of an error's message.
CONVERSIONS = [
    # No type, the value's own type, or null: unchanged.
    (None, "'5'", '"5"'),
    (None, "undefined", "undefined"),
    ("int", "null", "null"),
    ("string", "null", "null"),
    ("string", "''", '""'),
    ("number", "5.5", "5.5"),
    ("number", "NaN", "NaN"),
    ("boolean", "false", "false"),
    ("object", "({ a: 1 })", '{"a":1}'),
    # To a string: as JSON.
    ("string", "5", '"5"'),
    ("string", "true", '"true"'),
    ("string", "({ a: [1] })", '"{\\"a\\":[1]}"'),
    ("string", "NaN", '"null"'),
    ("string", "undefined", "undefined"),
    ("string", "function () {}", "undefined"),
    ("string", "circular", "does not have a string representation"),
    # The empty string.
    ("boolean", "''", "null"),
    ("int", "''", "null"),
    ("number", "''", "null"),
    ("select", "''", "null"),
    ("json", "''", "null"),
    ("JSON", "''", '""'),
    # Other strings: parsed, whatever the type; kept if they do not parse.
    ("int", "'5'", "5"),
    ("int", "'5.5'", "5.5"),
    ("number", "'abc'", '"abc"'),
    ("number", "'\"abc\"'", '"abc"'),
    ("number", "'true'", "true"),
    ("boolean", "'{\"a\":1}'", '{"a":1}'),
    ("boolean", "'yes'", '"yes"'),
    ("JSON", "'[1, 2]'", "[1,2]"),
    ("JSON", "'{not json'", '"{not json"'),
    ("record", "'{\"a\":1}'", '{"a":1}'),
    # To a boolean: truthiness.
    ("boolean", "0", "false"),
    ("boolean", "7", "true"),
    ("boolean", "({})", "true"),
    ("boolean", "undefined", "false"),
    # To a number.
    ("int", "5", "5"),
    ("int", "-0", "0"),
    ("int", "true", "in expected an int, but got a boolean: true"),
    ("int", "undefined", "in expected an int, but got a undefined: undefined"),
    ("number", "true", "in expected a number, but got a boolean: true"),
    ("number", "[1]", "in expected a number, but got a object: [ 1 ]"),
    ("int", "5.5", "in expected an int, but got 5.5"),
    ("int", "NaN", "in expected an int, but got NaN"),
    ("int", "Infinity", "in expected an int, but got Infinity"),
    # Everything else is unchanged, if it can be written down.
    ("JSON", "5", "5"),
    ("JSON", "undefined", "undefined"),
    ("JSON", "({ a: 1 })", '{"a":1}'),
    ("record", "({ a: 1 })", '{"a":1}'),
    ("select", "true", "true"),
    ("JSON", "circular", "does not have a JSON representation"),
    ("record", "circular", "does not have a JSON representation"),
]


def test_05_conversion_table(drive: Drive) -> None:
    cases = ",".join(f"[{json.dumps(type_)}, {value}]" for type_, value, _ in CONVERSIONS)
    run = drive(
        """
        const circular = {}; circular.self = circular;
        for (const [type, value] of CASES) {
          const a = make(function () { exports.setup = function () {}; }, 'top');
          const options = type === null ? {} : { type };
          a.input('in', options); a.output('out', options); a.parameter('p', options);
          const show = (work) => {
            try {
              const result = work();
              return Object.is(result, NaN) ? 'NaN' : String(JSON.stringify(result));
            } catch (error) {
              return error.message;
            }
          };
          trace(show(() => { a.provideInput('in', value); return a.inputs.in.currentValue; }));
          trace(show(() => { a.send('out', value); return a.latestOutput('out'); }));
          trace(show(() => { a.setParameter('p', value); return a.parameters.p.currentValue; }));
          trace(show(() => { a.setDefault('in', value); return a.inputs.in.value; }));
        }
        """.replace("CASES", f"[{cases}]")
    )
    assert len(run.lines) == 4 * len(CONVERSIONS)
    for index, (type_, value, expected) in enumerate(CONVERSIONS):
        lines = run.lines[4 * index : 4 * index + 4]
        for line, port in zip(lines, ["in", "out", "p", "in"], strict=True):
            if expected.startswith("in expected"):
                assert line == f"top.{port}{expected.removeprefix('in')}", (type_, value)
            elif expected.startswith("does not"):
                assert expected in line, (type_, value)
                assert f" provided to top.{port} " in line, (type_, value)
            else:
                assert line == expected, (type_, value)


def test_05_values_are_converted_at_every_step(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () {
            this.input('twice', { type: 'JSON' });
            this.input('hint', { type: 'string', options: ['x', 'y'], value: 'x' });
          };
        });
        a.provideInput('twice', '"5"');
        trace(a.inputs.twice.currentValue, a.get('twice'));
        a.provideInput('hint', 'no choice at all');
        trace(a.get('hint'));
        """
    )
    assert run.lines == ["5 5", "no choice at all"]


def test_06_get_falls_back_to_the_default_and_then_to_null(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () {
            this.input('plain'); this.input('int', { type: 'int', value: '7' });
            this.input('bad', { type: 'int', value: 1.5 }); this.input('undef');
            this.parameter('p', { value: 3 }); this.parameter('n', { type: 'number' });
            this.output('out');
          };
          exports.initialize = function () {
            setTimeout(() => trace('outside', this.get('plain'), this.get('int')), 1);
          };
          exports.fire = function () { trace('fire', this.get('plain'), this.get('int')); };
        });
        trace(a.get('plain'), a.get('int'), a.get('p'), a.get('n'));
        attempt(() => a.get('bad'));
        attempt(() => a.get('out'));
        attempt(() => a.get('constructor'));
        a.initialize();
        a.provideInput('plain', 1); a.provideInput('int', 2);
        trace(a.get('plain'), a.get('int'));
        a.react();
        trace(a.get('plain'), a.get('int'));
        a.provideInput('undef', undefined);
        trace(a.inputs.undef.pendingHandler, a.get('undef'));
        """
    )
    assert run.lines == [
        "null 7 3 null",
        "threw top.bad expected an int, but got 1.5",
        "threw accessor 'top' has no input or parameter 'out' "
        "(inputs: plain, int, bad, undef; parameters: p, n)",
        "threw accessor 'top' has no input or parameter 'constructor' "
        "(inputs: plain, int, bad, undef; parameters: p, n)",
        "1 2",
        "fire 1 2",
        "null 7",
        "true null",
        "outside null 7",
    ]


def test_07_parameters_and_defaults(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () {
            this.parameter('p', { value: 42 });
            this.parameter('typed', { type: 'int', value: '7' });
            for (const type of ['string', 'JSON', 'boolean', 'int', 'number']) {
              this.parameter(type, { type });
            }
            this.parameter('none'); this.input('x', { type: 'int', value: 1 });
          };
          exports.initialize = function () { this.addInputHandler('x', () => trace('handler')); };
        });
        a.initialize();
        trace(a.getParameter('p'), a.getParameter('typed'), a.getParameter('none'));
        trace(['string', 'JSON', 'boolean'].map((name) => String(a.getParameter(name))));
        attempt(() => a.getParameter('int'));
        attempt(() => a.getParameter('number'));
        attempt(() => a.getParameter('x'));
        a.setParameter('p', 12); trace(a.getParameter('p'), a.get('p'));
        a.setParameter('p', 0); trace(a.getParameter('p'));
        a.setParameter('p', null); trace(a.getParameter('p'));
        a.setParameter('p', undefined); trace(a.getParameter('p'));
        attempt(() => a.setParameter('nothing', 1));
        attempt(() => a.setParameter('x', 1));
        attempt(() => a.setParameter('typed', true));
        a.setDefault('x', '5'); trace(a.get('x'));
        a.setDefaultInput('x', { value: 6, visibility: 'none' }); trace(a.get('x'));
        attempt(() => a.setDefault('p', 1));
        attempt(() => a.setDefault(3, 1));
        attempt(() => a.setDefaultInput('nothing', {}));
        """
    )
    assert run.lines == [
        "42 7 undefined",
        '["undefined","undefined","false"]',
        "threw top.int expected an int, but got a undefined: undefined",
        "threw top.number expected a number, but got a undefined: undefined",
        run.lines[4],
        "12 12",
        "0",
        "42",
        "42",
        run.lines[9],
        run.lines[10],
        "threw top.typed expected an int, but got a boolean: true",
        "5",
        "6",
        run.lines[14],
        "threw an input's name must be a string; got 3",
        run.lines[16],
    ]
    assert run.lines[4].startswith("threw accessor 'top' has no parameter 'x'")
    assert run.lines[9].startswith("threw accessor 'top' has no parameter 'nothing'")
    assert run.lines[10].endswith("; for an input there is setDefault()")
    assert run.lines[14].startswith("threw accessor 'top' has no input 'p'")
    assert run.lines[16].startswith("threw accessor 'top' has no input 'nothing'")


def test_12_null_triggers_only_inputs_with_a_default(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () {
            this.input('plain'); this.input('seven', { value: 7 });
            this.input('empty', { value: null }); this.input('number', { type: 'number' });
          };
          exports.initialize = function () {
            for (const name of this.inputList) {
              this.addInputHandler(name, () => trace(name, this.get(name)));
            }
          };
          exports.fire = function () { trace('fire'); };
        });
        a.initialize();
        a.provideInput('plain', null); a.provideInput('empty', null); a.provideInput('number', '');
        a.react();
        a.provideInput('seven', null);
        a.react();
        // A null in the middle of a queue does not hold up what comes after it.
        for (const value of [1, null, 3]) a.provideInput('plain', value);
        a.react();
        """
    )
    assert run.lines == ["fire", "seven 7", "fire", "plain 1", "plain 3", "fire"]


def test_13_inputs_are_reset_and_outputs_persist(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () { this.input('x'); this.input('y'); this.output('out'); };
          exports.initialize = function () {
            this.addInputHandler('x', () => this.send('out', this.get('x')));
          };
        });
        a.initialize();
        trace(a.latestOutput('out'));
        attempt(() => a.latestOutput('x'));
        a.provideInput('x', 1); a.provideInput('y', 2); a.react();
        trace(a.get('x'), a.get('y'), a.inputs.x.currentValue, a.latestOutput('out'));
        a.react();
        trace(a.latestOutput('out'));
        """
    )
    assert run.lines == [
        "undefined",
        "threw accessor 'top' has no output 'x' (outputs: out, error)",
        "null null null 1",
        "1",
    ]


def test_41_long_strings_and_typed_arrays_pass_unchanged(drive: Drive) -> None:
    run = drive(
        """
        const top = make(function () {
          exports.setup = function () {
            this.input('in');
            var code = "exports.setup = function () { this.input('in'); this.output('out'); };" +
              "exports.initialize = function () { var s = this;" +
              "this.addInputHandler('in', function () { s.send('out', s.get('in')); }); }";
            var a = this.instantiateFromCode('a', code), b = this.instantiateFromCode('b', code);
            this.connect('in', a, 'in'); this.connect(a, 'out', b, 'in');
            this.b = b;
          };
        });
        top.initialize();
        const bytes = new Uint8Array([1, 2, 255]);
        const text = 'ä'.repeat(70000);
        const plain = [9, 8, 7];
        const seen = [];
        top.b.on('output', (name, value) => seen.push(value));
        for (const value of [bytes, text, plain]) top.provideInput('in', value);
        setTimeout(() => {
          trace(seen[0] === bytes, seen[1] === text, seen[2] === plain, seen[2].slice(1));
        }, 1);
        """
    )
    assert run.lines == ["true true true [8,7]"]


def test_42_values_are_shared_by_reference(drive: Drive) -> None:
    run = drive(
        """
        const top = make(function () {
          exports.setup = function () {
            this.input('in', { type: 'JSON' });
            var first = "exports.setup = function () { this.input('in'); };" +
              "exports.initialize = function () { var s = this;" +
              "this.addInputHandler('in', function () { delete s.get('in').p; }); }";
            var second = "exports.setup = function () { this.input('in'); };" +
              "exports.initialize = function () { var s = this;" +
              "this.addInputHandler('in', function () { trace(s.get('in')); }); }";
            this.connect('in', this.instantiateFromCode('first', first), 'in');
            this.connect('in', this.instantiateFromCode('second', second), 'in');
          };
        });
        top.initialize();
        const shared = { p: 1, q: 2 };
        top.provideInput('in', shared);
        setTimeout(() => trace(shared), 1);
        """
    )
    assert run.lines == ['{"q":2}', '{"q":2}']
