"""Where the log of a program goes, and what its lines look like."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from ..errors import AccessorHostError

__all__ = ["program_log", "reopen", "state_logger"]

state_logger = logging.getLogger("accessor_host.state")
"""Says what somebody has asked for by a signal: no level leaves it out."""

_OURS = "accessor_host"

_open: list[_Log] = []


@contextmanager
def program_log(level: str, form: str, file: str | None) -> Iterator[None]:
    """Write the log of this program, as long as the block runs.

    Args:
        level: ``"debug"``, ``"info"``, ``"warning"`` or ``"error"``, for our own loggers; others
            say what is a warning or worse.
        form: ``"text"``, or ``"json"`` for an object in each line.
        file: where lines are added; None is standard error.

    Raises:
        AccessorHostError: the file cannot be written.
    """
    try:
        log = _Log(form, file)
    except OSError as error:
        raise AccessorHostError(f"cannot write the log '{file}': {error.strerror}") from None
    root, ours, state = logging.getLogger(), logging.getLogger(_OURS), state_logger
    before = ours.level, state.level
    root.addHandler(log)
    ours.setLevel(level.upper())
    state.setLevel(logging.WARNING)
    _open.append(log)
    try:
        yield
    finally:
        _open.remove(log)
        root.removeHandler(log)
        for logger, old in zip((ours, state), before, strict=True):
            logger.setLevel(old)
        log.close()


def reopen() -> None:
    """Go on in files with the names that log files had: they may have been moved away."""
    for log in _open:
        log.reopen()


class _Log(logging.Handler):
    """Write lines; one that cannot be written is counted, and that is said once it can.

    Args:
        form: as for :func:`program_log`.
        path: of the file; None is standard error.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(self, form: str, path: str | None) -> None:
        super().__init__()
        self._path = None if path is None else os.path.abspath(path)
        self._file = None if self._path is None else _appending(self._path)
        self._unwritten = 0
        if form == "json":
            self.setFormatter(_Json())
        else:
            self.setFormatter(_Text(has_time=self._file is not None))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:
            # A record that does not fit its words: a defect of who logs, and no end of who serves.
            line = _escaped(f"accessor-host: a line of {record.name} cannot be shown: {record.msg}")
        if self._unwritten and self._write(self._tell_unwritten()):
            self._unwritten = 0
        if not self._write(line):
            self._unwritten += 1

    def reopen(self) -> None:
        """Open the file of that name anew; where that is not possible, keep the one there is."""
        if self._path is None:
            return
        try:
            file = _appending(self._path)
        except OSError as error:
            logging.getLogger("accessor_host.host").error(
                "the log %r cannot be opened again: %s", self._path, error.strerror
            )
            return
        self.acquire()
        try:
            old, self._file = self._file, file
        finally:
            self.release()
        if old is not None:
            with suppress(OSError):
                old.close()

    def close(self) -> None:
        super().close()
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None

    def _write(self, line: str) -> bool:
        stream = self._file or sys.stderr
        try:
            stream.write(f"{line}\n")
            stream.flush()
        except (OSError, ValueError):
            # The disk is full, or who read the lines has gone.
            return False
        return True

    def _tell_unwritten(self) -> str:
        message = f"{self._unwritten} lines of the log could not be written"
        return self.format(
            logging.LogRecord("accessor_host.host", logging.WARNING, "", 0, message, (), None)
        )


def _appending(path: str) -> IO[str]:
    return open(path, "a", encoding="utf-8", errors="backslashreplace")


def _escaped(text: str) -> str:
    """Return a text as it may stand in a line."""
    # Imported late: most runs log nothing.
    from ..net import quoting

    return quoting.escaped(text)


class _Text(logging.Formatter):
    """Lines for people; those of standard error begin as all that this program says there.

    Args:
        has_time: whether nobody else writes the time before each line.
    """

    def __init__(self, *, has_time: bool) -> None:
        super().__init__()
        self._has_time = has_time

    def format(self, record: logging.LogRecord) -> str:
        level, message = record.levelname.lower(), _escaped(record.getMessage())
        if self._has_time:
            line = f"{_time_of(record)} {level} {record.name} [{record.process}] {message}"
        else:
            line = f"accessor-host: {level}: {message}"
        if record.exc_info:
            stack = self.formatException(record.exc_info).splitlines()
            line = "\n    ".join([line, *map(_escaped, stack)])
        return line


class _Json(logging.Formatter):
    """Lines for programs: an object in each."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "ts": _time_of(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": record.process,
            "msg": _escaped(record.getMessage()),
        }
        if record.exc_info:
            entry["stack"] = self.formatException(record.exc_info)
        return json.dumps(entry)


def _time_of(record: logging.LogRecord) -> str:
    """Return when something was logged (RFC 3339)."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{whole}.{int(record.msecs):03}Z"
