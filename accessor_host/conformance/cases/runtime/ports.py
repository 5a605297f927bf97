"""Inputs, outputs, parameters, and what can be asked of them."""

from __future__ import annotations

from ...case import Suite
from ...values import AN_ERROR, UNDEFINED
from ._code import COMMON, SPECIFICATION, accessor

__all__ = ["suite"]

suite = Suite("runtime", "runtime", accessor=True)

suite.reports(
    "ports/default-value",
    "must",
    "get() returns the default of an input that has no value, and null without a default.",
    SPECIFICATION + "get",
    accessor(
        "this.input('with', {value: 7});\nthis.input('without');",
        initialize="report('get', this.get('with'), this.get('without'));",
    ),
    ("get", 7, None),
)

suite.reports(
    "ports/parameter",
    "must",
    "getParameter() returns the value that was set, before that the default.",
    SPECIFICATION + "parameter",
    accessor(
        "this.parameter('p', {value: 42});",
        initialize="report('default', this.getParameter('p'));\nthis.setParameter('p', 12);\n"
        "report('set', this.getParameter('p'));",
    ),
    ("default", 42),
    ("set", 12),
)

suite.reports(
    "ports/parameter-of-an-input",
    "should",
    "getParameter() with the name of an input is an error.",
    COMMON + "ports and parameters",
    accessor(
        "this.input('x', {value: 1});",
        initialize="var self = this;\n"
        "attempt('x', function () { return self.getParameter('x'); });",
    ),
    ("x", "threw", AN_ERROR),
)

suite.reports(
    "ports/parameter-reset",
    "should",
    "setParameter() with null brings the default back.",
    COMMON + "ports and parameters",
    accessor(
        "this.parameter('p', {value: 42});",
        initialize="this.setParameter('p', 12);\nthis.setParameter('p', null);\n"
        "report('p', this.getParameter('p'));",
    ),
    ("p", 42),
)

suite.reports(
    "ports/set-default",
    "must",
    "setDefault() changes what get() returns without a value, and triggers no handler.",
    SPECIFICATION + "setDefault",
    accessor(
        "this.input('x', {value: 1});",
        initialize="this.addInputHandler('x', reporter('handler'));\nthis.setDefault('x', 2);\n"
        "report('x', this.get('x'));\nsettle();",
    ),
    ("x", 2),
    ("settled",),
)

suite.reports(
    "ports/merged-options",
    "should",
    "Options of a second definition are merged into those of the first.",
    COMMON + "ports and parameters",
    accessor(
        "this.input('x', {type: 'number', value: 1});\nthis.input('x', {value: 2});",
        initialize="report('x', this.get('x'), this.inputs.x.type, this.inputList);",
    ),
    ("x", 2, "number", ["x"]),
)

suite.reports(
    "ports/error-output",
    "should",
    "After setup, an accessor has an output named error, behind its own.",
    COMMON + "construction",
    accessor("this.output('y');", initialize="report('outputs', this.outputList);"),
    ("outputs", ["y", "error"]),
)

for _name, _call in {
    "input": "this.provideInput('nobody', 1)",
    "get": "this.get('nobody')",
    "parameter": "this.setParameter('nobody', 1)",
    "output": "this.send('nobody', 1)",
    "latest-output": "this.latestOutput('nobody')",
    "handler": "this.addInputHandler('nobody', function () {})",
}.items():
    suite.reports(
        f"ports/unknown-{_name}",
        "must" if _name in ("get", "output", "handler") else "should",
        f"{_call.split('.')[1].split('(')[0]}() with an unknown name throws.",
        (SPECIFICATION if _name in ("get", "output", "handler") else COMMON) + "ports",
        accessor(
            "this.input('x');\nthis.output('y');",
            initialize=f"try {{ {_call}; report('returned'); }}\n"
            "catch (error) { report('threw', error); }",
        ),
        ("threw", AN_ERROR),
    )

suite.reports(
    "ports/latest-output",
    "should",
    "latestOutput() is undefined before the first send(), and then the value that was sent last.",
    COMMON + "send",
    accessor(
        "this.output('y');",
        initialize="report('before', this.latestOutput('y'));\nthis.send('y', 1);\n"
        "this.send('y', 2);\nreport('after', this.latestOutput('y'));",
    ),
    ("before", UNDEFINED),
    ("after", 2),
)
