"""Checklist 16: `extend`, `implement`, `ssuper`."""

from __future__ import annotations

from .conftest import Drive

LEVELS = {
    "A": """
      exports.setup = function () {
        this.input('in', { type: 'int', value: 1 }); this.output('out');
        this.parameter('p', { value: 'A' });
      };
      exports.initialize = function () {
        trace('A initialize', this === this.root, this.root.accessorName);
        var self = this;
        this.addInputHandler('in', function () {
          trace('A handler', this === self.root, self.get('in'));
          self.send('out', self.exports.compute.call(self, self.get('in')));
        });
      };
      exports.compute = function (value) { return 'A' + value; };
      exports.greet = function () { return 'A greets ' + this.accessorName; };
      exports.fire = function () { trace('A fire'); };
      exports.wrapup = function () { trace('A wrapup'); };""",
    "B": """
      exports.setup = function () {
        this.extend('A'); this.output('more'); this.parameter('p', { value: 'B' });
      };
      exports.initialize = function () {
        trace('B initialize'); exports.ssuper.initialize.call(this);
      };
      exports.compute = function (value) {
        return 'B' + exports.ssuper.compute.call(this, value);
      };""",
    "C": """
      exports.setup = function () { this.extend('B'); this.input('last'); };
      exports.initialize = function () {
        trace('C initialize'); this.ssuper.initialize();
      };
      exports.compute = function (value) {
        return 'C' + this.exports.ssuper.compute.call(this, value);
      };""",
}


def test_16_levels_share_ports_and_are_linked(drive: Drive) -> None:
    run = drive(
        """
        const c = instantiate('c', 'C');
        trace(c.inputList, c.outputList, c.getParameter('p'));
        const b = c.ssuper, a = b.ssuper;
        trace(b.accessorName, a.accessorName, a.getAccessorClass(), c.getAccessorClass());
        trace(a.root === c, b.root === c, c.root === c, a.extendedBy === b, c.extending === b);
        trace(Object.getPrototypeOf(b) === c, Object.getPrototypeOf(a) === b, a.ssuper);
        trace(c.exports.ssuper === b.exports, b.exports.ssuper === a.exports, a.exports.ssuper);
        trace(Object.getPrototypeOf(c.exports) === b.exports, c.exports.greet.call(c));
        trace(getTopLevelAccessors().map((one) => one.accessorName));
        """,
        library=LEVELS,
    )
    assert run.lines == [
        '["in","last"] ["out","error","more"] B',
        "c_B c_B_A A C",
        "true true true true true",
        "true true null",
        "true true null",
        "true A greets c",
        '["c"]',
    ]


def test_16_base_functions_run_and_are_overridden(drive: Drive) -> None:
    run = drive(
        """
        const c = instantiate('c', 'C');
        c.initialize();
        c.provideInput('in', '5');
        c.react();
        trace(c.latestOutput('out'), c.isInitialized(), c.ssuper.isInitialized());
        c.wrapup();
        trace(c.isInitialized(), c.inputHandlerID);
        """,
        library=LEVELS,
    )
    assert run.lines == [
        "C initialize",
        "B initialize",
        "A initialize false c",
        "A handler true 5",
        "A fire",
        # C calls the base's method, so that `self` is B in it, and its `exports` are B's.
        "BA5 true true",
        "A wrapup",
        "false 0",
    ]


def test_16_functions_are_inherited_and_this_exports_reaches_the_derived(drive: Drive) -> None:
    run = drive(
        """
        const d = instantiate('d', 'D');
        d.initialize(); d.provideInput('in', 1); d.react();
        trace(d.latestOutput('out'));
        d.wrapup();
        """,
        library={
            "E": """
              exports.setup = function () { this.input('in'); this.output('out'); };
              exports.initialize = function () {
                trace('E initialize', this === this.root);
                var self = this;
                this.addInputHandler('in', function () {
                  self.send('out', this.exports.name.call(this));
                });
              };
              exports.name = function () { return 'E'; };
              exports.fire = function () { trace('E fire', this.accessorName); };
              exports.wrapup = function () { trace('E wrapup'); };""",
            "D": """
              exports.setup = function () { this.extend('E'); };
              exports.name = function () {
                return 'D of ' + this.exports.ssuper.name.call(this);
              };""",
        },
    )
    assert run.lines == ["E initialize true", "E fire d", "D of E", "E wrapup"]


