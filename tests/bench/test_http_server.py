"""The command that compares web servers: that it works, not what it finds."""

from __future__ import annotations

import os
import re
import shutil

import pytest

from bench import http_server

from ..support.peers import missing


@pytest.fixture(autouse=True)
def _two_cores_and_node(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("node") is None:
        missing("node is not installed; on Debian: apt-get install nodejs")
    # It keeps itself on one core; the other tests are not to be kept there.
    monkeypatch.setattr(os, "sched_setaffinity", lambda *_: None)
    monkeypatch.setattr(http_server, "_SECONDS", 0.1)


@pytest.mark.slow
def test_requests_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    # Its verdict depends on what else the machine does.
    assert http_server.main(["--repeat", "1"]) in (0, 1)
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[:3] for row in rows] == [
        [f"| {count}", what, host]
        for count, what in ((1, "text"), (50, "text"), (50, "JSON"))
        for host in ("quickjs", "dukpy", "node")
    ]
    assert all(re.search(r"\| [\d,]+ \| \d+ µs \| \d\.\d\d × \|$", row) for row in rows), rows


@pytest.mark.slow
def test_kept_connections_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert http_server.main(["--idle", "100"]) == 0
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| quickjs", "| dukpy", "| node"]


@pytest.mark.slow
def test_a_server_that_fails_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loads = [load._replace(body=b"something else") for load in http_server._LOADS]
    monkeypatch.setattr(http_server, "_LOADS", loads)
    monkeypatch.setattr(http_server, "_LIMIT", 1.0)
    assert http_server.main(["--repeat", "1"]) == 2
    assert capsys.readouterr().err.startswith("error: ")
