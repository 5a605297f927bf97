"""Options of a module: defaults and checks, both read from the module's JSON Schema.

Source: the decisions on ``new Server()``: a bad value is an error that names the option, the
value and what is allowed; an unknown option is a warning; ``null`` means the default.
"""

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from .errors import OptionError
from .package_files import SCHEMAS, read

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

__all__ = [
    "Described",
    "OptionWarning",
    "ResolvedOptions",
    "add_schema",
    "all_schema_names",
    "describe_allowed",
    "load_schema",
    "option_name",
    "schema_for_scripts",
    "schema_names",
    "validate",
]

_SUFFIX = ".schema.json"

_OF_OTHER_THINGS = frozenset(("accessor-interface", "module-manifest"))
"""Schemas that are not of options."""

_FOR_READERS = ("description", "examples")

_added: dict[str, str] = {}

_WORDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


_PLAIN_TYPES: dict[type, str] = {bool: "boolean", int: "integer", str: "string"}

_SIMPLE = frozenset(
    (
        "type",
        "minimum",
        "maximum",
        "pattern",
        "default",
        "description",
        "examples",
        "allowed",
        "writeOnly",
    )
)
"""Keywords of a schema that :func:`_is_plain` knows all about; the last five check nothing."""


class OptionWarning(UserWarning):
    """Warn about an option that the module does not have."""


class Described:
    """Stand for a value in an error: a secret, or what is easier described than shown.

    Args:
        text: is shown instead.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


_NOT_SHOWN = Described("the value (not shown)")
"""For what is ``writeOnly`` in a schema, and what looks like a password in a URL."""

_CREDENTIALS = re.compile(r"://[^/]*@", re.DOTALL)


class ResolvedOptions(NamedTuple):
    """Hold checked options.

    Args:
        values: one value for each option of the schema, by its camelCase name.
        warnings: one sentence for each option that the schema does not have.
    """

    values: dict[str, Any]
    warnings: list[str]


def schema_names() -> list[str]:
    """List the names of the schemas of options, each that of a module."""
    return [name for name in all_schema_names() if name not in _OF_OTHER_THINGS]


def all_schema_names() -> list[str]:
    """List the names of the schemas that ship with the host."""
    files = os.listdir(SCHEMAS)
    return sorted(file.removesuffix(_SUFFIX) for file in files if file.endswith(_SUFFIX))


def add_schema(name: str, path: str) -> None:
    """Take the schema of a module that another package ships.

    Args:
        name: of the module.
        path: of the file, which is read when it is needed.
    """
    if _added.get(name) != path:
        _added[name] = path
        load_schema.cache_clear()


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Read the JSON Schema of a module's options, or another that ships with the host.

    Args:
        name: one of :func:`all_schema_names`, or of those that were added. The result is shared:
            treat it as read-only.

    Raises:
        KeyError: there is no such schema.
    """
    if name in _added:
        return cast("dict[str, Any]", json.loads(Path(_added[name]).read_text(encoding="utf-8")))
    if name not in all_schema_names():
        raise KeyError(name)
    return cast("dict[str, Any]", json.loads(read(SCHEMAS, f"{name}{_SUFFIX}")))


def schema_for_scripts(name: str) -> dict[str, Any]:
    """Return what JavaScript needs to check options as they are given.

    The error reaches the line that gave them; the words for what is allowed come from here, the
    same for both languages.

    Args:
        name: as for :func:`load_schema`.
    """
    return {
        option: {
            **{key: value for key, value in schema.items() if key not in _FOR_READERS},
            "allowed": describe_allowed(schema),
        }
        for option, schema in load_schema(name)["properties"].items()
    }


