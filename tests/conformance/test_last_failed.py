"""What is kept of a run for --last-failed, and how the command uses it."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from accessor_host.cli import main
from accessor_host.conformance.last_failed import failed_before, remember
from accessor_host.conformance.runner import Result, Verdict

from ..support.conformance import command_line, made_case

# It passes one case, and another instead as soon as there is a file "mended".
HOST = """
import json, os, sys
def report(name, *values):
    print("@conformance " + json.dumps({"report": name, "values": values}), flush=True)
report("@started")
report("same", True) if os.path.exists("mended") else report("Server", "function")
"""

CASES = ("--case", "server/exports/server", "--case", "server/exports/same-module")


@pytest.fixture(autouse=True)
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder and a current directory for each test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "state" / "accessor-host" / "last-failed"


def result(name: str, verdict: Verdict, host: str = "x") -> Result:
    return Result(made_case(id=name), host, verdict)


def test_what_failed_is_known_until_it_passes() -> None:
    assert failed_before("x") == set()
    remember([result("a", "fail"), result("b", "fail"), result("c", "pass")])
    assert failed_before("x") == {"a", "b"}
    remember([result("a", "pass"), result("b", "skip"), result("d", "fail")])
    assert failed_before("x") == {"b", "d"}


def test_hosts_and_directories_are_kept_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember([result("a", "fail", "x"), result("b", "fail", "y")])
    assert (failed_before("x"), failed_before("y")) == ({"a"}, {"b"})
    monkeypatch.chdir(tmp_path)
    assert failed_before("x") == set()


def test_a_host_without_failures_leaves_no_file(state_folder: Path) -> None:
    remember([result("a", "pass")])
    assert not state_folder.exists()
    remember([result("a", "fail")])
    (path,) = state_folder.iterdir()
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "folder": os.getcwd(),
        "host": "x",
        "failed": ["a"],
    }
    assert state_folder.stat().st_mode & 0o077 == 0
    remember([result("a", "pass")])
    assert list(state_folder.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"failed": 7}', '{"failed": [{}]}', "\xff"])
def test_a_file_that_says_nothing_is_none(state_folder: Path, text: str) -> None:
    remember([result("a", "fail")])
    (path,) = state_folder.iterdir()
    path.write_bytes(text.encode("latin-1"))
    assert failed_before("x") == set()
    remember([result("b", "fail")])
    assert failed_before("x") == {"b"}


# The command


def conformance(capsys: Any, *words: str) -> tuple[int, str, str]:
    host = command_line(sys.executable, "-c", HOST, "{script}")
    code = main(["conformance", "--host", host, *words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def verdicts(report: str) -> dict[str, str]:
    return {
        case["id"]: each["verdict"]
        for case in json.loads(report)["cases"]
        for each in case["results"].values()
    }


def test_only_what_failed_is_run_again(capsys: Any) -> None:
    code, out, err = conformance(capsys, *CASES, "--format", "json")
    assert (code, err) == (1, "")
    assert verdicts(out) == {
        "server/exports/server": "pass",
        "server/exports/same-module": "fail",
    }
    code, out, err = conformance(capsys, "--last-failed", "--list")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "must    server/exports/same-module"
    assert len(out.splitlines()) == 2
    Path("mended").touch()
    code, out, err = conformance(capsys, "--lf", "--format", "json")
    assert (code, err) == (0, "")
    assert verdicts(out) == {"server/exports/same-module": "pass"}


def test_without_a_known_failure_all_are_run_and_a_line_says_so(capsys: Any) -> None:
    code, out, err = conformance(capsys, "--lf", *CASES[:2], "--format", "json")
    assert code == 0
    assert verdicts(out) == {"server/exports/server": "pass"}
    assert err == "--last-failed: none of these cases failed before, so all are run\n"


def test_a_state_folder_that_cannot_be_is_one_line(
    capsys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    (tmp_path / "file").touch()
    code, _, err = conformance(capsys, *CASES[:2])
    assert (code, err) == (0, "")
    code, out, err = conformance(capsys, *CASES[2:])
    assert code == 1
    assert "must: 0 of 1 passed" in out
    assert err.startswith("--last-failed will not know these results: ")
    assert len(err.splitlines()) == 1


def test_an_interrupted_run_is_remembered_as_far_as_it_went(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run_cases(cases: Any, hosts: Any, *, progress: Any, **_: Any) -> None:
        progress(Result(cases[0], hosts[0].name, "fail"))
        os.kill(os.getpid(), 15)
        await asyncio.Event().wait()

    monkeypatch.setattr("accessor_host.conformance.runner.run_cases", run_cases)
    code, _, _ = conformance(capsys, *CASES)
    assert code == 143
    host = shlex.join([sys.executable, "-c", HOST, "{script}"])
    assert failed_before(host) == {"server/exports/server"}
