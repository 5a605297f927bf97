"""What ships with the host, packed for the engines: runtime, modules and option schemas."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, cast

from .mime_types import type_table
from .options import describe_allowed, load_schema, schema_names
from .resources import MODULES, RUNTIME

__all__ = ["bootstrap", "bundle", "module_names", "synchronous_modules"]


def bootstrap() -> str:
    """Return the script that builds the runtime in an engine."""
    return (RUNTIME / "bootstrap.js").read_text(encoding="utf-8")


@cache
def bundle() -> str:
    """Return the runtime's files, the modules, their schemas and the types as a JSON text."""
    parts = {"runtime": _runtime(), "modules": _modules(), "schemas": _schemas()}
    return json.dumps({**parts, "types": type_table()})


@cache
def module_names() -> list[str]:
    """List the modules that ship with the host, without their scope."""
    return sorted(path.parent.name for path in MODULES.glob("*/package.json"))


@cache
def synchronous_modules() -> frozenset[str]:
    """Name the modules that ask Python in the middle of an event, as their packages declare."""
    return frozenset(
        name
        for name in module_names()
        if _package(name).get("accessorHost", {}).get("synchronous", False)
    )


def _runtime() -> dict[str, str]:
    return {
        path.relative_to(RUNTIME).with_suffix("").as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(RUNTIME.rglob("*.js"))
        if path.name != "bootstrap.js"
    }


def _modules() -> dict[str, dict[str, str]]:
    modules = {}
    for name in module_names():
        main = MODULES / name / _package(name)["main"]
        modules[name] = {"source": main.read_text(encoding="utf-8")}
    return modules


@cache
def _package(name: str) -> dict[str, Any]:
    text = (MODULES / name / "package.json").read_text(encoding="utf-8")
    return cast("dict[str, Any]", json.loads(text))


def _schemas() -> dict[str, Any]:
    # JavaScript checks options as they are given, so that the error reaches the line that gave
    # them; the words for what is allowed come from here, the same for both languages.
    schemas = {}
    for name in schema_names():
        properties = load_schema(name)["properties"]
        schemas[name] = {
            option: {**schema, "allowed": describe_allowed(schema)}
            for option, schema in properties.items()
        }
    return schemas
