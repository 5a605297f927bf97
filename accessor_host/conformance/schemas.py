"""Whether the JSON Schemas that ship with the host are schemas, and keep themselves."""

from __future__ import annotations

from typing import Any

from ..options import load_schema, schema_names

__all__ = ["check_schema", "check_schemas"]


def check_schemas() -> dict[str, list[str]]:
    """Check every schema that ships with the host; return what is wrong, by name."""
    return {name: check_schema(load_schema(name)) for name in schema_names()}


def check_schema(schema: dict[str, Any]) -> list[str]:
    """Check one schema against its metaschema, and its defaults and examples against itself.

    Args:
        schema: as parsed.

    Returns:
        What is wrong, one sentence each.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = "/".join(map(str, error.absolute_path)) or "the schema"
        return [f"{where}: {error.message}"]
    faults = []
    for name, option in schema.get("properties", {}).items():
        if "default" not in option:
            faults.append(f"{name}: there is no default")
        values = [("default", option["default"])] if "default" in option else []
        values += [("example", value) for value in option.get("examples", ())]
        for kind, value in values:
            # Against the whole schema: what holds between options counts too.
            found = Draft202012Validator(schema).iter_errors({name: value})
            faults.extend(f"{name}: {kind} {value!r}: {fault.message}" for fault in found)
    return faults
