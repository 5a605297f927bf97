"""Checklist 30: mutable accessors."""

from __future__ import annotations

from .conftest import Drive

LIBRARY = {
    "Base": """
      exports.setup = function () {
        this.mutable(true);
        this.input('accessor'); this.output('state', { type: 'boolean' });
      };
      exports.initialize = function () {
        var self = this;
        this.addInputHandler('accessor', function () {
          var given = self.get('accessor');
          if (self.reify(given)) {
            self.root.reifyingAccessor.initialize();
            self.send('state', true);
          } else {
            self.unreify();
            self.send('state', false);
          }
        });
      };""",
    "Mutable": """
      exports.setup = function () {
        this.extend('Base');
        this.input('in', { type: 'number' }); this.output('out', { type: 'number' });
      };""",
    "gain/Double": """
      exports.setup = function () {
        this.input('in', { type: 'number' }); this.output('out', { type: 'number' });
        this.parameter('factor', { value: 2 }); this.input('offset', { value: 0 });
      };
      exports.initialize = function () {
        var self = this;
        trace('initialize', this.accessorName);
        this.addInputHandler('in', function () {
          self.send('out', self.get('in') * self.getParameter('factor') + self.get('offset'));
        });
      };
      exports.wrapup = function () { trace('wrapup', this.accessorName); };""",
}

# What the tests of this file share: a mutable `m`, whose outputs are told.
START = """
const m = instantiate('m', 'Mutable');
m.initialize();
const listen = () => {
  m.on('output', (name, value) => trace(name, value));
  m.on('reified', () => trace('reified')); m.on('unreified', () => trace('unreified'));
};
listen();
const give = (port, value) => { m.provideInput(port, value); m.react(); };
"""


def test_30_a_class_reifies_and_nothing_unreifies(drive: Drive) -> None:
    run = drive(
        START
        + """
        trace(m.isMutable, m.state, m.inputsMap, m.outputsMap, m.reifyingAccessor);
        give('in', 1);
        give('accessor', 'gain/Double');
        trace(m.state, m.inputsMap, m.outputsMap, m.containedAccessors.length);
        give('in', 21);
        give('accessor', { accessor: 'gain/Double', parameterMap: { factor: 10 },
          inputMap: { offset: 1 } });
        give('in', 5);
        give('accessor', '');
        trace(m.state, m.containedAccessors.length, m.inputs.in.destinations.length, m.initialized);
        listen();
        give('in', 5);
        give('accessor', 'gain/Double.js');
        give('in', 4);
        trace(getTopLevelAccessors().map((one) => one.accessorName));
        """,
        library=LIBRARY,
    )
    name = "m.m.tempAccessorName"
    assert run.lines == [
        "true unreified {} {} null",
        "reified",
        f"initialize {name}",
        "state true",
        'reified {"in":"in"} {"error":"error","out":"out"} 1',
        "out 42",
        f"wrapup {name}",
        "unreified",
        "reified",
        f"initialize {name}2",
        "state true",
        "out 51",
        f"wrapup {name}2",
        "unreified",
        # Its listeners have gone with the wrapup.
        "unreified 0 0 true",
        "reified",
        f"initialize {name}",
        "state true",
        "out 8",
        '["m"]',
    ]


def test_30_code_and_objects_reify(drive: Drive) -> None:
    run = drive(
        START
        + """
        give('accessor', "exports.setup = function () { this.input('in'); this.output('out'); };" +
          "exports.initialize = function () { var s = this;" +
          "this.addInputHandler('in', function () { s.send('out', -s.get('in')); }); };");
        give('in', 1);
        const own = instantiate('own', 'gain/Double');
        give('accessor', own);
        give('in', 2);
        trace(own.container === m, getTopLevelAccessors().map((one) => one.accessorName));
        trace(m.unreify(), m.unreify(), own.container);
        trace(getTopLevelAccessors().map((one) => one.accessorName));
        """,
        library=LIBRARY,
    )
    assert run.lines == [
        "reified",
        "state true",
        "out -1",
        "unreified",
        "reified",
        "initialize own",
        "state true",
        "out 4",
        'true ["m"]',
        "wrapup own",
        "unreified",
        "true false null",
        '["m","own"]',
    ]


