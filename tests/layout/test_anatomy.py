"""The anatomy of a module: each part where the next reader looks for it."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import accessor_host
from accessor_host.manifests import (
    HOST_OPERATIONS,
    KEY,
    OWN_PACKAGE,
    Manifest,
    own_modules,
    read_manifest,
)
from accessor_host.package_files import MODULES, SCHEMAS

REPOSITORY = Path(accessor_host.__file__).parents[1]


def manifest_of(name: str) -> Manifest:
    return read_manifest(str(MODULES / name), OWN_PACKAGE)


def content_of(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((MODULES / name / "package.json").read_text("utf-8"))
    return content


ALL = own_modules()
REQUIRABLE = [name for name in ALL if manifest_of(name).is_requirable]
WITH_CODE = [name for name in ALL if manifest_of(name).main is not None]
BOUND = [name for name in ALL if manifest_of(name).binding is not None]


@pytest.mark.parametrize("name", ALL)
def test_the_manifest_is_as_published(name: str) -> None:
    schema = json.loads((SCHEMAS / "module-manifest.schema.json").read_text(encoding="utf-8"))
    faults = [fault.message for fault in Draft202012Validator(schema).iter_errors(content_of(name))]
    assert faults == []
    assert content_of(name)["name"] == f"@modules/{name}"


@pytest.mark.parametrize("name", WITH_CODE)
def test_the_javascript_half_is_named_like_the_module(name: str) -> None:
    assert content_of(name)["main"] == f"{name}.js"
    assert (MODULES / name / f"{name}.js").is_file()


@pytest.mark.parametrize("name", REQUIRABLE)
def test_there_are_a_page_types_and_an_example(name: str) -> None:
    missing = [
        part
        for part in (f"docs/modules/{name}.md", f"modules/{name}/{name}.d.ts")
        if not (REPOSITORY / part).is_file()
    ]
    examples = [*(REPOSITORY / "examples").rglob("*.js"), REPOSITORY / "README.md"]
    if not any(f"@modules/{name}" in file.read_text(encoding="utf-8") for file in examples):
        missing.append(f"an example in examples/ that requires @modules/{name}")
    assert missing == []


@pytest.mark.parametrize("name", BOUND)
def test_the_python_half_is_a_folder_of_that_name(name: str) -> None:
    folder = name.replace("-", "_")
    binding = manifest_of(name).binding
    assert binding is not None
    assert binding[0] == f"accessor_host.modules.{folder}.binding"
    assert hasattr(import_module(binding[0]), binding[1])
    assert (REPOSITORY / "tests" / "modules" / folder).is_dir()


@pytest.mark.parametrize("name", ALL)
def test_options_have_a_schema_of_that_name(name: str) -> None:
    main = manifest_of(name).main
    takes_options = main is not None and "kit/options" in Path(main).read_text(encoding="utf-8")
    expected = str(SCHEMAS / f"{name}.schema.json") if takes_options else None
    assert manifest_of(name).options == expected
    assert expected is None or Path(expected).is_file()


@pytest.mark.parametrize("name", WITH_CODE)
def test_what_asks_in_the_middle_of_an_event_declares_it(name: str) -> None:
    main = manifest_of(name).main
    assert main is not None
    asks = "kit/questions" in Path(main).read_text(encoding="utf-8")
    assert manifest_of(name).synchronous == asks


def test_no_two_modules_have_the_same_operations() -> None:
    claims = [operation for name in ALL for operation in manifest_of(name).operations]
    assert len(claims) == len(set(claims))
    assert HOST_OPERATIONS.isdisjoint(claims)


def test_the_operations_of_the_host_are_known() -> None:
    runtime = (REPOSITORY / "accessor_host" / "runtime").rglob("*.js")
    sources = [file.read_text(encoding="utf-8") for file in runtime]
    named = {
        name.partition(".")[0]
        for source in sources
        for name in re.findall(r"\b(?:operation|host\.ask|ask)\('([a-z.]+)'", source)
    }
    claims = {operation for name in ALL for operation in manifest_of(name).operations}
    assert named - claims - HOST_OPERATIONS == set()


def test_every_folder_of_the_python_halves_has_a_manifest() -> None:
    folders = {
        folder.parent.name for folder in (REPOSITORY / "accessor_host/modules").glob("*/binding.py")
    }
    assert folders == {name.replace("-", "_") for name in BOUND}
    assert KEY in content_of("web-socket-server")


@pytest.mark.parametrize("name", REQUIRABLE)
def test_the_types_have_every_option(name: str) -> None:
    options = manifest_of(name).options
    if options is None:
        return
    types = (MODULES / name / f"{name}.d.ts").read_text(encoding="utf-8")
    declared = re.findall(r"^  (\w+)\?: (.*) \| null;$", types, re.MULTILINE)
    words = {
        "integer": "number",
        "number": "number",
        "string": "string",
        "boolean": "boolean",
        "object": "Record<string, string | string[]>",
    }
    expected = []
    for option, schema in json.loads(Path(options).read_text(encoding="utf-8"))[
        "properties"
    ].items():
        if schema.get("callable") or "properties" in schema:
            expected.append((option, option[0].upper() + option[1:]))
            continue
        kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        kind = next(kind for kind in kinds if kind != "null")
        expected.append(
            (option, f"{words[schema['items']['type']]}[]" if kind == "array" else words[kind])
        )
    assert declared == expected
