"""What is called when, and what a script finds."""

from __future__ import annotations

from ...case import Suite
from ...values import AN_ERROR, UNDEFINED
from ._code import COMMON, SPECIFICATION, accessor, instance, quoted

__all__ = ["suite"]

suite = Suite("runtime", "runtime", accessor=True)

_COUNTING = "var count = 0;\n" + accessor(
    "count += 1;", initialize="report(this.getName(), count);"
)

suite.reports(
    "life-cycle/order",
    "must",
    "setup is called first, then initialize; after stop() comes wrapup.",
    SPECIFICATION + "Functions",
    accessor(
        "report('setup');",
        initialize="report('initialize');\nthis.stop();",
        wrapup="report('wrapup');",
    ),
    ("setup",),
    ("initialize",),
    ("wrapup",),
)

suite.reports(
    "life-cycle/this",
    "should",
    "this is the accessor itself, in its script and in each of its functions.",
    COMMON + "life cycle",
    "var self = this;\n"
    + accessor(
        "report('setup', this === self);",
        initialize="report('initialize', this === self);\nthis.react();",
        fire="report('fire', this === self);\nthis.stop();",
        wrapup="report('wrapup', this === self);",
    ),
    ("setup", True),
    ("initialize", True),
    ("fire", True),
    ("wrapup", True),
)

suite.reports(
    "life-cycle/children-first",
    "should",
    "Contained accessors are initialized before their container, in the order of instantiation.",
    COMMON + "life cycle",
    accessor(
        instance("A", accessor("this.a = 1;", initialize="report('A');"))
        + "\n"
        + instance("B", accessor("this.b = 1;", initialize="report('B');")),
        initialize="report('container');",
    ),
    ("A",),
    ("B",),
    ("container",),
)

suite.reports(
    "life-cycle/children-wrap-up-first",
    "should",
    "Contained accessors are wrapped up before their container.",
    COMMON + "life cycle",
    accessor(
        instance("A", accessor("this.a = 1;", wrapup="report('A');"))
        + "\n"
        + instance("B", accessor("this.b = 1;", wrapup="report('B');")),
        initialize="this.stop();",
        wrapup="report('container');",
    ),
    ("A",),
    ("B",),
    ("container",),
)

suite.reports(
    "life-cycle/private-variables",
    "must",
    "Each instance has variables of its own: the script is run for each.",
    SPECIFICATION + "Instances",
    accessor(
        f"var code = {quoted(_COUNTING)};\n"
        "this.instantiateFromCode('A', code);\nthis.instantiateFromCode('B', code);",
        initialize="report('done');",
    ),
    ("script.A", 1),
    ("script.B", 1),
    ("done",),
)

suite.reports(
    "life-cycle/names",
    "must",
    "A script finds the functions of the specification by their names alone.",
    SPECIFICATION + "Top-level functions",
    accessor(
        "report('types', [alert, error, getResource, require, setInterval, setTimeout,\n"
        "  clearInterval, clearTimeout].map(function (each) { return typeof each; }));"
    ),
    ("types", ["function"] * 8),
)

suite.reports(
    "life-cycle/interface",
    "must",
    "An accessor has the methods of the specification.",
    SPECIFICATION + "Interface",
    accessor(
        "var self = this;\n"
        "report('missing', ['input', 'output', 'parameter', 'extend', 'implement', 'get',\n"
        "  'getParameter', 'setParameter', 'setDefault', 'send', 'addInputHandler',\n"
        "  'removeInputHandler', 'instantiate', 'connect', 'provideInput', 'react', 'stop',\n"
        "  'latestOutput'].filter(function (name) { return typeof self[name] !== 'function'; }));"
    ),
    ("missing", []),
)

suite.reports(
    "life-cycle/error-goes-on",
    "should",
    "error() reports a problem and returns: what follows is run.",
    COMMON + "error",
    accessor("attempt('error', function () { error('not fatal'); });"),
    ("error", "returned", UNDEFINED),
)

suite.reports(
    "life-cycle/missing-module",
    "must",
    "require of a module that the host does not have throws.",
    SPECIFICATION + "require",
    accessor(
        "try { require('no-such-module'); report('returned'); }\n"
        "catch (error) { report('threw', error); }"
    ),
    ("threw", AN_ERROR),
)

suite.reports(
    "life-cycle/second-wrapup",
    "should",
    "A second wrapup() does no harm.",
    COMMON + "test harness",
    accessor(
        instance("A", accessor("this.output('y');")) + "\nthis.A = A;",
        initialize="var A = this.A;\nA.wrapup();\nattempt('second', function () { A.wrapup(); });",
    ),
    ("second", "returned", UNDEFINED),
)
