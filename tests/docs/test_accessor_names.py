"""Writing accessors: the names that the page lists are those that a script has."""

from __future__ import annotations

import asyncio
import io
import json
import re

from accessor_host import Host

from .pages import first_column, page

PAGE = page("docs/writing-accessors.md")

# What an engine adds for itself, under names that say so.
ENGINE_S_OWN = re.compile(r"__\w+")

SCRIPT = r"""
const before = new Set(globalsBefore);
const names = (object) => Object.getOwnPropertyNames(object);
const { prototype } = Accessor;
const accessor = instantiateMutable();
const inherited = names(prototype).filter((name) => name !== 'constructor');
const own = names(accessor).filter((name) => name !== 'domain');
const isMethod = (name) => typeof accessor[name] === 'function' && name !== 'getAccessorCode';
console.log(JSON.stringify({
  methods: [...inherited, ...own.filter(isMethod)],
  properties: own.filter((name) => !isMethod(name)),
  globals: names(globalThis).filter((name) => !before.has(name))
}));
"""

START = """
globalThis.globalsBefore = Object.getOwnPropertyNames(globalThis);
globalsBefore.push('globalsBefore', 'instantiateMutable', 'names');
"""

LOOK = """
exports.setup = function () { this.mutable(true); };
exports.initialize = function () {
  globalThis.instantiateMutable = () => this;
"""


async def look(engine: str) -> dict[str, list[str]]:
    """Return the names that a mutable accessor has, and the globals that come with accessors."""
    printed = io.StringIO()
    async with Host(engine=engine, stdout=printed) as host:
        await host.run(START)
        accessor = await host.instantiate_from_code("a", f"{LOOK}{SCRIPT}}};")
        await accessor.initialize()
        await host.wait()
    found: dict[str, list[str]] = json.loads(printed.getvalue())
    return found


def listed(title: str) -> list[str]:
    """Return the names in the first column of the table under a heading, in their order."""
    return [
        name
        for cell in first_column(PAGE.section(title))
        for name in re.findall(r"`(\w+)(?:\([^)]*\))?`", cell)
    ]


def test_the_methods_of_an_accessor_are_all_listed(engine: str) -> None:
    assert set(listed("Methods")) == set(asyncio.run(look(engine))["methods"])


def test_the_properties_of_an_accessor_are_all_listed(engine: str) -> None:
    assert set(listed("Properties")) == set(asyncio.run(look(engine))["properties"])


def test_the_globals_that_come_with_accessors_are_all_listed(engine: str) -> None:
    found = set(asyncio.run(look(engine))["globals"])
    assert set(listed("Globals")) == {name for name in found if not ENGINE_S_OWN.fullmatch(name)}


def test_the_names_of_a_script_are_its_parameters_in_order(engine: str) -> None:
    printed = io.StringIO()

    async def work() -> None:
        async with Host(engine=engine, stdout=printed) as host:
            # A function knows its own text: that of the script has its parameters at the head.
            await host.instantiate_from_code("a", "console.log(String(arguments.callee));")

    asyncio.run(work())
    match = re.match(r"\(?function \((.*?)\)", printed.getvalue(), re.DOTALL)
    assert match is not None
    assert match[1].split(", ") == listed("Names in a script")


def test_the_events_are_those_that_are_emitted(engine: str) -> None:
    script = """
    const seen = new Set();
    exports.setup = function () { this.mutable(true); this.output('out'); };
    exports.initialize = function () {
      this.reify('exports.setup = function () {};');
      this.react();
      this.send('out', 1);
      this.unreify();
      setTimeout(() => this.stop(), 1);
    };
    const { emit } = this;
    this.emit = function (type, ...details) {
      seen.add(type);
      if (type === 'wrapupEnd') console.log(JSON.stringify([...seen]));
      return emit.call(this, type, ...details);
    };
    """
    printed = io.StringIO()

    async def work() -> None:
        async with Host(engine=engine, stdout=printed) as host:
            accessor = await host.instantiate_from_code("a", script)
            await accessor.initialize()
            await host.wait()

    asyncio.run(work())
    events = set(json.loads(printed.getvalue())) - {"newListener", "removeListener"}
    assert events == set(listed("Events and monitoring"))
