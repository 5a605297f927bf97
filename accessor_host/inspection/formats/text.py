"""A description for people to read in a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from textwrap import indent, wrap
from typing import Any

from ..inspection import shown_path

__all__ = ["WIDTH", "text"]

WIDTH = 88
"""Columns of the text; the description of the accessor itself keeps its own lines."""

_LONGEST_VALUE = 60
"""Characters of a value that are shown."""


def text(interface: dict[str, Any]) -> str:
    """Write an interface as text.

    Args:
        interface: as :func:`.document.document` returns it.
    """
    return "\n".join([*_head(interface), *_ports(interface), *_inside(interface)]) + "\n"


def _head(interface: dict[str, Any]) -> Iterator[str]:
    documentation = interface.get("documentation", {})
    yield interface["class"] or interface["name"]
    if interface["file"]:
        yield f"  {shown_path(interface['file'])}"
    if interface.get("incomplete"):
        yield "  It could not be set up; this is what is known of it."
    if "description" in documentation:
        yield ""
        yield indent(documentation["description"], "  ")
    facts = {
        "extends": interface["extends"],
        "implements": ", ".join(interface["implements"]),
        "mutable": "yes" if interface["mutable"] else "",
        "modules": ", ".join(interface["modules"]),
        "missing modules": ", ".join(interface["missingModules"]),
        "author": documentation.get("author"),
        "version": documentation.get("version"),
    }
    lines = [f"  {name}: {fact}" for name, fact in facts.items() if fact]
    yield from ["", *lines] if lines else []


def _ports(interface: dict[str, Any]) -> Iterator[str]:
    for kind in ("inputs", "outputs", "parameters"):
        if not interface[kind]:
            continue
        yield ""
        yield kind
        for port in interface[kind]:
            yield f"  {_signature(port)}"
            yield from wrap(
                port.get("description", ""),
                WIDTH,
                initial_indent="      ",
                subsequent_indent="      ",
                break_on_hyphens=False,
            )


def _signature(port: dict[str, Any]) -> str:
    signature = port["name"] if port["type"] is None else f"{port['name']}: {port['type']}"
    if "value" in port:
        signature += f" = {_value(port['value'])}"
    notes = []
    if "currentValue" in port:
        notes.append(f"set to {_value(port['currentValue'])}")
    if port.get("spontaneous"):
        notes.append("spontaneous")
    if port.get("options"):
        notes.append("one of " + ", ".join(map(_value, port["options"])))
    if port.get("visibility", "full") != "full":
        notes.append(f"visibility {port['visibility']}")
    return f"{signature}  ({'; '.join(notes)})" if notes else signature


def _value(value: object) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= _LONGEST_VALUE else f"{written[: _LONGEST_VALUE - 1]}…"


def _inside(interface: dict[str, Any]) -> Iterator[str]:
    if interface["contained"]:
        yield from ["", "inside"]
        yield from _contained(interface, "  ")
    if interface["connections"]:
        yield from ["", "connections"]
        yield from _connections(interface)


def _contained(interface: dict[str, Any], margin: str) -> Iterator[str]:
    for accessor in interface["contained"]:
        kind = accessor["class"] or "inline code"
        notes = ["could not be set up"] if accessor.get("incomplete") else []
        notes += [
            f"{parameter['name']} = {_value(parameter['currentValue'])}"
            for parameter in accessor["parameters"]
            if "currentValue" in parameter
        ]
        noted = f"  ({'; '.join(notes)})" if notes else ""
        yield f"{margin}{accessor['name']}: {kind}{noted}"
        yield from _contained(accessor, margin + "  ")


def _connections(interface: dict[str, Any]) -> Iterator[str]:
    for connection in interface["connections"]:
        ends = (
            f"{interface['name'] if accessor is None else accessor}.{port}"
            for accessor, port in (connection["from"], connection["to"])
        )
        yield f"  {' -> '.join(ends)}"
    for accessor in interface["contained"]:
        yield from _connections(accessor)
