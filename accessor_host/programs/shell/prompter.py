"""The program at the terminal: it reads lines with the standard ``readline``, one when asked.

It is a process of its own because only the main thread of one can be interrupted in the middle of
a line, and the shell's main thread has the event loop to look after. It runs without the package,
so as to be there at once.

Each request is a JSON text on a line, the prompt. The answer is one too: the line that was typed;
after Ctrl-C whether that discarded something, ``true`` or ``false``; ``null`` at the end.
"""

from __future__ import annotations

import json
import signal
import socket
import sys
from contextlib import suppress

__all__ = ["HISTORY_LENGTH", "main"]

HISTORY_LENGTH = 1_000
"""Lines that are kept."""


def main(descriptor: int, history: str) -> None:
    """Answer requests until there are no more.

    Args:
        descriptor: socket that requests come from.
        history: file that keeps the lines; empty for none.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    _load(history)
    try:
        with socket.socket(fileno=descriptor) as channel, channel.makefile("rw") as stream:
            for request in stream:
                answer = _read_line(json.loads(request))
                stream.write(json.dumps(answer) + "\n")
                stream.flush()
    finally:
        _save(history)


def _read_line(prompt: str) -> str | bool | None:
    # Between two lines Ctrl-C is the shell's business.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return input(prompt)
    except KeyboardInterrupt:
        print()
        return _had_text()
    except EOFError:
        print()
        return None
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _had_text() -> bool:
    with suppress(ImportError):
        import readline

        return bool(readline.get_line_buffer().strip())
    return False


def _leave(_number: int, _frame: object) -> None:
    sys.exit()


def _load(history: str) -> None:
    # The history is a convenience: without it, the shell is still one.
    with suppress(ImportError, OSError):
        import readline

        readline.set_history_length(HISTORY_LENGTH)
        if history:
            readline.read_history_file(history)


def _save(history: str) -> None:
    with suppress(ImportError, OSError):
        import readline

        if history:
            readline.write_history_file(history)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
