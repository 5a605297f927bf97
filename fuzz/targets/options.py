"""Options of modules: checked, or refused by an error that names the option."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from accessor_host.errors import OptionError
from accessor_host.options import load_schema, schema_names, validate

__all__ = ["SEEDS", "run"]

_NAMES = schema_names()

SEEDS = [
    b'0{"persist": true}',
    b'1{"port": 8082, "host": "localhost", "reconnectOnClose": false}',
    b'2{"port": 0, "sslTls": true, "pfxKeyCertPassword": "secret", "allowedOrigins": ["a"]}',
    b'2{"port": -1}',
    b'2{"pfxKeyCertPassword": 12345678}',
    b'2{"prot": 80, "maxMessageSize": 1.0, "compression": null}',
    b"2[]",
]


def run(data: bytes) -> None:
    """Check options.

    Args:
        data: the first byte chooses the module; the rest is JSON.
    """
    try:
        given = json.loads(data[1:])
    except (ValueError, RecursionError):
        return
    name = _NAMES[data[0] % len(_NAMES)]
    try:
        values, warnings = validate(name, given)
    except OptionError as error:
        _check_error(name, given, error)
        return
    except TypeError:
        if given is None or isinstance(given, Mapping):
            raise
        return
    properties = load_schema(name)["properties"]
    if set(values) != set(properties):
        raise AssertionError(f"{set(values) ^ set(properties)} is missing, or too much")
    if len(warnings) != len(set(given or ()) - set(properties)):
        raise AssertionError(f"{given} has the warnings {warnings}")
    if validate(name, values).values != values:
        raise AssertionError(f"{values} are not accepted as they are")


def _check_error(name: str, given: Any, error: OptionError) -> None:
    schema = load_schema(name)["properties"][error.option]
    text = str(error)
    if error.option not in text or error.allowed not in text:
        raise AssertionError(f"{text!r} does not name the option, or what is allowed")
    value = repr(given[error.option])
    if schema.get("writeOnly") and len(value) > len("not a string") and value in text:
        raise AssertionError(f"{text!r} shows a secret")
