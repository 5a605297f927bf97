"""Monitoring: how often an accessor ran, and how long."""

from __future__ import annotations

from ...case import Suite
from ...values import UNDEFINED
from ._code import COMMON, accessor, instance

__all__ = ["suite"]

suite = Suite("runtime", "runtime", accessor=True)

suite.reports(
    "monitoring/counts",
    "should",
    "getMonitoring() counts the reactions since startMonitoring().",
    COMMON + "monitoring",
    accessor(
        "this.input('x');",
        initialize="this.startMonitoring();\nthis.react();\nthis.react();\n"
        "var found = this.getMonitoring();\n"
        "report('counts', found.initialize.count, found.react.count, found.wrapup.count);\n"
        "report('name', found.accessorName);",
    ),
    ("counts", 0, 2, 0),
    ("name", "script"),
)

suite.reports(
    "monitoring/not-started",
    "should",
    "getMonitoring() without startMonitoring() returns undefined.",
    COMMON + "monitoring",
    accessor(initialize="report('monitoring', this.getMonitoring());"),
    ("monitoring", UNDEFINED),
)

suite.reports(
    "monitoring/deep",
    "should",
    "startMonitoring(true) counts contained accessors, too, and getMonitoring() tells of them.",
    COMMON + "monitoring",
    accessor(
        instance("A", accessor("this.input('in');")) + "\nthis.A = A;",
        initialize="this.startMonitoring(true);\nthis.A.react();\n"
        "var inner = this.getMonitoring().containedAccessors;\n"
        "report('inner', inner.length, inner[0].accessorName, inner[0].react.count);",
    ),
    ("inner", 1, "script.A", 1),
)

suite.reports(
    "monitoring/stopped",
    "should",
    "stopMonitoring() returns what was found, and counts no more.",
    COMMON + "monitoring",
    accessor(
        "this.input('x');",
        initialize="this.startMonitoring();\nthis.react();\n"
        "report('stopped', this.stopMonitoring().react.count);",
    ),
    ("stopped", 1),
)
