"""What a case is made of, for a reader: where its clause stands, its driver, what it expects."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from textwrap import dedent, indent
from types import CodeType
from typing import Any

from .case import Case
from .values import show_long

__all__ = ["driver", "explanation", "link", "values"]

_WIKI = "https://www.icyphy.org/accessors/wiki/Version"
_CURRENT = "2"
_RFC = "https://www.rfc-editor.org/rfc/rfc"
_ACCESSORS = "https://www.icyphy.org/accessors/wiki/Version1/AccessorSpecification"
_COMMON_HOST = "https://github.com/icyphy/accessors/tree/master/web/hosts/common"
_MQTT = "https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html"
_NODE = "https://nodejs.org/api/"

_PAGES = {
    "accessor specification, version 1: ": _ACCESSORS,
    "common host: ": _COMMON_HOST,
    "MQTT 3.1.1 ": _MQTT,
}
"""By how a source begins."""

# Only these values of a driver say what is expected; others are the kit's own.
_PLAIN = (str, bytes, int, float, list, tuple, dict)


def link(case: Case) -> str | None:
    """Return the address of the page that has a case's clause; None if no page has it."""
    source = case.source
    if found := re.match(r"RFC (\d+)(?: section ([\d.]+\d|\d))?", source):
        section = f"#section-{found[2]}" if found[2] else ""
        return f"{_RFC}{found[1]}{section}"
    if found := re.match(r"(both modules|[a-z-]+), version (\d+): ", source):
        module = case.module if found[1] == "both modules" else found[1]
        page = "".join(word.capitalize() for word in module.split("-"))
        version = "Current" if found[2] == _CURRENT else found[2]
        return f"{_WIKI}{version}/{page}" + ("#SocketClass" if ": Socket Class" in source else "")
    for name, address in _PAGES.items():
        if source.startswith(name):
            return address
    if source.startswith("events, built-in module"):
        return f"{_NODE}events.html"
    if source.startswith("module resolution"):
        return f"{_NODE}modules.html"
    return None


def driver(case: Case) -> str:
    """Return the other side of a case, as it is written, with the helpers of its file."""
    if case.expected:
        lines = ["await t.start()"] if case.held else []
        lines += [f"await t.expect({', '.join(map(repr, report))})" for report in case.expected]
        return "\n".join(lines)
    helpers = [_source(each) for _, each in _helpers(case.drive, set())]
    return "\n\n".join([_source(case.drive), *helpers])


def values(case: Case) -> list[str]:
    """Return what a case expects, apart from what stands in its driver, one value a line."""
    if case.expected:
        return [f"{name}({', '.join(map(show_long, each))})" for name, *each in case.expected]
    found = dict(_plain(inspect.getclosurevars(case.drive).nonlocals))
    for _, function in [("", case.drive), *_helpers(case.drive, set())]:
        used = inspect.getclosurevars(function).globals
        found |= {name: value for name, value in _plain(used) if name.strip("_").isupper()}
    return [f"{name} = {show_long(value)}" for name, value in found.items()]


def explanation(case: Case) -> str:
    """Return all of a case, for a terminal."""
    parts = [("Script, after the prelude:", case.script), ("Driver:", driver(case))]
    if expected := values(case):
        parts.append(("Expected:" if case.expected else "Values:", "\n".join(expected)))
    address = link(case)
    head = f"{case.level:6}  {case.id}\n        {case.clause}\n        {case.source}\n"
    head += f"        {address}\n" if address else ""
    return head + "".join(f"\n{title}\n\n{indent(text, '    ')}\n" for title, text in parts)


def _plain(named: Any) -> Iterator[tuple[str, object]]:
    for name, value in named.items():
        if isinstance(value, _PLAIN):
            yield name, value


def _helpers(function: Callable[..., Any], seen: set[str]) -> Iterator[tuple[str, Any]]:
    """Find the functions that one calls, and those they call, as far as they are in its file."""
    code: CodeType = function.__code__
    for name, value in inspect.getclosurevars(function).globals.items():
        is_ours = inspect.isfunction(value) and value.__code__.co_filename == code.co_filename
        if is_ours and name not in seen:
            seen.add(name)
            yield name, value
            yield from _helpers(value, seen)


def _source(function: Callable[..., Any]) -> str:
    source = inspect.getsource(function)
    # Without the decorator: clause and script stand elsewhere, and a script is not indented.
    found = re.search(r"^[ ]*(async )?def ", source, re.MULTILINE)
    return dedent(source[found.start() if found else 0 :]).rstrip()
