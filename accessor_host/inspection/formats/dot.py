"""The graph of an accessor in Graphviz's language.

An accessor is a box with its inputs on the left and its outputs on the right; a composite is a
frame around what it contains, with nodes of their own for its ports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

__all__ = ["dot"]

_HEAD = """\
  rankdir=LR;
  graph [fontname="Helvetica,sans-serif", fontsize=11, style=rounded];
  node [fontname="Helvetica,sans-serif", fontsize=10, shape=record, style=rounded];
  edge [arrowsize=0.7];"""

_Port: TypeAlias = tuple[str, str, str]
"""Name of an accessor, ``"inputs"`` or ``"outputs"``, name of a port."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def dot(interface: dict[str, Any]) -> str:
    """Write an interface as a directed graph.

    Args:
        interface: as :func:`.document.document` returns it.
    """
    return "\n".join(_Graph(interface).lines()) + "\n"


class _Graph:
    def __init__(self, interface: dict[str, Any]) -> None:
        self._interface = interface
        self._connected = set(_connected(interface))
        self._nodes: dict[_Port, str] = {}
        """The node of each port, for one of a box with the place in it."""
        self._count = 0

    def lines(self) -> Iterator[str]:
        yield f"digraph {_quoted(_plain(self._interface['name']))} {{"
        yield _HEAD
        yield from self._accessor(self._interface, "  ")
        yield from self._edges(self._interface)
        yield "}"

    def _accessor(self, interface: dict[str, Any], margin: str) -> Iterator[str]:
        if not interface["contained"]:
            yield f"{margin}{self._box(interface)}"
            return
        title = _plain(_title(interface))
        yield f"{margin}subgraph cluster_{self._next()} {{"
        yield f"{margin}  label={_quoted(title)};"
        for kind in ("inputs", "outputs"):
            for port in self._ports(interface, kind):
                node = f"p{self._next()}"
                self._nodes[interface["name"], kind, port] = node
                yield f"{margin}  {node} [shape=cds, label={_quoted(_plain(port))}];"
        for accessor in interface["contained"]:
            yield from self._accessor(accessor, f"{margin}  ")
        yield f"{margin}}}"

    def _box(self, interface: dict[str, Any]) -> str:
        node = f"a{self._next()}"
        parts = []
        for kind in ("inputs", "outputs"):
            fields: list[str] = []
            for port in self._ports(interface, kind):
                place = f"{kind[0]}{len(fields)}"
                fields.append(f"<{place}> {_field(port)}")
                side = "w" if kind == "inputs" else "e"
                self._nodes[interface["name"], kind, port] = f"{node}:{place}:{side}"
            parts.append("{" + "|".join(fields) + "}" if fields else "")
        inputs, outputs = parts
        title = "\\n".join(map(_field, _title(interface).split("\n")))
        label = "{" + "|".join(part for part in (inputs, title, outputs) if part) + "}"
        style = ', style="rounded,dashed"' if interface.get("incomplete") else ""
        return f"{node} [label={_quoted(label)}{style}];"

    def _ports(self, interface: dict[str, Any], kind: str) -> Iterator[str]:
        for port in interface[kind]:
            name = port["name"]
            # Every accessor has an output for errors; few are of interest.
            is_usual = kind == "outputs" and name == "error"
            if not is_usual or (interface["name"], kind, name) in self._connected:
                yield name

    def _edges(self, interface: dict[str, Any]) -> Iterator[str]:
        spontaneous = {
            (accessor["name"], port["name"])
            for accessor in interface["contained"]
            for port in accessor["outputs"]
            if port.get("spontaneous")
        }
        for connection in interface["connections"]:
            source, target = (self._nodes.get(end) for end in _ends(interface, connection))
            # One end may be an accessor that stands elsewhere.
            if source is None or target is None:
                continue
            style = " [style=dashed]" if tuple(connection["from"]) in spontaneous else ""
            yield f"  {source} -> {target}{style};"
        for accessor in interface["contained"]:
            yield from self._edges(accessor)

    def _next(self) -> int:
        self._count += 1
        return self._count


def _ends(interface: dict[str, Any], connection: dict[str, Any]) -> tuple[_Port, _Port]:
    (source, output), (target, input_) = connection["from"], connection["to"]
    own = interface["name"]
    return (
        (own, "inputs", output) if source is None else (source, "outputs", output),
        (own, "outputs", input_) if target is None else (target, "inputs", input_),
    )


def _connected(interface: dict[str, Any]) -> Iterator[_Port]:
    for connection in interface["connections"]:
        yield from _ends(interface, connection)
    for accessor in interface["contained"]:
        yield from _connected(accessor)


def _title(interface: dict[str, Any]) -> str:
    name = interface["name"].rpartition(".")[2] or interface["name"]
    kind = interface["class"]
    return name if kind is None or kind == name else f"{name}\n{kind}"


def _plain(text: str) -> str:
    r"""Escape a text for a label: ``\N`` and ``&amp;`` mean something there."""
    lines = (_CONTROL.sub(" ", line) for line in text.split("\n"))
    escaped = (line.replace("\\", "\\\\").replace("&", "&amp;") for line in lines)
    return "\\n".join(escaped)


def _field(text: str) -> str:
    """Escape a text for a part of a record."""
    return re.sub(r"[{}|<> ]", r"\\\g<0>", _plain(text))


def _quoted(escaped: str) -> str:
    return '"' + escaped.replace('"', '\\"') + '"'
