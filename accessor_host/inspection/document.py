"""The interface of an accessor together with what its comments say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .doc_comments import Documentation, read_documentation
from .inspection import Inspection

__all__ = ["document"]

_KINDS = ("inputs", "outputs", "parameters")


def document(inspection: Inspection) -> dict[str, Any]:
    """Put an interface and its documentation together.

    Args:
        inspection: with an interface.

    Returns:
        What ``schemas/accessor-interface.schema.json`` describes.
    """
    return {
        **_accessor(inspection.interface or {}, inspection),
        "modules": inspection.modules,
        "missingModules": inspection.missing,
    }


def _accessor(interface: dict[str, Any], inspection: Inspection) -> dict[str, Any]:
    scripts = inspection.scripts.get(interface["name"], [])
    levels = [read_documentation(script["source"]) for script in scripts]
    documented = dict(interface)
    said = _said(levels[0]) if levels else {}
    if said:
        documented["documentation"] = said
    names = {kind: {port["name"] for port in interface[kind]} for kind in _KINDS}
    for kind in _KINDS:
        documented[kind] = [_port(port, kind, names, levels) for port in interface[kind]]
    documented["contained"] = [_accessor(one, inspection) for one in interface["contained"]]
    return documented


def _said(documentation: Documentation) -> dict[str, Any]:
    return {key: text for key, text in asdict(documentation).items() if text and key not in _KINDS}


def _port(
    port: dict[str, Any],
    kind: str,
    names: Mapping[str, Collection[str]],
    levels: Sequence[Documentation],
) -> dict[str, Any]:
    name = port["name"]
    # A comment may say @param of an input, or @input of what has become a parameter.
    others = [other for other in _KINDS if name not in names[other]]
    # A class that extends another documents what it adds or changes, and that first.
    texts = (getattr(level, one).get(name) for one in [kind, *others] for level in levels)
    description = next((text for text in texts if text), None)
    return port if description is None else {**port, "description": description}
