"""Texts under a title, on standard output."""

from __future__ import annotations

from ...case import Suite
from ...deviation import Deviation
from ...trial import Trial

__all__ = ["suite"]

suite = Suite("text-display", "text-display")

_MODULE = "common host: text-display"

_DISPLAY = """
var TextDisplay = require('@modules/text-display').TextDisplay;
var display = new TextDisplay('Kitchen');
"""


def _printed(t: Trial, *lines: str) -> None:
    found = [line for line in t.printed() if line.endswith(lines)]
    # A host may put a time before each line.
    if len(found) != len(lines) or not all(map(str.endswith, found, lines)):
        raise Deviation(
            f"it was to print {', '.join(map(repr, lines))}, but printed {t.printed()!r}",
            expected="\n".join(lines),
            actual="\n".join(t.printed()),
        )


suite.reports(
    "display/exports",
    "should",
    "A TextDisplay has the functions appendText and displayText.",
    _MODULE,
    _DISPLAY + "report('types', typeof display.appendText, typeof display.displayText);",
    ("types", "function", "function"),
)

for _function in ("appendText", "displayText"):

    @suite.case(
        f"display/{_function}",
        "should",
        f"{_function}() prints the text behind the title.",
        _MODULE,
        _DISPLAY + f"display.{_function}('21.5 degrees');\nreport('done');",
    )
    async def _(t: Trial) -> None:
        await t.expect("done")
        _printed(t, "Kitchen: 21.5 degrees")


@suite.case(
    "display/order",
    "should",
    "Lines of two displays and of the console come in the order of the calls.",
    _MODULE,
    _DISPLAY
    + "var other = new TextDisplay('Hall');\ndisplay.appendText('one');\nother.appendText('two');\n"
    + "console.log('three');\ndisplay.appendText('four');\nreport('done');",
)
async def _(t: Trial) -> None:
    await t.expect("done")
    _printed(t, "Kitchen: one", "Hall: two", "three", "Kitchen: four")


@suite.case(
    "display/numbers",
    "should",
    "A number is printed as text.",
    _MODULE,
    _DISPLAY + "display.appendText(21.5);\nreport('done');",
)
async def _(t: Trial) -> None:
    await t.expect("done")
    _printed(t, "Kitchen: 21.5")
