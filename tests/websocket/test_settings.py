"""What lies below the modules has settings, not options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import accessor_host
from accessor_host.options import load_schema, schema_names

CAMEL_CASE = {
    name
    for schema in schema_names()
    for name in load_schema(schema)["properties"]
    if re.search("[A-Z]", name)
}


@pytest.mark.parametrize("folder", ["net", "websocket"])
def test_no_option_is_named_there(folder: str) -> None:
    for file in Path(accessor_host.__file__).parent.joinpath(folder).rglob("*.py"):
        words = set(re.findall(r"\w+", file.read_text(encoding="utf-8")))
        assert words & CAMEL_CASE == set(), file


def test_there_are_options_to_be_found() -> None:
    assert {"sslTls", "maxUnsentBytes"} <= CAMEL_CASE
