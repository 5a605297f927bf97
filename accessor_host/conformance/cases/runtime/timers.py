"""Deterministic timers: order, labels, intervals, clearing."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...values import AN_ERROR, Matching
from ._code import COMMON, SPECIFICATION, accessor, instance

__all__ = ["suite"]

suite = Suite("runtime", "runtime", accessor=True)

suite.reports(
    "timers/timeout",
    "must",
    "setTimeout() calls a function once.",
    SPECIFICATION + "setTimeout",
    accessor(initialize="setTimeout(reporter('timeout'), 10);\nsettle();"),
    ("timeout",),
    ("settled",),
)

suite.reports(
    "timers/interval",
    "must",
    "setInterval() calls a function again and again, until clearInterval().",
    SPECIFICATION + "setInterval",
    accessor(
        initialize="var count = 0;\nvar handle = setInterval(function () {\n  count += 1;\n"
        "  report('interval', count);\n}, 50);\n"
        "setTimeout(function () { clearInterval(handle); settle(); }, 175);"
    ),
    *(("interval", number) for number in (1, 2, 3)),
    ("settled",),
)

suite.reports(
    "timers/cleared",
    "must",
    "A timeout that was cleared does not come; clearing it again does no harm.",
    SPECIFICATION + "clearTimeout",
    accessor(
        initialize="var handle = setTimeout(reporter('timeout'), 10);\nclearTimeout(handle);\n"
        "clearTimeout(handle);\nclearTimeout(undefined);\nclearTimeout(null);\nsettle();"
    ),
    ("settled",),
)

suite.reports(
    "timers/handles",
    "should",
    "Handles are positive whole numbers: scripts test them for truth.",
    COMMON + "timers",
    accessor(
        initialize="var handle = setTimeout(function () {}, 0);\n"
        "report('handle', handle > 0 && handle % 1 === 0);"
    ),
    ("handle", True),
)

suite.reports(
    "timers/zero-delay",
    "should",
    "Callbacks without delay come in the order of the calls, before any with delay, those included "
    "that they request themselves.",
    COMMON + "timers",
    accessor(
        initialize="setTimeout(reporter('later'), 1);\n"
        "setTimeout(function () { report('1'); setTimeout(reporter('3'), 0); }, 0);\n"
        "setTimeout(reporter('2'), 0);"
    ),
    ("1",),
    ("2",),
    ("3",),
    ("later",),
)

suite.reports(
    "timers/labels",
    "should",
    "Timeouts of one label share a clock: 20 ms after 40 ms come before 61 ms and after 59 ms.",
    COMMON + "timers",
    accessor(
        initialize="setTimeout(function () { setTimeout(reporter('60'), 20, 'label'); }, 40, "
        "'label');\n"
        "setTimeout(reporter('61'), 61, 'label');\nsetTimeout(reporter('59'), 59, 'label');"
    ),
    ("59",),
    ("60",),
    ("61",),
)

suite.reports(
    "timers/priorities",
    "should",
    "Of timeouts of one label that are due together, the smaller priority comes first.",
    COMMON + "timers",
    accessor(
        initialize="setTimeout(reporter('none'), 10, 'label');\n"
        "setTimeout(reporter('2'), 10, 'label', 2);\nsetTimeout(reporter('1'), 10, 'label', 1);"
    ),
    ("1",),
    ("2",),
    ("none",),
)

suite.reports(
    "timers/no-arguments",
    "should",
    "What stands behind the delay is label and priority: the callback gets no arguments.",
    COMMON + "timers",
    accessor(initialize="setTimeout(reporter('timeout'), 10, 'label', 1);"),
    ("timeout",),
)

suite.reports(
    "timers/throwing-interval",
    "should",
    "A callback that throws does not stop the others; its interval comes no more.",
    COMMON + "timers",
    accessor(
        initialize="var count = 0;\nsetInterval(function () {\n  count += 1;\n"
        "  report('interval', count);\n  throw new Error('in a callback');\n}, 20);\nsettle();"
    ),
    ("interval", 1),
    ("settled",),
)

suite.reports(
    "timers/interval-of-zero",
    "should",
    "setInterval() with a period of 0 throws.",
    COMMON + "timers",
    accessor(
        initialize="try { setInterval(function () {}, 0); report('returned'); }\n"
        "catch (error) { report('threw', error); }"
    ),
    ("threw", AN_ERROR),
)

suite.reports(
    "timers/cleared-inside",
    "extra",
    "An interval may be cleared in its own callback.",
    "decision of accessor-host",
    accessor(
        initialize="var handle = setInterval(function () {\n  report('interval');\n"
        "  clearInterval(handle);\n}, 20);\nsettle();"
    ),
    ("interval",),
    ("settled",),
)

suite.reports(
    "timers/ended-by-wrapup",
    "should",
    "wrapup() ends the timers of an accessor.",
    COMMON + "life cycle",
    accessor(
        instance("A", accessor(initialize="setInterval(reporter('tick'), 20);")) + "\nthis.A = A;",
        initialize="this.A.wrapup();\nsettle();",
    ),
    ("settled",),
)


@suite.case(
    "timers/stop-at",
    "should",
    "stopAt() wraps the accessor up after so many milliseconds.",
    COMMON + "stopping",
    accessor(
        initialize="this.began = Date.now();\nthis.stopAt(100);",
        wrapup="report('wrapup', Date.now() - this.began);",
    ),
)
async def _(t: Trial) -> None:
    await t.expect("wrapup", Matching("from 90 to 1000", lambda value: 90 <= value <= 1000))
