"""Accessors in accessors: connections, the order of reactions, names."""

from __future__ import annotations

from ...case import Suite
from ...values import AN_ERROR
from ._code import COMMON, SPECIFICATION, accessor, instance, quoted

__all__ = ["suite"]

suite = Suite("runtime", "runtime", accessor=True)

_JOIN = accessor(
    "this.input('a');\nthis.input('b');\nthis.output('out');",
    initialize="var self = this;\n"
    "this.addInputHandler('a', function () { report('a', self.get('a')); });\n"
    "this.addInputHandler('b', function () { report('b', self.get('b')); });",
    fire="report('D fires', this.get('a'), this.get('b'));\n"
    "this.send('out', this.get('a') + this.get('b'));",
)


def _adder(name: str) -> str:
    return accessor(
        "this.input('in');\nthis.output('out');",
        initialize="var self = this;\nthis.addInputHandler('in', function () {\n"
        f"  report('{name}', self.get('in'));\n  self.send('out', self.get('in') + 1);\n}});",
    )


suite.reports(
    "composites/golden-diamond",
    "should",
    "In a diamond, all that is upstream reacts first: where two paths join, both values are there.",
    COMMON + "golden traces",
    accessor(
        "this.input('in');\nthis.output('out');\n"
        + "\n".join((instance("D", _JOIN), instance("P", _adder("P")), instance("Q", _adder("Q"))))
        + "\nthis.connect('in', P, 'in');\nthis.connect(P, 'out', Q, 'in');\n"
        "this.connect(P, 'out', D, 'a');\nthis.connect(Q, 'out', D, 'b');\n"
        "this.connect(D, 'out', 'out');",
        initialize="this.on('output', function (name, value) { report('output', name, value); });\n"
        "this.provideInput('in', 5);",
    ),
    ("P", 5),
    ("Q", 6),
    ("a", 6),
    ("b", 7),
    ("D fires", 6, 7),
    ("output", "out", 13),
)

suite.reports(
    "composites/golden-burst",
    "should",
    "Three values that one handler sends reach the next accessor as three; its fire runs twice.",
    COMMON + "golden traces",
    accessor(
        instance(
            "A",
            accessor(
                "this.output('out');",
                initialize="var self = this;\n"
                "[10, 20, 30].forEach(function (value) { self.send('out', value); });",
            ),
        )
        + "\n"
        + instance(
            "B",
            accessor(
                "this.input('in');",
                initialize="var self = this;\n"
                "this.addInputHandler('in', function () { report('in', self.get('in')); });",
                fire="report('fire', this.get('in'));",
            ),
        )
        + "\nthis.connect(A, 'out', B, 'in');",
        initialize="settle();",
    ),
    ("in", 10),
    ("in", 20),
    ("in", 30),
    ("fire", 30),
    ("fire", None),
    ("settled",),
)

_SOURCE = accessor("this.output('out');")
_SINK = accessor(
    "this.input('in');",
    initialize="var self = this;\nthis.addInputHandler('in', function () {\n"
    "  report(self.getName(), self.get('in'));\n});",
)

suite.reports(
    "composites/fan-out",
    "must",
    "An output that is connected to several inputs sends to each.",
    SPECIFICATION + "connect",
    accessor(
        "\n".join((instance("A", _SOURCE), instance("B", _SINK), instance("C", _SINK)))
        + "\nthis.connect(A, 'out', B, 'in');\nthis.connect(A, 'out', C, 'in');\nthis.A = A;",
        initialize="this.A.send('out', 1);",
    ),
    ("script.B", 1),
    ("script.C", 1),
)

suite.reports(
    "composites/by-reference",
    "should",
    "Values travel by reference: what receives an object receives the same one.",
    COMMON + "values",
    accessor(
        "\n".join((instance("A", _SOURCE), instance("B", accessor("this.input('in');"))))
        + "\nthis.connect(A, 'out', B, 'in');\nthis.A = A;\nthis.B = B;",
        initialize="var value = {a: 1};\nthis.A.send('out', value);\n"
        "report('same', this.B.get('in') === value);",
    ),
    ("same", True),
)

suite.reports(
    "composites/pass-through",
    "should",
    "A composite's input that is connected to its output passes values.",
    COMMON + "connect",
    accessor(
        "this.input('in');\nthis.output('out');\nthis.connect('in', 'out');",
        initialize="this.provideInput('in', 3);\nreport('out', this.latestOutput('out'));",
    ),
    ("out", 3),
)

suite.reports(
    "composites/disconnected",
    "extra",
    "disconnect() removes the connection that it names, and no other.",
    "decision of accessor-host",
    accessor(
        "\n".join((instance("A", _SOURCE), instance("B", _SINK), instance("C", _SINK)))
        + "\nthis.connect(A, 'out', B, 'in');\nthis.connect(A, 'out', C, 'in');\n"
        "this.disconnect(A, 'out', B, 'in');\nthis.A = A;",
        initialize="this.A.send('out', 1);\nsettle();",
    ),
    ("script.C", 1),
    ("settled",),
)

suite.reports(
    "composites/unknown-port",
    "must",
    "connect() with a port that there is not throws.",
    SPECIFICATION + "connect",
    accessor(
        instance("A", _SOURCE)
        + "\ntry { this.connect(A, 'nobody', A, 'in'); report('returned'); }\n"
        "catch (error) { report('threw', error); }"
    ),
    ("threw", AN_ERROR),
)

suite.reports(
    "composites/unique-names",
    "should",
    "Instances of the same name get numbers, and the name of their container before theirs.",
    COMMON + "instantiate",
    accessor(
        "var code = 'exports.setup = function () {};', self = this;\n"
        "report('names', ['Gain', 'Gain', 'Gain'].map(function (name) {\n"
        "  return self.instantiateFromCode(name, code).getName();\n}));"
    ),
    ("names", ["script.Gain", "script.Gain2", "script.Gain3"]),
)

_LOOP = accessor(
    "\n".join(
        instance(name, accessor("this.input('in');\nthis.output('out');")) for name in ("A", "B")
    )
    + "\nthis.connect(A, 'out', B, 'in');\nthis.connect(B, 'out', A, 'in');"
)

suite.reports(
    "composites/causality-loop",
    "should",
    "A loop of connections without a spontaneous output throws at initialize.",
    COMMON + "priorities",
    accessor(
        "this.input('in');",
        initialize=f"var inner = this.instantiateFromCode('Loop', {quoted(_LOOP)});\n"
        "try { inner.initialize(); report('returned'); }\n"
        "catch (error) { report('threw', error); }",
    ),
    ("threw", AN_ERROR),
)

suite.reports(
    "composites/spontaneous",
    "should",
    "What a contained accessor sends from a timer makes the others react, without a fire of "
    "the composite.",
    COMMON + "scheduling",
    accessor(
        instance(
            "A",
            accessor(
                "this.output('out', {spontaneous: true});",
                initialize="var self = this;\n"
                "setTimeout(function () { self.send('out', 'tick'); }, 10);",
            ),
        )
        + "\n"
        + instance("B", _SINK)
        + "\nthis.connect(A, 'out', B, 'in');"
    ),
    ("script.B", "tick"),
)
