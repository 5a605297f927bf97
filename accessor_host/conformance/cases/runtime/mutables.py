"""Mutables: accessors that take the place of others."""

from __future__ import annotations

from ...case import Suite
from ._code import COMMON, accessor, instance, quoted

__all__ = ["suite"]

suite = Suite("runtime", "runtime", accessor=True)

_MUTABLE = instance(
    "M", accessor("this.mutable(true);\nthis.input('in');\nthis.output('out', {type: 'number'});")
)
_GAIN = accessor(
    "this.input('in');\nthis.output('out');\nthis.parameter('gain', {value: 2});",
    initialize="var self = this;\nthis.addInputHandler('in', function () {\n"
    "  self.send('out', self.get('in') * self.getParameter('gain'));\n});",
)
_OTHER = accessor("this.input('in');\nthis.output('out', {type: 'string'});")
_OUTPUTS = "M.on('output', function (name, value) { report('output', name, value); });\n"

suite.reports(
    "mutables/reified",
    "should",
    "A reified accessor gets what the mutable is given, and sends for it.",
    COMMON + "mutables",
    accessor(
        f"{_MUTABLE}\nthis.M = M;",
        initialize=f"var M = this.M;\n{_OUTPUTS}"
        f"report('reified', M.reify({quoted(_GAIN)}), M.state);\n"
        "M.containedAccessors[0].initialize();\nM.provideInput('in', 3);",
    ),
    ("reified", True, "reified"),
    ("output", "out", 6),
)

suite.reports(
    "mutables/unreified",
    "should",
    "unreify() takes the accessor out again, and returns whether there was any.",
    COMMON + "mutables",
    accessor(
        f"{_MUTABLE}\nthis.M = M;",
        initialize=f"var M = this.M;\nM.reify({quoted(_GAIN)});\n"
        "report('first', M.unreify(), M.state);\n"
        "report('second', M.unreify(), M.containedAccessors.length);",
    ),
    ("first", True, "unreified"),
    ("second", False, 0),
)

suite.reports(
    "mutables/other-types",
    "should",
    "An accessor whose outputs have other types is not reified.",
    COMMON + "mutables",
    accessor(
        f"{_MUTABLE}\nthis.M = M;",
        initialize=f"report('reified', this.M.reify({quoted(_OTHER)}), this.M.state);",
    ),
    ("reified", False, "unreified"),
)

suite.reports(
    "mutables/unknown",
    "should",
    "reify() of a text that is neither a class nor code that runs returns false, and no more.",
    COMMON + "mutables",
    accessor(
        f"{_MUTABLE}\nthis.M = M;",
        initialize="var M = this.M;\n"
        "report('class', M.reify('no/Such'), M.state);\n"
        "report('failing', M.reify(\"throw new Error('wrong');\"), M.state);\n"
        "report('module', M.reify(\"require('./no-such.js');\"), M.state);\n"
        f"report('reified', M.reify({quoted(_GAIN)}), M.state);",
    ),
    ("class", False, "unreified"),
    ("failing", False, "unreified"),
    ("module", False, "unreified"),
    ("reified", True, "reified"),
)

suite.reports(
    "mutables/parameters",
    "should",
    "reify() with maps sets parameters of the accessor.",
    COMMON + "mutables",
    accessor(
        f"{_MUTABLE}\nthis.M = M;",
        initialize=f"var M = this.M;\n{_OUTPUTS}"
        f"M.reify({{accessor: {quoted(_GAIN)}, parameterMap: {{gain: 5}}, inputMap: {{}}}});\n"
        "M.containedAccessors[0].initialize();\nM.provideInput('in', 3);",
    ),
    ("output", "out", 15),
)

suite.reports(
    "mutables/events",
    "should",
    "A mutable emits reified and unreified.",
    COMMON + "event emitter",
    accessor(
        f"{_MUTABLE}\nthis.M = M;",
        initialize="var M = this.M;\n"
        "M.on('reified', function () { report('reified'); });\n"
        "M.on('unreified', function () { report('unreified'); });\n"
        f"M.reify({quoted(_GAIN)});\nM.unreify();",
    ),
    ("reified",),
    ("unreified",),
)

suite.reports(
    "mutables/not-mutable",
    "should",
    "reify() of an accessor that is no mutable returns false.",
    COMMON + "mutables",
    accessor(
        instance("A", accessor("this.input('in');")) + "\nthis.A = A;",
        initialize=f"report('reified', this.A.reify({quoted(_GAIN)}));",
    ),
    ("reified", False),
)
