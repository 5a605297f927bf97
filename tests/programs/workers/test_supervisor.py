"""What a supervisor refuses before it starts any process."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import accessor_host
from accessor_host.cli import main
from accessor_host.net import addresses
from accessor_host.programs.workers.supervisor import MAX_WORKERS, supervise


@pytest.mark.parametrize("workers", [-1, 0, MAX_WORKERS + 1])
def test_a_number_of_workers_that_makes_no_sense(workers: int, tmp_path: Path) -> None:
    with (tmp_path / "err").open("w+") as stderr:
        assert accessor_host.run("script.js", workers=workers, stderr=stderr) == 2
        stderr.seek(0)
        said = stderr.read()
    assert said == (
        f"accessor-host: option 'workers': {workers} is not allowed; "
        f"expected an integer from 1 to {MAX_WORKERS}\n"
    )


def test_one_worker_is_this_process(tmp_path: Path) -> None:
    path = tmp_path / "script.js"
    path.write_text("console.log('here')")
    # Only this process can write to it.
    stdout = io.StringIO()
    assert accessor_host.run(path, workers=1, stdout=stdout) == 0
    assert stdout.getvalue() == "here\n"


def test_streams_that_other_processes_cannot_write_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert accessor_host.run("script.js", workers=2, stdout=io.StringIO()) == 2
    said = capsys.readouterr().err
    assert said.startswith("accessor-host: option 'stdout': ")
    assert "expected a file of the operating system" in said


def test_a_system_without_shared_ports(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(addresses, "CAN_SHARE", False)
    assert main(["run", "--workers", "2", "script.js"]) == 2
    assert "SO_REUSEPORT" in capsys.readouterr().err


def test_a_python_that_cannot_be_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    assert supervise("script.js", 2, {}) == 1
    assert capsys.readouterr().err == (
        "accessor-host: worker 1 cannot be started: No such file or directory\n"
    )