def test_16_only_one_extension_and_any_number_of_interfaces(drive: Drive) -> None:
    run = drive(
        """
        const i = instantiate('i', 'I');
        const levels = i.implementedInterfaces;
        trace(i.inputList, i.outputList, levels.length, i.ssuper, i.exports.ssuper);
        trace(levels[0].root === i, levels[1].implementedBy === i);
        attempt(() => i.exports.initialize);
        i.initialize();
        attempt(() => instantiate('twice', 'Twice'));
        attempt(() => instantiate('missing', 'ExtendsMissing'));
        """,
        library={
            **LEVELS,
            "Other": "exports.setup = function () { this.input('other'); };",
            "I": """
              exports.setup = function () {
                this.input('own'); this.implement('A'); this.implement('Other');
              };""",
            "Twice": "exports.setup = function () { this.extend('A'); this.extend('Other'); };",
            "ExtendsMissing": "exports.setup = function () { this.extend('Nowhere'); };",
        },
    )
    assert run.lines[:3] == [
        '["own","in","other"] ["out","error"] 2 null null',
        "true true",
        "returned undefined",
    ]
    assert run.lines[3] == (
        "threw Exception in setup() of accessor 'twice': "
        "Error: accessor 'twice' cannot extend 'Other': it extends 'A' already"
    )
    assert "Cannot find accessor class 'Nowhere'" in run.lines[4]


def test_16_timers_and_handlers_of_all_levels_end_with_the_root(drive: Drive) -> None:
    run = drive(
        """
        const d = instantiate('d', 'Derived');
        d.initialize();
        trace(Object.keys(d.timers).length, Object.keys(d.ssuper.timers).length);
        """,
        library={
            "Base": """
              exports.setup = function () { this.implement('Face'); };
              exports.initialize = function () {
                setInterval(function () { trace('base'); }, 10, 'L');
                this.handle = setTimeout(function () { trace('never'); }, 12, 'L');
              };""",
            "Face": """
              exports.setup = function () { setTimeout(function () { trace('face'); }, 5000); };""",
            "Derived": """
              exports.setup = function () { this.extend('Base'); };
              exports.initialize = function () {
                this.ssuper.initialize();
                // A handle is known at every level.
                clearTimeout(this.ssuper.handle);
                setInterval(function () { trace('derived'); }, 10, 'L');
                var self = this;
                setTimeout(function () {
                  self.wrapup();
                  trace('wrapped up', Object.keys(self.ssuper.timers).length);
                }, 15, 'L');
              };""",
        },
    )
    assert run.lines == ["2 1", "base", "derived", "wrapped up 0"]


def test_16_reference_accessors(drive: Drive) -> None:
    # The shapes that the reference's own tests check (section 10).
    run = drive(
        """
        const c = instantiate('c', 'test/DerivedC');
        c.initialize(); c.provideInput('in1', '42'); c.react();
        trace(c.latestOutput('out1'));
        const d = instantiate('d', 'test/DerivedAgainA');
        d.initialize(); d.provideInput('in1', 42); d.react();
        trace(d.latestOutput('out1'), d.latestOutput('out2'), d.outputList);
        """,
        library={
            "test/DerivedA": """
              exports.setup = function () {
                this.input('in1', { type: 'number' }); this.output('out1', { type: 'number' });
              };
              exports.initialize = function () {
                var self = this;
                this.addInputHandler('in1', function () { self.exports.handle.call(self); });
              };
              exports.handle = function () { this.send('out1', 1); };""",
            "test/DerivedC": """
              exports.setup = function () { this.extend('test/DerivedA'); };
              exports.handle = function () {
                this.send('out1', this.get('in1') === 42 ? 2 : -1);
              };""",
            "test/DerivedAgainA": """
              exports.setup = function () {
                this.extend('test/DerivedC'); this.output('out2', { type: 'number' });
              };
              exports.handle = function () {
                exports.ssuper.handle.call(this); this.send('out2', this.latestOutput('out1'));
              };""",
        },
    )
    assert run.lines == ["2", '2 2 ["out1","error","out2"]']
