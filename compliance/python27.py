"""Python 2.7 with the Autobahn test suite, which never ran on anything newer."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

__all__ = ["SUITE", "SetupError", "find", "with_suite"]

SUITE = "autobahntestsuite==25.10.1"
"""What pip installs; its own requirements are pinned by being the last for Python 2.7."""

_VIRTUALENV = "virtualenv<20.22"
"""The last series that makes environments for Python 2.7 (its changelog, 20.22.0)."""

_PROBE = "import sys; sys.exit(sys.version_info[:2] != (2, 7))"

_START_LIMIT = 30.0
"""Seconds for an interpreter to start."""

_INSTALL_LIMIT = 900.0
"""Seconds for one step of the installation; some packages are compiled."""


class SetupError(Exception):
    """Report that the suite cannot be installed or does not run."""


async def find(given: Path | None) -> Path | None:
    """Find an interpreter that really runs; pyenv's ``python2.7`` on PATH often does not.

    Args:
        given: look no further than this; None looks in pyenv and on PATH.

    Returns:
        The interpreter, or None when there is none.
    """
    for candidate in [given] if given is not None else _candidates():
        if await _is_python27(candidate):
            return candidate
    return None


async def with_suite(python27: Path) -> Path:
    """Return an interpreter that has the suite; install it when it is not in the cache.

    Args:
        python27: what :func:`find` returned.

    Raises:
        SetupError: a step of the installation failed.
    """
    environment = _cache() / SUITE.replace("==", "-")
    python = environment / "bin" / "python"
    ready = environment / "ready"
    if ready.is_file() and await _is_python27(python):
        return python
    print(f"installing {SUITE} into {environment}, once", flush=True)
    shutil.rmtree(environment, ignore_errors=True)
    environment.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        await _step(sys.executable, "-m", "venv", temporary)
        maker = str(Path(temporary, "bin", "python"))
        await _step(maker, "-m", "pip", "install", "-q", _VIRTUALENV)
        await _step(maker, "-m", "virtualenv", "-q", "-p", str(python27), str(environment))
    await _step(str(python), "-m", "pip", "install", "-q", SUITE)
    # Last, so that an installation that was interrupted is not taken for a good one.
    ready.touch()
    return python


def _candidates() -> list[Path]:
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    on_path = shutil.which("python2.7")
    found = sorted(root.glob("versions/2.7.*/bin/python"), reverse=True)
    return [*found, Path(on_path)] if on_path else found


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "accessor-host")


async def _is_python27(python: Path) -> bool:
    try:
        return await _run(_START_LIMIT, str(python), "-c", _PROBE) == (0, "")
    except (OSError, TimeoutError):
        return False


async def _step(*command: str) -> None:
    try:
        status, output = await _run(_INSTALL_LIMIT, *command)
    except TimeoutError:
        status, output = -1, f"not done within {_INSTALL_LIMIT:g} s"
    if status:
        raise SetupError(f"failed: {' '.join(command)}\n{output}")


async def _run(limit: float, *command: str) -> tuple[int, str]:
    """Run a program; return its exit status and what it printed.

    Raises:
        OSError: it cannot be started.
        TimeoutError: it took longer than ``limit`` seconds.
    """
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), limit)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return process.returncode or 0, output.decode(errors="replace")
