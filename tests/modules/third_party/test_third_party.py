"""Modules of other packages: found by their entry points, and refused with one clear error."""

from __future__ import annotations

import asyncio
import io
import json
import re
import shutil
import subprocess
import sys
import venv
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from accessor_host import Host, ManifestError, manifests
from accessor_host.cli import main
from accessor_host.manifests import Registry

from ...conftest import RunJs
from ...support.modules import write_module

REPOSITORY = Path(__file__).resolve().parents[3]
EXAMPLE = REPOSITORY / "examples" / "third-party-module"

READINGS = "68 fahrenheit\n68.9 fahrenheit\n69.8 fahrenheit\nstopped\n"


def entry_point(name: str, package: str) -> EntryPoint:
    return EntryPoint(name, package, manifests.ENTRY_POINTS)


class Packages:
    """Packages that are installed for a test, as far as the host sees."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._patch = patch
        self._entry_points: list[EntryPoint] = []
        patch.syspath_prepend(str(folder))

    def add(
        self,
        package: str,
        name: str,
        source: str = "exports.works = true;",
        python: str = "",
        **own: Any,
    ) -> Path:
        """Install a package with one module, and return its folder."""
        folder = write_module(self._folder / package, name, source, **own)
        (folder / "__init__.py").write_text("", encoding="utf-8")
        (folder / "binding.py").write_text(python, encoding="utf-8")
        self.enter(name, package)
        return folder

    def enter(self, name: str, package: str) -> None:
        """Add an entry point."""
        self._entry_points.append(entry_point(name, package))
        found = Registry(self._entry_points)
        self._patch.setattr(manifests, "registry", lambda: found)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    return Packages(tmp_path / "installed", monkeypatch)


def binding(operations: str = "{}", questions: str = "{}") -> str:
    """Return the source of a Python half."""
    return f"""
class Binding:
    def __init__(self, services):
        self.services = services
        self.operations = {operations}
        self.questions = {questions}
        self.heard = []

    async def stop(self):
        pass
