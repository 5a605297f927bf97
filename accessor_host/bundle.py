"""What ships with the host, packed for the engines: runtime, modules and option schemas."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any, cast

from .mime_types import type_table
from .options import describe_allowed, load_schema, schema_names
from .resources import MODULES, RUNTIME

__all__ = ["bootstrap", "bundle", "module_names", "synchronous_modules"]


def bootstrap() -> str:
    """Return the script that builds the runtime in an engine."""
    return (RUNTIME / "bootstrap.js").read_text(encoding="utf-8")


_FOR_READERS = ("description", "examples")


def bundle() -> str:
    """Return the runtime's files, the modules, their schemas and the types as a JSON text.

    Made anew each time: it is large, and a process seldom makes a second host.
    """
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
    # Not pathlib: it takes longer to walk to a file than to read it.
    sources = {}
    for folder, _, files in os.walk(RUNTIME):
        prefix = folder[len(str(RUNTIME)) + 1 :].replace(os.sep, "/")
        for file in files:
            name, extension = os.path.splitext(file)
            if extension == ".js" and file != "bootstrap.js":
                with open(os.path.join(folder, file), encoding="utf-8") as source:
                    sources[f"{prefix}/{name}" if prefix else name] = source.read()
    return sources


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


def _schemas() -> dict[str, str]:
    # JavaScript checks options as they are given, so that the error reaches the line that gave
    # them; the words for what is allowed come from here, the same for both languages.
    schemas = {}
    for name in schema_names():
        properties = load_schema(name)["properties"]
        schemas[name] = json.dumps(
            {
                option: {
                    **{key: value for key, value in schema.items() if key not in _FOR_READERS},
                    "allowed": describe_allowed(schema),
                }
                for option, schema in properties.items()
            }
        )
    return schemas
