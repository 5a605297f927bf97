"""Options of a module: defaults and checks, both read from the module's JSON Schema.

Source: the decisions on ``new Server()``: a bad value is an error that names the option, the
value and what is allowed; an unknown option is a warning; ``null`` means the default.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from .errors import OptionError
from .resources import SCHEMAS

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

__all__ = [
    "OptionWarning",
    "ResolvedOptions",
    "describe_allowed",
    "load_schema",
    "option_name",
    "schema_names",
    "validate",
]

_SUFFIX = ".schema.json"

_WORDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


class OptionWarning(UserWarning):
    """Warn about an option that the module does not have."""


@dataclass(frozen=True)
class ResolvedOptions:
    """Hold checked options.

    Args:
        values: one value for each option of the schema, by its camelCase name.
        warnings: one sentence for each option that the schema does not have.
    """

    values: dict[str, Any]
    warnings: list[str]


def schema_names() -> list[str]:
    """List the names of the schemas that ship with the host."""
    return sorted(path.name.removesuffix(_SUFFIX) for path in SCHEMAS.glob(f"*{_SUFFIX}"))


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Read a JSON Schema that ships with the host.

    Args:
        name: one of :func:`schema_names`. The result is shared: treat it as read-only.

    Raises:
        KeyError: there is no such schema.
    """
    if name not in schema_names():
        raise KeyError(name)
    text = (SCHEMAS / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
    return cast("dict[str, Any]", json.loads(text))


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
            values[name] = _checked(properties[name], _validator(schema_name, name), name, value)
    return ResolvedOptions(values, warnings)


def describe_allowed(schema: Mapping[str, Any]) -> str:
    """Say in words what a schema allows, as the end of "expected ...".

    Args:
        schema: JSON Schema of one option: ``type``, ``minimum``, ``maximum``, ``enum``, ``items``;
            ``allowed``, an annotation of ours, says it where these do not.
            The type null is left out: null stands for the default with every option.
    """
    if "allowed" in schema:
        return str(schema["allowed"])
    if "enum" in schema:
        return "one of " + ", ".join(json.dumps(value) for value in schema["enum"])
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


def _checked(schema: Mapping[str, Any], validator: Validator, name: str, value: Any) -> object:
    if not validator.is_valid(value):
        raise OptionError(name, value, describe_allowed(schema))
    if isinstance(value, float) and schema["type"] == "integer":
        # JSON Schema takes 5.0 for an integer, and JavaScript has no other kind of number.
        return int(value)
    return value


@cache
def _validator(schema_name: str, name: str) -> Validator:
    # Imported late: it takes longer than the rest of the package together.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(load_schema(schema_name)["properties"][name])


def _unknown(name: str, known: Mapping[str, object]) -> str:
    by_lower_case = {option.lower(): option for option in known}
    nearest = get_close_matches(name.lower().replace("_", ""), by_lower_case, n=1)
    hint = f"; did you mean {by_lower_case[nearest[0]]!r}?" if nearest else ""
    return f"unknown option {name!r}{hint}"
