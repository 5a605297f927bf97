"""extend and implement: classes are files that a case writes beside its script."""

from __future__ import annotations

from ...case import Suite
from ...trial import Trial
from ...values import AN_ERROR
from ._code import COMMON, SPECIFICATION, accessor

__all__ = ["suite"]

suite = Suite("runtime", "runtime", held=True, accessor=True)

_BASE = accessor(
    "this.input('x');\nthis.output('y');\nthis.parameter('p', {value: 1});",
    initialize="report('base initialize', this.getParameter('p'));\nvar self = this;\n"
    "this.addInputHandler('x', function () { report('base handler', self.get('x')); });",
    fire="report('base fire');",
)


async def _expect(t: Trial, *reports: tuple[object, ...]) -> None:
    (t.folder / "Base.js").write_text(_BASE)
    await t.start()
    for name, *values in reports:
        await t.expect(str(name), *values)


@suite.case(
    "inheritance/ports",
    "must",
    "An accessor that extends another has its ports, before its own, and its defaults.",
    SPECIFICATION + "extend",
    accessor(
        "this.extend(FOLDER + '/Base');\nthis.input('own');\nthis.output('more');",
        initialize="report('ports', this.inputList, this.outputList, this.getParameter('p'));",
    ),
)
async def _(t: Trial) -> None:
    await _expect(t, ("ports", ["x", "own"], ["y", "error", "more"], 1))


@suite.case(
    "inheritance/functions",
    "must",
    "An accessor has the functions of the one that it extends.",
    SPECIFICATION + "extend",
    accessor(
        "var base = JSON.stringify(FOLDER + '/Base');\n"
        "this.A = this.instantiateFromCode(\n"
        "  'A', 'exports.setup = function () { this.extend(' + base + '); };');",
        initialize="this.A.provideInput('x', 7);",
    ),
)
async def _(t: Trial) -> None:
    await _expect(t, ("base initialize", 1), ("base handler", 7), ("base fire",))


@suite.case(
    "inheritance/overridden",
    "must",
    "An own function takes the place of the inherited one, which it can call by ssuper.",
    SPECIFICATION + "extend",
    accessor(
        "this.extend(FOLDER + '/Base');",
        initialize="report('own initialize');\nexports.ssuper.initialize.call(this);\n"
        "this.react();",
        fire="report('own fire');\nexports.ssuper.fire.call(this);",
    ),
)
async def _(t: Trial) -> None:
    await _expect(t, ("own initialize",), ("base initialize", 1), ("own fire",), ("base fire",))


@suite.case(
    "inheritance/ssuper-initialize",
    "should",
    "this.ssuper.initialize() runs the inherited function, whose handlers belong to the accessor.",
    COMMON + "extend",
    accessor(
        "this.extend(FOLDER + '/Base');",
        initialize="this.ssuper.initialize();\nthis.provideInput('x', 3);\nthis.react();",
    ),
)
async def _(t: Trial) -> None:
    await _expect(t, ("base initialize", 1), ("base handler", 3), ("base fire",))


@suite.case(
    "inheritance/one-base",
    "should",
    "A second extend() throws.",
    COMMON + "extend",
    accessor(
        "this.extend(FOLDER + '/Base');\n"
        "try { this.extend(FOLDER + '/Base'); report('returned'); }\n"
        "catch (error) { report('threw', error); }",
        initialize="report('own');",
    ),
)
async def _(t: Trial) -> None:
    await _expect(t, ("threw", AN_ERROR))


@suite.case(
    "inheritance/implement",
    "must",
    "implement() gives an accessor the ports of another, and not its functions.",
    SPECIFICATION + "implement",
    accessor(
        "this.implement(FOLDER + '/Base');",
        initialize="report('ports', this.inputList, this.outputList);\nthis.react();\n"
        "report('done');",
    ),
)
async def _(t: Trial) -> None:
    await _expect(t, ("ports", ["x"], ["y", "error"]), ("done",))


@suite.case(
    "inheritance/instantiate",
    "must",
    "instantiate() makes an accessor of a class, whose name without .js is enough.",
    SPECIFICATION + "instantiate",
    accessor(
        "var base = this.instantiate('One', FOLDER + '/Base');\n"
        "report('name', base.getName(), base.inputList);"
    ),
)
async def _(t: Trial) -> None:
    await _expect(t, ("name", "script.One", ["x"]))


@suite.case(
    "inheritance/missing-class",
    "must",
    "extend() of a class that there is not throws.",
    SPECIFICATION + "extend",
    accessor(
        "try { this.extend(FOLDER + '/Nobody'); report('returned'); }\n"
        "catch (error) { report('threw', error); }"
    ),
)
async def _(t: Trial) -> None:
    await _expect(t, ("threw", AN_ERROR))
