"""Runs the blocks of a page from its first to its last, as a reader would.

============  ==================================================================================
a block       what is done with it
============  ==================================================================================
a file        written into the page's folder: its first line is a comment with its name
``console``   each line after ``$`` is a command, what follows it is all that it prints; ``...``
              stands for any lines or, in a line, any text; ``> `` is what is typed; ``echo $?``
              shows the exit code.
              ``^C``: the program runs until the section ends, and then gets Ctrl-C; what stands
              behind it comes after that
``js``        run as a script; the block ``text`` behind it is all that it prints
``python``    run as a program; likewise
``sh``        run by a shell, which must succeed
``json`` …    must be what it says
============  ==================================================================================

Ports that pages name become free ones. Commands run with the one engine that is asked for.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ..support.programs import ACCESSOR_HOST, TIMEOUT, Program, free_port
from .pages import REPOSITORY, Block, Heading, Page

__all__ = ["ENGINES", "needs_engine", "tell"]

ENGINES = ("quickjs", "dukpy")
"""What pages with JavaScript are told with."""

_PORTS = re.compile(r"\b(8080|8082|8083|8443)\b")
# Commands that run no script, or choose the engine themselves.
_NO_ENGINE = re.compile(r"accessor-host (?:conformance|modules|schema|types)\b")
_ESCAPES = re.compile(r"\x1b(?:[78]|\[[0-9;]*[A-Za-z])|\r")
_PYTHON = """\
import sys
# The faster engine is taken where it can be imported.
sys.modules["_quickjs"] = None
"""


def needs_engine(page: Page) -> bool:
    """Tell whether a page runs JavaScript, so that it is told with each engine."""
    return any(map(_runs_javascript, page.blocks))


def _runs_javascript(block: Block) -> bool:
    # The conformance kit runs hosts for itself, and chooses their engines.
    started = r"accessor-host (?:run|invoke|shell|describe|check)\b(?! \{script\})"
    return block.language == "js" or bool(re.search(rf"{started}|\bHost\b|\brun\(", block.text))


def tell(page: Page, folder: Path, engine: str) -> None:
    """Run a page's blocks in a folder.

    Args:
        page: the page.
        folder: an empty folder.
        engine: ``"quickjs"`` or ``"dukpy"``.
    """
    shutil.copytree(REPOSITORY / "examples", folder / "examples")
    story = _Story(folder, engine)
    parts = page.parts
    with ExitStack() as section:
        for index, part in enumerate(parts):
            if isinstance(part, Heading):
                section.close()
                continue
            following = parts[index + 1] if index + 1 < len(parts) else None
            output = following if _is_output(following) else None
            story.run(part, output, section)


def _is_output(part: Block | Heading | None) -> bool:
    return isinstance(part, Block) and part.language == "text"


class _Story:
    def __init__(self, folder: Path, engine: str) -> None:
        self._folder = folder
        self._engine = engine
        self._ports: dict[str, str] = {}
        self._last_language = ""
        self._kinds: dict[str, Callable[[Block], object]] = {
            "json": lambda block: json.loads(block.text),
            "toml": lambda block: tomllib.loads(block.text),
            "ini": lambda block: configparser.ConfigParser().read_string(block.text),
            "sh": self._shell,
        }
        self._environment = self._make_environment()

    def _make_environment(self) -> dict[str, str]:
        # Options for this run of pytest are none for one that a page shows.
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTEST_ADDOPTS": ""}
        environment.pop("ACCESSOR_LIBRARY", None)
        environment["PATH"] = f"{Path(ACCESSOR_HOST).parent}{os.pathsep}{environment['PATH']}"
        if self._engine == "dukpy":
            customs = self._folder / ".python"
            customs.mkdir()
            (customs / "sitecustomize.py").write_text(_PYTHON, encoding="utf-8")
            paths = [str(customs), environment.get("PYTHONPATH", "")]
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        return environment

    def run(self, block: Block, output: Block | None, section: ExitStack) -> None:
        """Run one block; what it starts ends with the section."""
        consumed = self._last_language in ("js", "python") and block.language == "text"
        self._last_language = "" if block.file else block.language
        if "not run" in block.notes or consumed or self._was_told_before(block):
            return
        if block.file is not None:
            original = REPOSITORY / block.file
            if "file" in block.notes and original.is_file():
                assert block.text == original.read_text(encoding="utf-8"), f"{block}: it differs"
            path = self._folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self._at_free_ports(block.text), encoding="utf-8")
            return
        with ExitStack() as meanwhile:
            if "meanwhile" in block.notes:
                program = self._start(block.notes["meanwhile"])
                meanwhile.enter_context(program)
                program.wait_for("\n")
            if block.language == "console":
                self._session(block, section)
            elif block.language in ("js", "python"):
                self._program(block, output)
            else:
                assert block.language in self._kinds, f"{block}: what is to be done with it?"
                self._kinds[block.language](block)

    def _was_told_before(self, block: Block) -> bool:
        """Tell whether a program has no JavaScript, and was run with the other engine."""
        return (
            self._engine != ENGINES[0]
            and block.language == "python"
            and block.file is None
            and not _runs_javascript(block)
        )

    def _at_free_ports(self, text: str) -> str:
        def replace(match: re.Match[str]) -> str:
            if match[0] not in self._ports:
                self._ports[match[0]] = str(free_port())
            return self._ports[match[0]]

        return _PORTS.sub(replace, text)

    # Programs

    def _program(self, block: Block, output: Block | None) -> None:
        assert output is not None, f"{block}: what does it print? Or which file is it?"
        name = {"js": "program.js", "python": "program.py"}[block.language]
        (self._folder / name).write_text(self._at_free_ports(block.text), encoding="utf-8")
        command = ["accessor-host", "run"] if block.language == "js" else [sys.executable]
        code, printed = self._finish(shlex.join([*command, name]))
        shown = self._at_free_ports(output.text).splitlines()
        assert (code, printed) == (0, shown), str(block)

    def _shell(self, block: Block) -> None:
        if "openssl" in block.text and shutil.which("openssl") is None:
            pytest.skip("openssl is not installed")
        code, printed = self._finish(f"set -e\n{self._at_free_ports(block.text)}")
        assert code == 0, f"{block}\n" + "\n".join(printed)

    def _finish(self, command: str) -> tuple[int, list[str]]:
        """Run a command to its end: its exit code, and what it printed to both streams."""
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            # A group of its own: what it starts ends with it.
            start_new_session=True,
        )
        try:
            printed, _ = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise AssertionError(f"it did not end within {TIMEOUT:g} s: {command}") from None
        return process.returncode, printed.splitlines()

    def _start(self, command: str, *, interactive: bool = False) -> Program:
        words = shlex.split(self._at_free_ports(command))
        program = shutil.which(words[0], path=self._environment["PATH"])
        assert program is not None, words[0]
        return Program(
            [program, *words[1:]],
            cwd=self._folder,
            env=self._environment,
            interactive=interactive,
        )

    # Sessions in a terminal

    def _session(self, block: Block, section: ExitStack) -> None:
        lines = self._at_free_ports(block.text).splitlines()
        assert lines[0].startswith("$ "), f"{block}: it begins with no command"
        if "^C" in lines:
            command, *shown = lines[: lines.index("^C")]
            last = lines[lines.index("^C") + 1 :]
            section.enter_context(self._until_ctrl_c(block, command[2:], shown, last))
            return
        code: int | None = 0
        for command, shown in _commands(lines):
            if command == "echo $?":
                assert code is None or shown == [str(code)], str(block)
                code = 0
                continue
            assert not code, f"{block}: it ended with {code} before {command!r}"
            if self._is_for_another_engine(command):
                code = None
                continue
            if any(line.startswith("> ") for line in shown):
                assert self._converse(command, shown) == shown, str(block)
                continue
            code, printed = self._finish(command)
            assert _matches(printed, shown), f"{block}: $ {command}\n" + "\n".join(printed)
        assert not code, f"{block}: it ended with {code}"

    def _is_for_another_engine(self, command: str) -> bool:
        match = re.search(r"--engine (\w+)", command)
        if match is not None:
            return match[1] not in (self._engine, "auto")
        return self._engine != ENGINES[0] and _NO_ENGINE.match(command) is not None

    @contextmanager
    def _until_ctrl_c(
        self, block: Block, command: str, shown: list[str], last: list[str]
    ) -> Iterator[None]:
        with self._start(command) as program:
            if shown:
                program.wait_for(f"{shown[0]}\n")
            yield
            for line in shown:
                program.wait_for(f"{line}\n", times=shown.count(line))
            program.send_signal(signal.SIGINT)
            ended = program.wait()
        seen = (ended.code, ended.stdout.splitlines(), ended.stderr)
        assert seen == (130, shown + last, ""), f"{block}: {ended}"

    def _converse(self, command: str, lines: list[str]) -> list[str]:
        """Type the lines that begin with a prompt, and return the conversation that it made."""
        with self._start(command, interactive=True) as program:
            seen: list[str] = []
            for line in lines:
                if line.startswith("> "):
                    program.type_line(line.removeprefix("> "))
                else:
                    if line == lines[-1]:
                        program.end_input()
                    program.wait_for(line, times=seen.count(line) + 1)
                seen.append(line)
            ended = program.wait()
        printed = (line.lstrip("> ") for line in _ESCAPES.sub("", ended.stdout).splitlines())
        replies = iter([line for line in printed if line])
        return [line if line.startswith("> ") else next(replies, "") for line in lines]


def _commands(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Take a session apart: each command, and what is shown after it."""
    starts = [index for index, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield lines[start][2:], lines[start + 1 : end]


def _matches(printed: list[str], shown: list[str]) -> bool:
    """Tell whether a program printed what is shown."""
    pattern = "".join(map(_pattern, shown))
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None


def _pattern(line: str) -> str:
    """Make an expression of a line: ``...`` alone stands for any lines, in a line for any text."""
    if line == "...":
        return "(?:.*\n)*"
    return ".*".join(map(re.escape, line.split("..."))) + "\n"
