"""Which cases failed when a host was last judged, for ``--last-failed``.

A file for each host and directory, in the user's state folder: the same command may be another
host elsewhere. A host without failures has no file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from .runner import Result

__all__ = ["failed_before", "remember"]


def failed_before(host: str) -> set[str]:
    """Return the names of the cases that a host failed when they were last run.

    Args:
        host: name of the host.
    """
    try:
        names = json.loads(_file(host).read_text(encoding="utf-8"))["failed"]
        return {name for name in names if isinstance(name, str)}
    # A file of somebody else's, or half a one, says nothing.
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, RecursionError):
        return set()


def remember(results: Iterable[Result]) -> None:
    """Keep which cases failed; what was not run, or skipped, stays as it was.

    Args:
        results: of a run, whole or not.

    Raises:
        OSError: the file cannot be written.
    """
    by_host: dict[str, list[Result]] = {}
    for result in results:
        by_host.setdefault(result.host, []).append(result)
    for host, own in by_host.items():
        failed = failed_before(host)
        failed -= {result.case.id for result in own if result.verdict == "pass"}
        failed |= {result.case.id for result in own if result.verdict == "fail"}
        _write(host, failed)


def _write(host: str, failed: set[str]) -> None:
    path = _file(host)
    if not failed:
        # Nothing to forget where no file can be.
        with suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()
        return
    # What somebody judges is nobody else's business.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    document = {"folder": os.getcwd(), "host": host, "failed": sorted(failed)}
    # Whole or not at all: two runs may end at the same time.
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        part.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def _file(host: str) -> Path:
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    try:
        folder = Path(state).expanduser()
    except RuntimeError as error:
        raise OSError(str(error)) from None
    key = sha256(f"{os.getcwd()}\0{host}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return folder / "accessor-host" / "last-failed" / f"{key}.json"
