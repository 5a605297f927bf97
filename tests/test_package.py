"""What the package promises on the outside: names, files, versions."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
from importlib.metadata import metadata, version
from pathlib import Path

import pytest

import accessor_host
from accessor_host import errors
from accessor_host.core.bundle import accessor_runtime, bundle
from accessor_host.package_files import MODULES, RUNTIME, SCHEMAS

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def submodules() -> list[str]:
    return [
        module.name
        for module in pkgutil.walk_packages(accessor_host.__path__, "accessor_host.")
        if not module.name.endswith("__main__")
    ]


def test_every_exported_name_exists() -> None:
    assert accessor_host.__all__ == sorted(accessor_host.__all__)
    for name in accessor_host.__all__:
        assert getattr(accessor_host, name) is not None


def test_the_exports_are_the_documented_classes_and_the_errors() -> None:
    accessors = {"Accessor", "Composite", "Port", "PythonAccessor"}
    sockets = {"Client", "Request", "Server", "Socket"}
    exported = {"Host", "run", *sockets, *accessors, *errors.__all__}
    assert set(accessor_host.__all__) == exported


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Serve'"):
        accessor_host.Serve  # noqa: B018


@pytest.mark.parametrize("name", submodules())
def test_every_module_declares_what_it_offers(name: str) -> None:
    module = importlib.import_module(name)
    if not hasattr(module, "__path__"):
        assert module.__all__
    for member in getattr(module, "__all__", ()):
        assert hasattr(module, member)


def test_the_types_are_shipped() -> None:
    assert (Path(accessor_host.__file__).parent / "py.typed").is_file()


def test_one_version_everywhere() -> None:
    assert version("accessor-host") == PROJECT["version"]


def test_the_changelog_has_this_version_first() -> None:
    text = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", text, re.MULTILINE)
    assert versions[0] == PROJECT["version"]


def test_the_licence_is_the_one_that_is_declared() -> None:
    assert metadata("accessor-host")["License-Expression"] == "BSD-3-Clause"
    assert (REPOSITORY / "LICENSE").read_text(encoding="utf-8").startswith("BSD 3-Clause License")


def test_the_base_install_brings_tls_but_no_extras() -> None:
    base = PROJECT["dependencies"]
    assert any(line.startswith("dukpy") for line in base)
    assert any(line.startswith("cryptography") for line in base)
    assert not any(line.lower().startswith(("quickjs-ng", "uvloop")) for line in base)


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import accessor_host", ("asyncio", "jsonschema", "dukpy", "_quickjs", "pyee")),
        (
            "from accessor_host import Server",
            ("dukpy", "_quickjs", "uvloop", "cryptography", "PIL"),
        ),
        (
            "from accessor_host import Client",
            ("dukpy", "_quickjs", "uvloop", "cryptography", "PIL"),
        ),
        ("from accessor_host import Host", ("pyee", "uvloop", "cryptography", "PIL")),
    ],
)
def test_an_import_loads_only_what_it_needs(statement: str, absent: tuple[str, ...]) -> None:
    program = f"{statement}; import sys; print([n for n in {absent!r} if n in sys.modules])"
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert printed == "[]\n"


def test_what_goes_into_an_engine_is_ascii() -> None:
    # One other character would double the memory of all sources there, which come as one text.
    files = [*RUNTIME.rglob("*.js"), *MODULES.rglob("*.js"), *SCHEMAS.glob("*.json")]
    assert len(files) > 50
    assert [file.name for file in files if not file.read_bytes().isascii()] == []


def test_the_runtime_for_accessors_is_handed_over_when_it_is_needed() -> None:
    later = json.loads(accessor_runtime())
    found = (RUNTIME / "accessors").rglob("*.js")
    files = {file.relative_to(RUNTIME).with_suffix("").as_posix() for file in found}
    assert set(later) == files
    head = json.loads(bundle().partition("\x1e")[0])
    assert files.isdisjoint(head["runtime"])
    assert "core/dispatch" in head["runtime"]
