"""Inputs, outputs and parameters of accessors, as Python programs see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Union, get_args, get_origin

__all__ = ["PORT_TYPES", "Port", "port_options", "ports_by_name", "type_of_annotation"]

PORT_TYPES: Mapping[object, str] = {int: "int", float: "number", str: "string", bool: "boolean"}
"""Types of ports by the Python types that stand for them."""

_BY_NAME = {"int": "int", "float": "number", "str": "string", "bool": "boolean"}


@dataclass(frozen=True, slots=True)
class Port:
    """One input, output or parameter.

    Args:
        type: ``"int"``, ``"number"``, ``"string"``, ``"boolean"``, ``"JSON"``, another word that
            a user interface knows, or None for any value.
        value: the default of an input or parameter; None if there is none.
        options: values to choose from. A hint: others are taken too.
        visibility: ``"full"``, ``"none"``, ``"expert"`` or ``"notEditable"``. A hint as well.
        spontaneous: whether an output is sent from callbacks, not in reactions.
    """

    type: str | None = None
    value: Any = None
    options: Any = None
    visibility: str | None = None
    spontaneous: bool = False


def ports_by_name(described: Iterable[Mapping[str, Any]]) -> Mapping[str, Port]:
    """Read ports from an accessor's description.

    Args:
        described: ports as ``runtime/accessors/interface.js`` describes them, in order.

    Returns:
        A read-only mapping, in the order of definition.
    """
    ports = {}
    for one in described:
        options = {field.name: one[field.name] for field in fields(Port) if field.name in one}
        ports[one["name"]] = Port(**options)
    return MappingProxyType(ports)


def port_options(port: Port) -> dict[str, Any]:
    """Return the options with which an accessor's script defines a port.

    Args:
        port: the port; what has its default is left out.
    """
    options = {
        "type": port.type,
        "value": port.value,
        "options": port.options,
        "visibility": port.visibility,
        "spontaneous": port.spontaneous or None,
    }
    return {name: value for name, value in options.items() if value is not None}


def type_of_annotation(annotation: object) -> str | None:
    """Return the type of a port for an annotation, or None for any value.

    Args:
        annotation: a type or its name, also with ``| None``.
    """
    if get_origin(annotation) in (Union, UnionType):
        members = [one for one in get_args(annotation) if one is not NoneType]
        return type_of_annotation(members[0]) if len(members) == 1 else None
    if isinstance(annotation, str):
        return _BY_NAME.get(annotation.removesuffix(" | None"))
    return PORT_TYPES.get(annotation) if isinstance(annotation, type) else None
