"""What ships with the host, packed for the engines: runtime, modules and option schemas."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any, cast

from ..codecs.mime_types import type_table
from ..options import describe_allowed, load_schema, schema_names
from ..package_files import MODULES, RUNTIME, read

__all__ = ["accessor_runtime", "bootstrap", "bundle", "module_names", "synchronous_modules"]


def bootstrap() -> str:
    """Return the script that builds the runtime in an engine."""
    return read(RUNTIME, "core", "bootstrap.js")


_SEPARATOR = "\x1e"

_FOR_READERS = ("description", "examples")


def bundle() -> str:
    """Return the runtime's files, the modules, their schemas and the types as one text.

    A JSON text, and then each source that it names, in the order in which it does: to write and
    read all of them as JSON takes longer than to read the files. What only accessors need is not
    among them.

    Made anew each time: it is large, and a process seldom makes a second host.
    """
    runtime, modules = _runtime("core", "node", "node/internal", "kit"), _modules()
    head = {
        "runtime": list(runtime),
        "modules": list(modules),
        "schemas": _schemas(),
        "types": type_table(),
    }
    return _SEPARATOR.join((json.dumps(head), *runtime.values(), *modules.values()))


def accessor_runtime() -> str:
    """Return the runtime's files for accessors as a JSON text."""
    return json.dumps(_runtime("accessors", "accessors/bridge", "accessors/time"))


@cache
def module_names() -> list[str]:
    """List the modules that ship with the host, without their scope."""
    return sorted(entry.name for entry in os.scandir(MODULES) if entry.is_dir())


@cache
def synchronous_modules() -> frozenset[str]:
    """Name the modules that ask Python in the middle of an event, as their packages declare."""
    return frozenset(
        name
        for name in module_names()
        if _package(name).get("accessorHost", {}).get("synchronous", False)
    )


def _runtime(*folders: str) -> dict[str, str]:
    sources = {}
    for folder in folders:
        for file in os.listdir(os.path.join(RUNTIME, folder)):
            name, extension = os.path.splitext(file)
            if extension == ".js" and file != "bootstrap.js":
                sources[f"{folder}/{name}" if folder else name] = read(RUNTIME, folder, file)
    return sources


def _modules() -> dict[str, str]:
    return {name: read(MODULES, name, _package(name)["main"]) for name in module_names()}


@cache
def _package(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(read(MODULES, name, "package.json")))


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
