"""Lines for the shell, from a pipe."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from accessor_host.programs.shell.lines import _CHUNK_SIZE, PipedLines
from accessor_host.programs.shell.terminal import history_file

from ...support.wire import run


async def read_all(lines: PipedLines) -> list[str]:
    """Read to the end."""
    found = []
    while (line := await lines.read("> ")) is not None:
        found.append(line)
    return found


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"a\n\nb", ["a", "", "b"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        ("ä🚀\n".encode(), ["ä🚀"]),
        (b"\xff\n", ["\ufffd"]),
    ],
)
def test_bytes_are_lines(tmp_path: Path, content: bytes, lines: list[str]) -> None:
    (tmp_path / "lines").write_bytes(content)

    async def main() -> list[str]:
        with (tmp_path / "lines").open("rb") as file:
            return await read_all(PipedLines(file.fileno(), asyncio.get_running_loop()))

    assert run(main()) == lines


def through_pipe(content: bytes, work: Callable[[PipedLines], Coroutine[Any, Any, Any]]) -> Any:
    """Read what comes through a pipe, whose other end is closed afterwards."""
    ours, theirs = os.pipe()

    def write() -> None:
        with open(theirs, "wb", buffering=0) as file:
            file.write(content)

    async def main() -> Any:
        return await work(PipedLines(ours, asyncio.get_running_loop()))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        return run(main())
    finally:
        writer.join()
        os.close(ours)


@pytest.mark.parametrize("size", [_CHUNK_SIZE - 1, _CHUNK_SIZE, _CHUNK_SIZE + 1])
def test_a_line_may_be_longer_than_what_is_read_at_once(size: int) -> None:
    # Two bytes each, so that one is cut in the middle.
    line = "ä" * size
    assert through_pipe(f"{line}\n{line}".encode(), read_all) == [line, line]


def test_nothing_is_read_before_it_is_asked_for() -> None:
    ours, theirs = os.pipe()
    try:
        os.write(theirs, b"a\nb\n")

        async def main() -> None:
            lines = PipedLines(ours, asyncio.get_running_loop())
            assert os.get_blocking(ours)
            assert await lines.read("> ") == "a"
            assert await lines.read("> ") == "b"

        run(main())
        os.write(theirs, b"rest")
        # Nobody waits for it in another thread.
        assert os.read(ours, 10) == b"rest"
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_descriptor_that_cannot_be_read_has_no_lines() -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    os.close(theirs)

    async def main() -> list[str]:
        return await read_all(PipedLines(ours, asyncio.get_running_loop()))

    assert run(main()) == []


def test_the_history_lies_in_the_state_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert history_file() == tmp_path / "state" / "accessor-host" / "shell-history"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert history_file() == tmp_path / "home/.local/state/accessor-host/shell-history"
    assert history_file().parent.stat().st_mode & 0o777 == 0o700  # type: ignore[union-attr]


def test_without_a_folder_there_is_no_history(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert history_file() is None
