"""The log of a program: its lines, its levels, its file, and what peers cannot do with it."""

from __future__ import annotations

import io
import json
import logging
import re
import ssl
import sys
from pathlib import Path
from typing import Any

import pytest

from accessor_host.errors import AccessorHostError
from accessor_host.programs import logs
from accessor_host.programs.logs import program_log, reopen, state_logger

from ..support.certificates import Certificates
from ..support.programs import ACCESSOR_HOST, TIMEOUT, Program, run

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

LOGGER = logging.getLogger("accessor_host.tests")

NASTY = "".join(map(chr, [*range(32), *range(127, 160), 0x2028, 0x202E, 0xFEFF]))
"""What terminals obey, what ends lines, and what turns them round."""


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_a_level_is_this_and_what_is_worse(
    level: str, expected: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with program_log(level, "text", None):
        for name in ("debug", "info", "warning", "error"):
            getattr(LOGGER, name)("said %s", "so")
        # Others say what matters only.
        logging.getLogger("asyncio").info("a loop")
    LOGGER.error("after it")
    assert capsys.readouterr().err == "".join(
        f"accessor-host: {one}: said so\n" for one in expected
    )


def test_what_was_asked_for_is_said_at_every_level(capsys: pytest.CaptureFixture[str]) -> None:
    with program_log("error", "text", None):
        state_logger.warning("here")
    assert capsys.readouterr().err == "accessor-host: warning: here\n"


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_in_a_line_steers_a_terminal(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    with program_log("info", form, None):
        LOGGER.info("%s: é✓", NASTY)
        try:
            raise ValueError(NASTY)
        except ValueError:
            LOGGER.exception("failed with %s", NASTY)
    lines = capsys.readouterr().err.split("\n")
    assert lines.pop() == ""
    assert all(line.isprintable() for line in lines)
    if form == "json":
        entries = [json.loads(line) for line in lines]
        assert all(entry["msg"].isprintable() for entry in entries)
        assert entries[0]["msg"].endswith("\\ufeff: é✓")
        assert "ValueError" in entries[1]["stack"]
    else:
        assert lines[0].endswith("\\ufeff: é✓")
        assert lines[1].startswith("accessor-host: error: failed with")
        assert all(line.startswith("    ") for line in lines[2:])


def test_a_line_of_json_says_when_where_and_how_bad(capsys: pytest.CaptureFixture[str]) -> None:
    with program_log("info", "json", None):
        LOGGER.info("hello %d", 5)
    entry = json.loads(capsys.readouterr().err)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry.pop("ts"))
    assert isinstance(entry.pop("pid"), int)
    assert entry == {"level": "info", "logger": "accessor_host.tests", "msg": "hello 5"}


def test_lines_in_a_file_have_their_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "host.log"
    file.write_text("before\n")
    with program_log("info", "text", str(file)):
        LOGGER.info("hello")
    before, line = file.read_text().splitlines()
    assert before == "before"
    assert re.fullmatch(r"\d{4}\S+Z info accessor_host\.tests \[\d+\] hello", line)
    assert capsys.readouterr().err == ""


def test_a_file_that_was_moved_away_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file, old = tmp_path / "host.log", tmp_path / "host.log.1"
    with program_log("info", "text", "host.log"):
        monkeypatch.chdir("/")
        LOGGER.info("one")
        file.rename(old)
        LOGGER.info("two")
        reopen()
        LOGGER.info("three")
        file.unlink()
        file.mkdir()
        reopen()
        LOGGER.info("four")
    assert [line.split()[-1] for line in old.read_text().splitlines()] == ["one", "two"]
    file.rmdir()
    reopen()  # nothing is open any more
    assert not file.exists()


def test_a_file_that_cannot_be_opened_again_is_an_error_and_the_log_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, old = tmp_path / "host.log", tmp_path / "host.log.1"
    with program_log("info", "text", str(file)):
        file.rename(old)
        file.mkdir()
        reopen()
        LOGGER.info("goes on")
    assert "cannot be opened again: Is a directory" in caplog.text
    assert "goes on" in old.read_text()


def test_a_file_that_cannot_be_written_is_bad_usage(tmp_path: Path) -> None:
    with (
        pytest.raises(AccessorHostError, match=r"cannot write the log '.*': Is a directory"),
        program_log("info", "text", str(tmp_path)),
    ):
        raise AssertionError


def test_lines_that_cannot_be_written_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        is_full = False

        def write(self, text: str) -> int:
            if self.is_full:
                raise OSError(28, "No space left on device")
            return super().write(text)

    stream = Full()
    monkeypatch.setattr(sys, "stderr", stream)
    with program_log("info", "text", None):
        LOGGER.info("one")
        stream.is_full = True
        LOGGER.info("two")
        LOGGER.info("three")
        stream.is_full = False
        LOGGER.info("four")
        LOGGER.info("five")
    assert stream.getvalue().splitlines() == [
        "accessor-host: info: one",
        "accessor-host: warning: 2 lines of the log could not be written",
        "accessor-host: info: four",
        "accessor-host: info: five",
    ]


def test_a_record_that_does_not_fit_its_words_is_a_line_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = logging.LogRecord(LOGGER.name, logging.INFO, "", 0, "%d\x1b", ("no number",), None)
    with program_log("info", "text", None):
        logs._open[0].handle(record)
    assert capsys.readouterr().err == (
        "accessor-host: a line of accessor_host.tests cannot be shown: %d\\x1b\n"
    )


# The commands

SERVER = """
const { Server } = require('@modules/web-socket-server');
const server = new Server(OPTIONS);
server.on('listening', (port) => console.log('listening', port));
server.start();
"""


def _script(folder: Path, options: dict[str, Any]) -> Path:
    file = folder / "server.js"
    file.write_text(SERVER.replace("OPTIONS", json.dumps({"port": 0, **options})))
    return file


def _port(program: Program) -> int:
    program.wait_for("listening")
    return int(program.stdout.split()[1])


def _fail_tls(port: int) -> None:
    """Refuse a server's certificate, as clients do."""
    import socket

    with (
        socket.create_connection(("127.0.0.1", port), TIMEOUT) as raw,
        pytest.raises(ssl.SSLError),
    ):
        ssl.create_default_context().wrap_socket(raw, server_hostname="localhost")


def test_a_failed_tls_handshake_is_one_line_with_peer_and_reason(
    tmp_path: Path, engine: str, certificates: Certificates
) -> None:
    script = _script(tmp_path, certificates.options)
    options = ["--engine", engine, "--log-level", "info", "--log-format", "json"]
    with Program([ACCESSOR_HOST, "run", *options, script]) as program:
        _fail_tls(_port(program))
        program.wait_for("authority", stream="stderr")
        (line,) = program.stderr.splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["logger"]) == ("info", "accessor_host.tls")
    assert re.fullmatch(
        r"connection \d+ from 127\.0\.0\.1:\d+: TLS handshake failed: "
        "the client does not know the authority of our certificate",
        entry["msg"],
    )