def test_30_what_cannot_reify_is_reported(drive: Drive) -> None:
    run = drive(
        START
        + """
        const typed = (input, output) => make(`function () { exports.setup = function () {
          this.input('in', { type: '${input}' }); this.output('out', { type: '${output}' }); }; }`);
        trace(m.reify(typed('number', 'string')), m.state, m.containedAccessors.length);
        trace(m.reify(typed('string', 'number')), m.inputsMap, m.outputsMap);
        trace(m.reify({ accessor: 'gain/Double', parameterMap: {} }), m.reify(7), m.state);
        trace(own().reify('gain/Double'));
        function own() { return make(function () { exports.setup = function () {}; }, 'plain'); }
        """,
        library=LIBRARY,
    )
    assert run.lines == [
        "false unreified 0",
        "reified",
        'true {} {"error":"error","out":"out"}',
        "false false reified",
        "false",
    ]
    reports = [line for line in run.stderr.splitlines() if line.startswith("Error reported by")]
    assert reports == [
        "Error reported by accessor 'm': reify(): the types of output 'out' differ: "
        "number here, string there",
        "Error reported by accessor 'm': reify(): needs an accessor, a class, code or a map; got "
        "{ accessor: 'gain/Double', parameterMap: {} }",
        "Error reported by accessor 'm': reify(): needs an accessor, a class, code or a map; got 7",
        "Error reported by accessor 'plain': reify(): accessor 'plain' is not mutable",
    ]
    assert run.exit_code == 0


def test_30_a_class_or_code_that_fails_is_reported_and_the_handler_stays(drive: Drive) -> None:
    run = drive(
        START
        + """
        give('accessor', 'no/Such');
        give('accessor', 'var broken = ;');
        give('accessor', "exports.setup = function () { throw new Error('set up'); };");
        give('accessor', 'throw new Proxy({}, { getPrototypeOf() { throw 1; } });');
        give('accessor', 'x'.repeat(5000));
        give('accessor', 'lacks/Module');
        trace(m.state, m.containedAccessors.length, getTopLevelAccessors().length);
        give('accessor', 'gain/Double');
        give('in', 4);
        """,
        library={
            **LIBRARY,
            "lacks/Module": "exports.setup = function () { require('no-such'); };",
        },
    )
    assert run.lines == [
        *["state false"] * 6,
        "unreified 0 1",
        "reified",
        "initialize m.m.tempAccessorName",
        "state true",
        "out 8",
    ]
    assert run.exit_code == 0
    lines = run.stderr.splitlines()
    told = [line for line in lines if line.startswith("Error reported by accessor 'm': reify(): ")]
    assert len(told) == 6
    missing, broken, failing, proxy, long, lacking = told
    assert "'no/Such' is no class (Error: Cannot find accessor class 'no/Such'; looked" in missing
    assert missing.endswith("ReferenceError: no is not defined")
    assert "SyntaxError" in broken
    assert "set up" in failing
    assert "is no class" in proxy
    assert len(long) < 1000
    assert "'lacks/Module' fails: " in lacking
    assert "Cannot find module 'no-such'" in lacking
    assert any("Module.js:1" in line for line in lines), "where it fails"


def test_30_a_class_whose_name_looks_like_code_is_a_class(drive: Drive) -> None:
    run = drive(
        START
        + """
        give('accessor', 'odd/a=b;c');
        give('in', 1);
        """,
        library={**LIBRARY, "odd/a=b;c": LIBRARY["gain/Double"]},
    )
    assert run.lines[-1] == "out 2"


def test_30_is_reifiable_by(drive: Drive) -> None:
    run = drive(
        """
        const made = (inputs, outputs) => {
          const a = make(function () { // Nothing.
          });
          for (const [name, type] of Object.entries(inputs)) a.input(name, type ? { type } : {});
          for (const [name, type] of Object.entries(outputs)) a.output(name, type ? { type } : {});
          return a;
        };
        const m = made({ in: 'number', other: '' }, { out: 'number' });
        trace(isReifiableBy(m, made({ in: 'number' }, { out: 'number', more: '' })));
        trace(isReifiableBy(m, made({ in: '', other: 'string' }, { out: '' })));
        trace(isReifiableBy(m, made({}, { out: 'number' })));
        trace(isReifiableBy(m, made({ foreign: '' }, { out: 'number' })));
        trace(isReifiableBy(m, made({ in: 'number' }, {})));
        trace(isReifiableBy(m, made({ in: 'string' }, { out: 'number' })));
        trace(isReifiableBy(m, made({ in: 'number' }, { out: 'string' })));
        """
    )
    assert run.lines == ["true", "true", "true", "false", "false", "false", "false"]


def test_30_a_contained_mutable_wraps_up_what_reifies_it_once(drive: Drive) -> None:
    run = drive(
        """
        const top = make(function () {
          exports.setup = function () {
            this.input('in'); this.input('what'); this.output('out');
            this.m = this.instantiate('m', 'Mutable');
            this.connect('what', this.m, 'accessor'); this.connect('in', this.m, 'in');
            this.connect(this.m, 'out', 'out');
          };
          exports.wrapup = function () { trace('top wrapup', this.m.state); };
        });
        top.initialize();
        top.on('output', (name, value) => trace(name, value));
        top.provideInput('what', 'gain/Double'); top.react();
        top.provideInput('in', 3); top.react();
        top.wrapup();
        """,
        library=LIBRARY,
    )
    name = "top.m.top.m.tempAccessorName"
    assert run.lines == [
        f"initialize {name}",
        "out 6",
        f"wrapup {name}",
        "top wrapup unreified",
    ]
