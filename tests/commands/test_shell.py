"""The command ``shell``, typed at as a user types: through a pipe, and at a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..support.programs import ACCESSOR_HOST, TIMEOUT, Ended, Program

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

RAMP = """
exports.setup = function () { this.output('out'); };
exports.initialize = function () {
  var self = this, sum = 0;
  setInterval(function () { self.send('out', ++sum); }, 5);
};
exports.wrapup = function () { console.log('wrapped up', this.accessorName); };
"""

LISTEN = "r.on('output', function (name, value) { console.log(name, value); }); r.initialize()"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Write a library with one class."""
    folder = tmp_path / "library"
    (folder / "test").mkdir(parents=True)
    (folder / "test" / "Ramp.js").write_text(RAMP, encoding="utf-8")
    return folder


@pytest.fixture
def start(engine: str, library: Path, tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Start the shell with a pipe to type into; it is killed when the test ends."""
    programs: list[Program] = []

    def run(*options: str) -> Program:
        words = [ACCESSOR_HOST, "shell", "--engine", engine, "--library", library, *options]
        program = Program(words, cwd=tmp_path, interactive=True)
        programs.append(program)
        return program.__enter__()

    yield run
    for program in programs:
        program.__exit__(None, None, None)


# Through a pipe


def test_piped_lines_are_evaluated_and_only_values_printed(start: Callable[..., Program]) -> None:
    program = start()
    for line in ("var a = 20;", "let b = 22", "a + b", "none", "{ a: [a, b] }", "quit"):
        program.type_line(line)
    error = "ReferenceError: none is not defined"
    assert program.wait() == Ended(
        0, f"undefined\nundefined\n42\n{error}\n{{ a: [ 20, 22 ] }}\nexit\n", ""
    )


def test_a_line_is_answered_before_the_next_is_typed(start: Callable[..., Program]) -> None:
    program = start()
    for number in range(3):
        program.type_line(f"'line' + {number}")
        program.wait_for(f"line{number}\n")
    program.end_input()
    assert program.wait() == Ended(0, "line0\nline1\nline2\n", "")


def test_the_end_of_the_input_leaves_and_wraps_up(start: Callable[..., Program]) -> None:
    program = start()
    program.type_line("var r = instantiate('r', 'test/Ramp'); " + LISTEN)
    program.wait_for("out 3\n")
    program.end_input()
    ended = program.wait()
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.startswith("undefined\nout 1\nout 2\nout 3\n")
    assert ended.stdout.endswith("wrapped up r\n")


def test_the_last_line_needs_no_end(start: Callable[..., Program]) -> None:
    program = start()
    program.type_line("1\r\n'Ä' + 2")
    program.end_input()
    assert program.wait() == Ended(0, "1\nÄ2\n", "")


def test_a_file_can_be_typed(engine: str, tmp_path: Path) -> None:
    script = tmp_path / "lines"
    script.write_text("var f = function () {\n  return 7;\n};\nf()\nexit", encoding="utf-8")
    with script.open(encoding="utf-8") as file:
        command = [ACCESSOR_HOST, "shell", "--engine", engine]
        ended = subprocess.run(
            command, stdin=file, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "undefined\n7\nexit\n", "")


def test_an_endless_line_is_stopped_and_accessors_go_on(start: Callable[..., Program]) -> None:
    program = start("--callback-timeout", "0.3")
    program.type_line("var r = instantiate('r', 'test/Ramp'); " + LISTEN)
    program.wait_for("out 1\n")
    program.type_line("for (;;);")
    program.wait_for("the line ran longer than 0.3 s and was stopped\n", stream="stderr")
    program.type_line("var before = r.latestOutput('out')")
    program.type_line(
        "r.on('output', (n, v) => { if (v > before) console.log('goes on') }); 'typed'"
    )
    program.wait_for("goes on\n")
    program.type_line("exit")
    ended = program.wait()
    assert ended.code == 0
    assert "\nexit\n" in ended.stdout
    assert ended.stdout.endswith("wrapped up r\n")


def test_a_wrapup_that_does_not_end_keeps_no_other_from_its_own(
    start: Callable[..., Program], library: Path
) -> None:
    (library / "Endless.js").write_text(
        "exports.setup = function () {}; exports.wrapup = function () { for (;;); };",
        encoding="utf-8",
    )
    (library / "Throws.js").write_text(
        "exports.setup = function () {}; exports.wrapup = function () { null.x; };",
        encoding="utf-8",
    )
    program = start("--callback-timeout", "0.3")
    for name in ("Endless", "Throws", "test/Ramp"):
        program.type_line(f"instantiate('{name}', '{name}').initialize()")
    program.type_line("exit")
    ended = program.wait()
    assert ended.code == 0
    assert ended.stdout.endswith("exit\nwrapped up test/Ramp\n")
    assert "wrapup() of accessor 'Endless'" in ended.stderr
    assert "wrapup() of accessor 'Throws': TypeError" in ended.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_wraps_up_too(
    start: Callable[..., Program], number: signal.Signals, code: int
) -> None:
    program = start()
    program.type_line("var r = instantiate('r', 'test/Ramp'); " + LISTEN)
    program.wait_for("out 1\n")
    program.send_signal(number)
    ended = program.wait()
    assert (ended.code, ended.stderr) == (code, "")
    assert ended.stdout.endswith("wrapped up r\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--library", "nowhere"], "there is no folder nowhere"),
        (["--engine", "v8"], "'v8'"),
        (["file.js"], "file.js"),
    ],
)
def test_bad_usage_is_said(words: list[str], said: str) -> None:
    with Program([ACCESSOR_HOST, "shell", *words]) as program:
        ended = program.wait()
    assert (ended.code, ended.stdout) == (2, "")
    assert said in ended.stderr


# At a terminal


class Terminal:
    """A shell at a terminal of its own.

    Args:
        command: program and arguments.
        state: folder for its history.
        cwd: folder to run it in.
    """

    def __init__(self, command: list[str], state: Path, cwd: Path) -> None:
        self._ours, theirs = pty.openpty()
        environment = {**os.environ, "XDG_STATE_HOME": str(state), "TERM": "dumb"}
        self._process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=cwd,
            env=environment,
            # Ctrl-C goes to those whose terminal this is.
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        # Kept open, as a login shell does: its settings outlive the program.
        self._theirs = theirs
        self._screen = ""

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._ours, keys.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C until something happens.

        Readline notices one that comes just before it begins to wait only with the next.
        """
        for _ in range(3):
            self.type("\x03")
            if self._appears("\n", TIMEOUT / 4):
                return

    def wait_for(self, text: str) -> str:
        """Wait until a text has appeared, and return what appeared up to there."""
        assert self._appears(text, TIMEOUT), f"no {text!r} within {TIMEOUT:g} s: {self._screen!r}"
        before, _, self._screen = self._screen.partition(text)
        return before + text

    def _appears(self, text: str, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while text not in self._screen:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if select.select([self._ours], [], [], left)[0]:
                self._screen += self._read()
        return True

    def wait(self) -> int:
        """Wait until the shell has ended by itself, and return its exit code."""
        return self._process.wait(TIMEOUT)

    def terminate(self) -> None:
        """Send SIGTERM to the shell alone."""
        self._process.terminate()

    def echoes(self) -> bool:
        """Tell whether the terminal is as a program expects it: it echoes, line by line."""
        flags = termios.tcgetattr(self._theirs)[3]
        return bool(flags & termios.ECHO and flags & termios.ICANON)

    def _read(self) -> str:
        return os.read(self._ours, 65_536).decode("utf-8", "replace").replace("\r\n", "\n")

    def close(self) -> None:
        """End it, whatever it does."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._ours)
        os.close(self._theirs)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def terminal(engine: str, library: Path, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Start the shell at a terminal; it is killed when the test ends."""
    terminals: list[Terminal] = []

    def start(*options: str) -> Terminal:
        words = ["--engine", engine, "--library", str(library), *options]
        command = [ACCESSOR_HOST, "shell", *words]
        terminals.append(Terminal(command, tmp_path / "state", tmp_path))
        return terminals[-1]

    yield start
    for one in terminals:
        one.close()


def test_a_terminal_has_a_greeting_prompts_and_a_history(
    terminal: Callable[[], Terminal], engine: str, tmp_path: Path
) -> None:
    shell = terminal()
    assert f"engine {engine}. 'help' explains" in shell.wait_for("nsh> ")
    shell.type("var a = [\n")
    shell.wait_for("... ")
    shell.type("1, 2]; a.length\n")
    assert "\n2\n" in shell.wait_for("nsh> ")
    # Accessors run while the line is still being typed.
    shell.type("var r = instantiate('r', 'test/Ramp'); " + LISTEN + "\n")
    shell.wait_for("nsh> ")
    shell.type("'not yet")
    shell.wait_for("out 3\n")
    shell.type(" done'\nstopAllAccessors()\n")
    shell.wait_for("wrapped up r\n")
    shell.wait_for("nsh> ")
    shell.type("EXIT\n")
    shell.wait_for("exit\n")
    assert shell.wait() == 0
    history = tmp_path / "state" / "accessor-host" / "shell-history"
    assert "1, 2]; a.length" in history.read_text(encoding="utf-8").splitlines()
    assert history.stat().st_mode & 0o077 == 0

    again = terminal()
    again.wait_for("nsh> ")
    # Up: exit, stopAllAccessors(), 'not yet done'.
    again.type("\x1b[A" * 3 + "\n")
    again.wait_for("\nnot yet done\nnsh> ")
    again.type("\x04")
    assert again.wait() == 0


def test_a_terminal_works_where_the_kernel_holds_permissions(
    terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    # Its prompter is a program, is signalled in the middle of a line, and writes the history.
    shell = terminal("--sandbox")
    shell.wait_for("nsh> ")
    shell.type("6 * 7\n")
    shell.wait_for("42\nnsh> ")
    shell.type("setTimeout(() => console.log('over'), 1); 'unfin")
    shell.wait_for("unfin")
    shell.terminate()
    assert shell.wait() == 128 + signal.SIGTERM
    assert shell.echoes()
    history = tmp_path / "state/accessor-host/shell-history"
    assert history.read_text(encoding="utf-8").splitlines() == ["6 * 7"]


@pytest.mark.slow
def test_ctrl_c_discards_the_line_and_twice_leaves(terminal: Callable[[], Terminal]) -> None:
    shell = terminal()
    shell.wait_for("nsh> ")
    for _ in range(2):
        shell.type("throw 'this must not be evaluated'")
        shell.wait_for("evaluated'")
        shell.interrupt()
        shell.wait_for("Ctrl-C again, or 'exit', leaves.\nnsh> ")
    shell.type("f(\n")
    shell.wait_for("... ")
    shell.interrupt()
    shell.wait_for("leaves.\nnsh> ")
    shell.type("6 * 7\n")
    assert shell.wait_for("42\nnsh> ").count("throw") == 0
    shell.interrupt()
    shell.wait_for("leaves.\nnsh> ")
    shell.interrupt()
    assert shell.wait() == 0


def test_sigterm_at_the_prompt_leaves_the_terminal_in_order(
    terminal: Callable[[], Terminal],
) -> None:
    shell = terminal()
    shell.wait_for("nsh> ")
    shell.type("var r = instantiate('r', 'test/Ramp'); r.initialize()\n")
    shell.wait_for("nsh> ")
    shell.type("half a li")
    shell.wait_for("half a li")
    shell.terminate()
    shell.wait_for("wrapped up r\n")
    assert shell.wait() == 143
    assert shell.echoes()