@pytest.mark.parametrize("command", ["run", "invoke"])
def test_a_log_that_cannot_be_written_is_bad_usage(tmp_path: Path, command: str) -> None:
    file = tmp_path / "x.js"
    file.write_text("")
    options = ["--js"] if command == "invoke" else []
    ended = run([ACCESSOR_HOST, command, "--log-file", tmp_path, *options, file])
    assert ended.code == 2
    assert ended.stderr == f"accessor-host: cannot write the log '{tmp_path}': Is a directory\n"


def test_a_level_that_there_is_not_is_bad_usage(tmp_path: Path) -> None:
    ended = run([ACCESSOR_HOST, "run", "--log-level", "loud", tmp_path / "x.js"])
    assert ended.code == 2
    assert "argument --log-level: invalid choice: 'loud'" in ended.stderr


@pytest.mark.slow
def test_workers_log_into_one_file(tmp_path: Path) -> None:
    script, log = _script(tmp_path, {}), tmp_path / "host.log"
    options = ["--workers", "2", "--log-level", "debug", "--log-file", log]
    with Program([ACCESSOR_HOST, "run", *options, script]) as program:
        program.wait_for("listening", times=2)
    lines = [line for line in log.read_text().splitlines() if "listening on" in line]
    assert len({line.split()[3] for line in lines}) == 2
