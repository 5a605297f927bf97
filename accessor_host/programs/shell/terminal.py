"""Lines that somebody types at a terminal, with line editing and a history."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from .lines import LineDiscardedError, PipedLines

__all__ = ["TerminalLines", "history_file"]

_PROMPTER = Path(__file__).with_name("prompter.py")

_PATIENCE = 2.0
"""Seconds that the prompter has to end; it only has to save its history."""

_TRIES = 8


def history_file() -> Path | None:
    """Return the file that keeps what was typed; ``None`` when there can be none."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    with suppress(OSError, RuntimeError):
        folder = Path(state).expanduser() / "accessor-host"
        # What is typed is nobody else's business.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder / "shell-history"
    return None


class TerminalLines:
    """Lines of the process's terminal; use it with ``async with``, inside the main thread.

    Args:
        history: file that keeps the lines, or ``None``.
    """

    def __init__(self, history: Path | None) -> None:
        self._history = history
        self._is_reading = False

    async def __aenter__(self) -> Self:
        self._settings = termios.tcgetattr(sys.stdin)
        # The terminal sends Ctrl-C to the prompter too, which is the one to know what it means.
        self._handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        ours, theirs = socket.socketpair()
        with theirs:
            words = [sys.executable, "-I", "-S", _PROMPTER, theirs.fileno(), self._history or ""]
            self._prompter = subprocess.Popen(  # noqa: S603, ASYNC220
                list(map(str, words)), pass_fds=[theirs.fileno()]
            )
        self._channel = ours
        self._answers = PipedLines(ours.fileno(), asyncio.get_running_loop())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # The prompter may be gone, and its end with it.
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        await asyncio.to_thread(self._end_prompter)
        # It may have had no chance to do so.
        with suppress(termios.error):
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._settings)
        signal.signal(signal.SIGINT, self._handler)
        self._channel.close()

    def _end_prompter(self) -> None:
        for _ in range(_TRIES):
            # In the middle of a line it takes a signal, and readline notices one that comes just
            # before it begins to wait only with the next.
            if self._is_reading:
                self._prompter.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._prompter.wait(_PATIENCE / _TRIES)
                return
        self._prompter.kill()
        self._prompter.wait()

    async def read(self, prompt: str) -> str | None:
        self._is_reading = True
        with suppress(OSError):
            self._channel.sendall(json.dumps(prompt).encode() + b"\n")
        answer = json.loads(await self._answers.read("") or "null")
        self._is_reading = False
        if isinstance(answer, bool):
            raise LineDiscardedError(answer)
        line: str | None = answer
        return line