def validate(schema_name: str, given: Mapping[str, object] | None) -> ResolvedOptions:
    """Check options and fill in the defaults.

    Args:
        schema_name: one of :func:`schema_names`.
        given: options by their camelCase name. None stands for the default, and so does an
            empty string where the option is a string.

    Raises:
        TypeError: ``given`` is not a mapping.
        OptionError: a value is not allowed; the first one in the order given.
    """
    if given is not None and not isinstance(given, Mapping):
        raise TypeError(f"options must be a mapping, not {type(given).__name__}")
    properties: dict[str, dict[str, Any]] = load_schema(schema_name)["properties"]
    values: dict[str, Any] = {name: schema["default"] for name, schema in properties.items()}
    warnings = []
    for name, value in (given or {}).items():
        if name not in properties:
            warnings.append(_unknown(name, properties))
        elif value is not None and not (value == "" and properties[name]["type"] == "string"):
            schema = properties[name]
            if schema.get("callable") and callable(value):
                # No JSON, and so nothing that JSON Schema could say more about.
                values[name] = value
                continue
            if not (_is_plain(schema, value) or _is_valid(schema_name, name, value)):
                is_secret = schema.get("writeOnly") or _CREDENTIALS.search(repr(value))
                shown = _NOT_SHOWN if is_secret else value
                raise OptionError(name, shown, describe_allowed(schema))
            values[name] = _normal(schema, value)
    return ResolvedOptions(values, warnings)


def describe_allowed(schema: Mapping[str, Any]) -> str:
    """Say in words what a schema allows, as the end of "expected ...".

    Args:
        schema: JSON Schema of one option: ``type``, ``minimum``, ``maximum``, ``enum``, ``items``;
            ``allowed``, an annotation of ours, says it where these do not. ``callable``, another,
            allows a function.
            The type null is left out: null stands for the default with every option.
    """
    if "allowed" in schema:
        return str(schema["allowed"])
    if "enum" in schema:
        return "one of " + ", ".join(json.dumps(value) for value in schema["enum"])
    if schema.get("callable"):
        return "a function"
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    words = " or ".join(_WORDS[name] for name in types if name != "null")
    if "items" in schema:
        words += f" of {_WORDS[schema['items']['type']].split(' ', 1)[1]}s"
    if "minimum" in schema and "maximum" in schema:
        words += f" from {schema['minimum']} to {schema['maximum']}"
    elif "minimum" in schema:
        words += f", {schema['minimum']} or more"
    elif "maximum" in schema:
        words += f", {schema['maximum']} or less"
    return words


def option_name(schema_name: str, name: str) -> str:
    """Spell an option as its schema does: ``host_interface`` becomes ``hostInterface``.

    Args:
        schema_name: which schema.
        name: in snake_case or camelCase.

    Returns:
        The schema's name, or ``name`` itself when the schema has no such option.
    """
    plain = name.replace("_", "").lower()
    names = load_schema(schema_name)["properties"]
    return next((known for known in names if known.lower() == plain), name)


def _is_plain(schema: Mapping[str, Any], value: object) -> bool:
    """Tell whether a value is the default, or so simple that its schema says no more about it.

    Then nobody has to load jsonschema, which is a quarter of the time that a server takes to start
    and 4 MiB of it. Of every other value jsonschema is the judge.
    """
    default = schema["default"]
    if type(value) is type(default) and value == default:
        return True
    return (
        type(value) in _PLAIN_TYPES
        and schema["type"] == _PLAIN_TYPES[type(value)]
        and _SIMPLE.issuperset(schema)
        and schema.get("minimum", value) <= value <= schema.get("maximum", value)
        and ("pattern" not in schema or re.search(schema["pattern"], str(value)) is not None)
    )


def _normal(schema: Mapping[str, Any], value: object) -> object:
    if isinstance(value, float) and schema["type"] == "integer":
        # JSON Schema takes 5.0 for an integer, and JavaScript has no other kind of number.
        return int(value)
    return value


def _is_valid(schema_name: str, name: str, value: Any) -> bool:
    return _validator(schema_name, name).is_valid(value)


@cache
def _validator(schema_name: str, name: str) -> "Validator":
    # Imported late: it takes longer than the rest of the package together.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(load_schema(schema_name)["properties"][name])


def _unknown(name: str, known: Mapping[str, object]) -> str:
    from difflib import get_close_matches

    by_lower_case = {option.lower(): option for option in known}
    nearest = get_close_matches(name.lower().replace("_", ""), by_lower_case, n=1)
    hint = f"; did you mean {by_lower_case[nearest[0]]!r}?" if nearest else ""
    return f"unknown option {name!r}{hint}"
