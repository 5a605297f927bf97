"""Reactions: which handlers are called, in which order, and what they find."""

from __future__ import annotations

from ...case import Suite
from ...values import AN_ERROR
from ._code import COMMON, SPECIFICATION, accessor

__all__ = ["suite"]

suite = Suite("runtime", "runtime", accessor=True)

_HANDLERS = """
var self = this;
this.addInputHandler(function () { report('generic', self.get('x'), self.get('y')); });
this.addInputHandler('y', function () { report('y', self.get('y')); });
this.addInputHandler('x', function () { report('x 1', self.get('x')); });
this.addInputHandler('x', function () { report('x 2', self.get('x')); });
"""

suite.reports(
    "reactions/golden-order",
    "should",
    "Handlers are called in the order of the inputs, then generic ones, then fire; then inputs "
    "have no value any more.",
    COMMON + "golden traces",
    accessor(
        "this.input('x');\nthis.input('y');",
        initialize=_HANDLERS + "this.provideInput('y', 1);\nthis.provideInput('x', 2);\n"
        "this.react();\nreport('after', this.get('x'));",
        fire="report('fire', this.get('x'), this.get('y'));",
    ),
    ("x 1", 2),
    ("x 2", 2),
    ("y", 1),
    ("generic", 2, 1),
    ("fire", 2, 1),
    ("after", None),
)

suite.reports(
    "reactions/golden-queue",
    "should",
    "Values that come before the reaction are kept: the handler is called for each, fire once.",
    COMMON + "golden traces",
    accessor(
        "this.input('x');",
        initialize="var self = this;\n"
        "this.addInputHandler('x', function () { report('x', self.get('x')); });\n"
        "this.addInputHandler(function () { report('generic', self.get('x')); });\n"
        "[1, 2, 3].forEach(function (value) { self.provideInput('x', value); });\nthis.react();",
        fire="report('fire', this.get('x'));",
    ),
    ("x", 1),
    ("x", 2),
    ("x", 3),
    ("generic", 3),
    ("fire", 3),
)

suite.reports(
    "reactions/golden-throwing-handler",
    "should",
    "A handler that throws is removed, and its error leaves react(); the next reaction has the "
    "others.",
    COMMON + "golden traces",
    accessor(
        "this.input('x');",
        initialize="var self = this;\n"
        "this.addInputHandler('x', function () { throw new Error('first'); });\n"
        "this.addInputHandler('x', function () { report('second', self.get('x')); });\n"
        "function again(value) {\n  self.provideInput('x', value);\n"
        "  try { self.react(); report('reacted'); } catch (error) { report('threw', error); }\n}\n"
        "again(1);\nagain(2);",
        fire="report('fire');",
    ),
    ("threw", AN_ERROR),
    ("second", 2),
    ("fire",),
    ("reacted",),
)

suite.reports(
    "reactions/golden-null",
    "should",
    "null triggers the handler only of an input that has a default, which it then reads.",
    COMMON + "golden traces",
    accessor(
        "this.input('without');\nthis.input('with', {value: 7});",
        initialize="var self = this;\n"
        "this.addInputHandler('without', reporter('without'));\n"
        "this.addInputHandler('with', function () { report('with', self.get('with')); });\n"
        "this.provideInput('without', null);\nthis.react();\n"
        "this.provideInput('with', null);\nthis.react();",
        fire="report('fire');",
    ),
    ("fire",),
    ("with", 7),
    ("fire",),
)

suite.reports(
    "reactions/golden-own-input",
    "should",
    "send() to an own input causes a reaction of its own for each value.",
    COMMON + "golden traces",
    accessor(
        "this.input('x');",
        initialize="var self = this;\nthis.addInputHandler('x', function () {\n"
        "  var x = self.get('x');\n  report('x', x);\n  if (x < 3) self.send('x', x + 1);\n});\n"
        "this.send('x', 1);",
        fire="report('fire');",
    ),
    ("x", 1),
    ("fire",),
    ("x", 2),
    ("fire",),
    ("x", 3),
    ("fire",),
)

suite.reports(
    "reactions/arguments",
    "must",
    "A handler is called with the arguments that were given behind it.",
    SPECIFICATION + "addInputHandler",
    accessor(
        "this.input('x');",
        initialize="this.addInputHandler('x', reporter('x'), 'one', 2);\n"
        "this.provideInput('x', 1);\nthis.react();",
    ),
    ("x", "one", 2),
)

suite.reports(
    "reactions/removed-handler",
    "must",
    "removeInputHandler() removes the handler whose number it is given, and no other.",
    SPECIFICATION + "removeInputHandler",
    accessor(
        "this.input('x');",
        initialize="var first = this.addInputHandler('x', reporter('first'));\n"
        "this.addInputHandler('x', reporter('second'));\nthis.removeInputHandler(first);\n"
        "this.provideInput('x', 1);\nthis.react();\nreport('done');",
    ),
    ("second",),
    ("done",),
)

suite.reports(
    "reactions/generic-handler-throws",
    "should",
    "A generic handler that throws does not stop the reaction.",
    COMMON + "reactions",
    accessor(
        "this.input('x');",
        initialize="this.addInputHandler(function () { throw new Error('generic'); });\n"
        "this.provideInput('x', 1);\nthis.react();\nreport('reacted');",
        fire="report('fire');",
    ),
    ("fire",),
    ("reacted",),
)

suite.reports(
    "reactions/events",
    "should",
    "reactStart, output and reactEnd are emitted in this order; output has name and value.",
    COMMON + "event emitter",
    accessor(
        "this.input('x');\nthis.output('y', {type: 'string'});",
        initialize="var self = this;\n"
        "['reactStart', 'output', 'reactEnd'].forEach(function (name) {\n"
        "  self.on(name, reporter(name));\n});\n"
        "this.provideInput('x', 1);\nthis.react();",
        fire="this.send('y', this.get('x'));",
    ),
    ("reactStart",),
    ("output", "y", "1"),
    ("reactEnd",),
)