"""


# What works


def test_the_example_has_options_an_event_and_operations(
    run_js: RunJs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    found = Registry([entry_point("thermometer", "acme_thermometer")])
    assert found.problems == []
    monkeypatch.setattr(manifests, "registry", lambda: found)
    outcome = run_js((EXAMPLE / "demo.js").read_text(encoding="utf-8"))
    assert (outcome.stdout, outcome.stderr, outcome.exit_code) == (READINGS, "", 0)
    refused = run_js("new (require('@modules/thermometer').Thermometer)({ period: 'soon' });")
    expected = "option 'period': 'soon' is not allowed; expected an integer from 10 to 86400000"
    assert expected in refused.stderr


def test_a_module_of_another_package_may_be_javascript_alone(
    run_js: RunJs, packages: Packages
) -> None:
    packages.add("acme_words", "acme-words", "exports.shout = (text) => text.toUpperCase();")
    outcome = run_js("console.log(require('@accessors-modules/acmeWords').shout('ah'));")
    assert (outcome.stdout, outcome.exit_code) == ("AH\n", 0)


def test_a_question_is_answered_in_the_middle_of_an_event(
    run_js: RunJs, packages: Packages
) -> None:
    packages.add(
        "acme_sums",
        "sums",
        "exports.add = (a, b) => require('kit/questions').ask('sums.add', a, b);",
        binding(questions="{'sums.add': lambda a, b: a + b}"),
        binding="acme_sums.binding:Binding",
        operations=["sums"],
        synchronous=True,
    )
    outcome = run_js("console.log(require('@modules/sums').add(1, 2));")
    assert (outcome.stdout, outcome.stderr) == ("3\n", "")


@pytest.mark.parametrize(
    ("permissions", "printed"),
    [
        ({}, "ERR_ACCESS_DENIED modules @modules/acme-words\n"),
        ({"modules": ["@modules/acme-*"]}, "true\n"),
    ],
)
def test_under_permissions_a_module_of_another_package_needs_a_grant(
    engine: str, packages: Packages, permissions: dict[str, list[str]], printed: str
) -> None:
    packages.add("acme_words", "acme-words")
    stdout = io.StringIO()

    async def main() -> None:
        async with Host(engine=engine, permissions=permissions, stdout=stdout) as host:
            await host.run("""
                require('@modules/text-display');
                try {
                  console.log(require('@modules/acme-words').works);
                } catch (error) {
                  console.log(error.code, error.permission, error.resource);
                }
            """)

    asyncio.run(main())
    assert stdout.getvalue() == printed


def test_a_missing_module_is_told_with_those_that_there_are(
    run_js: RunJs, packages: Packages
) -> None:
    packages.add("acme_words", "acme-words")
    outcome = run_js("require('@modules/acme');")
    assert "Cannot find module '@modules/acme'" in outcome.stderr
    names = re.findall(r"@modules/[\w-]+", outcome.stderr.partition("This host has:")[2])
    assert "@modules/acme-words" in names
    assert "@modules/local-storage" in names
    assert names == sorted(names)


# What does not


def refused(packages: Packages, name: str) -> ManifestError:
    """Return why a module is not there; all others are."""
    found = manifests.registry()
    assert "web-socket-server" in found.names()
    with pytest.raises(ManifestError) as caught:
        found.find(name)
    return caught.value


@pytest.mark.parametrize(
    ("own", "key", "reason"),
    [
        ({"bindings": "a.b:C"}, "accessorHost", "'bindings'"),
        ({"binding": "no colon"}, "accessorHost.binding", "'no colon' does not match"),
        ({"binding": 5}, "accessorHost.binding", "5 is not of type 'string'"),
        ({"operations": ["Upper"]}, "accessorHost.operations.0", "'Upper' does not match"),
        ({"operations": ["server"]}, "accessorHost.operations", "the module 'web-socket-server'"),
        ({"operations": ["timer"]}, "accessorHost.operations", "'timer' is the host's"),
        ({"permissions": ["fly"]}, "accessorHost.permissions.0", "'fly' is not one of"),
        ({"options": "none.json"}, "accessorHost.options", "there is no file"),
        ({"synchronous": "yes"}, "accessorHost.synchronous", "'yes' is not of type 'boolean'"),
    ],
)
def test_a_wrong_manifest_names_package_and_key(
    packages: Packages, own: dict[str, Any], key: str, reason: str
) -> None:
    packages.add("acme_wrong", "wrong", **own)
    error = refused(packages, "wrong")
    assert error.package == "acme_wrong"
    assert error.key == key
    assert reason in error.reason
    assert str(error).startswith(f"module of the package 'acme_wrong', {key}: ")


@pytest.mark.parametrize(
    ("content", "key", "reason"),
    [
        ("{", "package.json", "not JSON"),
        ("[]", "package.json", "[] is not of type 'object'"),
        ('{"name": "@modules/wrong"}', "package.json", "'version' is a required property"),
        (None, "package.json", "no such file"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_told(
    packages: Packages, tmp_path: Path, content: str | None, key: str, reason: str
) -> None:
    folder = tmp_path / "installed" / "acme_wrong"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("", encoding="utf-8")
    if content is not None:
        (folder / "package.json").write_text(content, encoding="utf-8")
    packages.enter("wrong", "acme_wrong")
    error = refused(packages, "wrong")
    assert (error.package, error.key) == ("acme_wrong", key)
    assert reason in error.reason


def test_a_package_that_is_not_there_is_told(packages: Packages) -> None:
    packages.enter("gone", "no_such_package")
    assert "'no_such_package' is not an installed package" in refused(packages, "gone").reason
    packages.enter("deep", "no_such_package.inner")
    assert "cannot find 'no_such_package.inner'" in refused(packages, "deep").reason


def test_the_javascript_half_must_be_there(packages: Packages) -> None:
    folder = packages.add("acme_halved", "halved")
    (folder / "main.js").unlink()
    packages.enter("other", "acme_words")
    error = refused(packages, "halved")
    assert error.key == "main"
    assert str(folder / "main.js") in error.reason


def test_a_name_that_is_taken_stays_with_its_owner(run_js: RunJs, packages: Packages) -> None:
    packages.add("acme_display", "text-display", "exports.TextDisplay = 'stolen';")
    packages.add("acme_first", "twice", "exports.from = 'first';")
    packages.add("acme_second", "twice", "exports.from = 'second';")
    assert [str(problem) for problem in manifests.registry().problems] == [
        "module of the package 'acme_display', name: "
        "'text-display' is a module of 'accessor-host' already",
        "module of the package 'acme_second', name: 'twice' is a module of 'acme_first' already",
    ]
    outcome = run_js(
        "console.log(typeof require('@modules/text-display').TextDisplay);"
        "console.log(require('@modules/twice').from);"
    )
    assert outcome.stdout == "function\nfirst\n"


def test_the_entry_point_bears_the_name_of_the_module(packages: Packages) -> None:
    packages.add("acme_words", "acme-words")
    packages.enter("other-words", "acme_words")
    assert refused(packages, "other-words").reason == (
        "'acme-words' is not the name of its entry point, 'other-words'"
    )


@pytest.mark.parametrize(
    ("python", "reason"),
    [
        ("import no_such_package", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("", "AttributeError"),
        ("class Binding:\n    pass", "TypeError"),
        (binding("{'server.start': print}"), "'server.start' begins with none of acme"),
    ],
)
def test_a_python_half_that_does_not_work_is_an_error_of_require(
    run_js: RunJs, packages: Packages, python: str, reason: str
) -> None:
    packages.add(
        "acme_broken",
        "broken",
        "",
        python,
        binding="acme_broken.binding:Binding",
        operations=["acme"],
    )
    sys.modules.pop("acme_broken.binding", None)
    sys.modules.pop("acme_broken", None)
    outcome = run_js(
        "try { require('@modules/broken'); } catch (error) { console.log(error.message); }"
        "console.log(typeof require('@modules/web-socket-server').Server);"
    )
    first = outcome.stdout.splitlines()[0]
    assert first.startswith(
        "Cannot find module '@modules/broken': module of the package 'acme_broken', accessorHost."
    )
    assert reason in first
    assert outcome.stdout.endswith("\nfunction\n")
    assert outcome.exit_code == 0


def test_what_a_module_needs_is_named(run_js: RunJs, packages: Packages) -> None:
    packages.add(
        "acme_serial",
        "acme-serial",
        "",
        "import no_such_package",
        binding="acme_serial.binding:Binding",
        requires="no-such-package>=3",
    )
    outcome = run_js("require('@modules/acme-serial');")
    assert "; try: pip install 'no-such-package>=3'" in outcome.stderr


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ("[]", "is no schema of options"),
        ('{"properties": {"size": {"type": "integer"}}}', "the option 'size' has no default"),
        ("{", "is no schema of options"),
    ],
)
def test_a_schema_that_is_none_is_told(
    run_js: RunJs, packages: Packages, schema: str, reason: str
) -> None:
    name = f"schema-{len(schema)}"
    folder = packages.add(f"acme_{name.replace('-', '_')}", name)
    (folder / "options.json").write_text(schema, encoding="utf-8")
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    package["accessorHost"]["options"] = "options.json"
    (folder / "package.json").write_text(json.dumps(package), encoding="utf-8")
    packages.enter("other", "nothing")
    outcome = run_js(f"require('@modules/{name}');")
    assert reason in outcome.stderr


def test_the_command_lists_all_and_says_what_is_wrong(
    packages: Packages, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["modules"]) == 0
    packages.add("acme_words", "acme-words")
    packages.add("acme_wrong", "wrong", binding=5)
    assert main(["modules"]) == 1
    out, err = capsys.readouterr()
    assert "@modules/acme-words            acme_words\n" in out
    assert "@modules/web-socket-server     accessor-host\n" in out
    assert err == (
        "accessor-host: module of the package 'acme_wrong', accessorHost.binding: "
        "5 is not of type 'string'\n"
    )


# For real


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_pip_installs_it_into_a_fresh_environment(tmp_path: Path) -> None:
    copy = tmp_path / "source"
    shutil.copytree(EXAMPLE, copy)
    venv.create(tmp_path / "fresh", with_pip=True)
    run = tmp_path / "fresh" / "bin"
    install = [run / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*install, f"{REPOSITORY}[fast]", copy], check=True, timeout=240)
    for engine in ("quickjs", "dukpy"):
        done = subprocess.run(
            [run / "accessor-host", "run", "--engine", engine, copy / "demo.js"],
            capture_output=True,
            text=True,
            timeout=30,
            cwd=tmp_path,
        )
        assert (done.stdout, done.stderr, done.returncode) == (READINGS, "", 0)
