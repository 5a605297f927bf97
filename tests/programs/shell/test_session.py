"""The shell's session: lines in one scope, their values, and what goes on meanwhile."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from accessor_host import Host
from accessor_host.programs.shell import Session
from accessor_host.programs.shell.lines import LineDiscardedError
from accessor_host.programs.shell.session import HELP, PROMPT, PROMPT_TO_GO_ON, forms
from accessor_host.scripts.library import Library

from ...conftest import SCRIPT_TIMEOUT, Outcome
from ...support.library_folder import LibraryFolder, here
from ...support.scripts import Lines as Output

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

__all__ = ["here"]

RAMP = """
exports.setup = function () {
  this.input('step', { type: 'number', value: 1 });
  this.output('out', { type: 'number' });
};
exports.initialize = function () {
  var self = this, sum = 0;
  setInterval(function () { self.send('out', sum += self.get('step')); }, 1);
};
exports.wrapup = function () { console.log('wrapup', this.accessorName); };
"""

TYPED = "typed"
DISCARDED = "discarded"


class Script:
    """Lines that are there from the beginning; `DISCARDED` and `TYPED` stand for a Ctrl-C."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = list(lines)
        self.prompts: list[str] = []

    async def read(self, prompt: str) -> str | None:
        self.prompts.append(prompt)
        if not self._lines:
            return None
        line = self._lines.pop(0)
        if line in (DISCARDED, TYPED):
            raise LineDiscardedError(had_text=line == TYPED)
        return line

    @property
    def rest(self) -> list[str]:
        return self._lines


Shell = Callable[..., list[str]]


@pytest.fixture
def run_shell(engine: str, here: LibraryFolder) -> Callable[..., Outcome]:
    """Run the shell on lines."""
    here.write("Ramp", RAMP)

    def run(lines: Sequence[str] | Script, *, callback_timeout: float | None = 10.0) -> Outcome:
        script = lines if isinstance(lines, Script) else Script(lines)
        stdout, stderr = io.StringIO(), io.StringIO()

        async def main() -> None:
            host = Host(
                engine=engine, callback_timeout=callback_timeout, stdout=stdout, stderr=stderr
            )
            async with host:
                await Session(host, Library(), script, stdout).run()

        asyncio.run(asyncio.wait_for(main(), SCRIPT_TIMEOUT))
        return Outcome(stdout.getvalue(), stderr.getvalue(), 0)

    return run


@pytest.fixture
def shell(run_shell: Callable[..., Outcome]) -> Shell:
    """Run the shell on lines, and return what it prints."""

    def run(*lines: str) -> list[str]:
        outcome = run_shell(lines)
        assert outcome.stderr == ""
        return outcome.stdout.splitlines()

    return run


# Values


VALUES = [
    ("1 + 1", "2"),
    ("'text'", "text"),
    ("undefined", "undefined"),
    ("null", "null"),
    ("[1, { a: 'b' }]", "[ 1, { a: 'b' } ]"),
    ("1; 2", "2"),
    ("1 + 1;", "2"),
    ("1 + 1 ; ", "2"),
    ("var a = 1", "undefined"),
    ("if (true) 5", "5"),
    ("for (var i = 0; i < 3; i++);", "undefined"),
    ("{ a: 1 }", "{ a: 1 }"),
    ("{ a: 1 };", "{ a: 1 }"),
    ("{ a: 1 } // note", "{ a: 1 }"),
    ("{}", "{}"),
    ("{ let a = 1; a + 1 }", "2"),
    ("() => 1", "[Function (anonymous)]"),
    ("this === globalThis", "true"),
    ("'🚀 ä'", "🚀 ä"),
    ("Promise.resolve(1)", "Promise {}"),
    ("new Proxy({}, { get() { throw 1 } })", "[uninspectable]"),
    # Errors as their text
    ("none", "ReferenceError: none is not defined"),
    ("null.x", "TypeError: cannot read property 'x' of null"),
    ("throw new RangeError('too far')", "RangeError: too far"),
    ("throw 'text'", "text"),
    ("throw { code: 1 }", "{ code: 1 }"),
    ("throw Object.assign(new Error('e'), { toString() { throw 1 } })", "an error that"),
    ("a b", "SyntaxError: "),
    (")", "SyntaxError: "),
    ("return 1", "SyntaxError: "),
]
"""Lines and what they print, or how that begins."""


def test_39_the_value_of_a_line_is_printed(shell: Shell) -> None:
    # In one session: to start one takes far longer than all these lines.
    printed = shell(*(line for line, _ in VALUES))
    found = dict(zip((line for line, _ in VALUES), printed, strict=True))
    for line, expected in VALUES:
        is_begin = expected.endswith((" ", "that"))
        assert found[line].startswith(expected) if is_begin else found[line] == expected, line


def test_an_empty_line_has_no_value(shell: Shell) -> None:
    assert shell("", "  ", ";", "5") == ["5"]


@pytest.mark.parametrize(
    "lines",
    [
        ["var a = 1;", "a = a + 1", "a"],
        ["let a = 1", "a = a + 1", "a"],
        ["const a = 2", "a", "a"],
        ["a = 1", "++a", "a"],
        ["let { a, b: [c] } = { a: 2, b: [2] }", "c", "a"],
        ["let a = 1, b = 2", "b", "b"],
        ["function a() { return 2 }", "a()", "a()"],
        ["async function a() {}; function b() { return 2 }", "b()", "b()"],
        ["class A { get b() { return 2 } }", "new A().b", "var c = new A(); c.b"],
        ["class A { } class B extends A { c() { return 2 } }", "new B().c()", "new B().c()"],
        ["let a = 1; function b() { return ++a }", "b()", "a"],
        ["const a = () => c; let c = 2", "a()", "a()"],
    ],
)
def test_39_what_a_line_declares_later_lines_see(shell: Shell, lines: list[str]) -> None:
    first, *rest = shell(*lines)
    assert first in ("undefined", "1")
    assert rest == ["2", "2"]


def test_whatever_a_line_does_to_the_globals_the_shell_goes_on(shell: Shell) -> None:
    assert shell(
        "console.log = null; console = null; Function = null",
        "let a = { b: 1 }",
        "a",
        "({ [Symbol.for('nodejs.util.inspect.custom')]() { throw 1 } })",
        "Error = null; null.c",
    ) == [
        *("null", "undefined", "{ b: 1 }"),
        *("a value that cannot be shown: 1", "TypeError: cannot read property 'c' of null"),
    ]


def test_a_name_can_be_declared_again(shell: Shell) -> None:
    assert shell("const a = 1", "const a = 2", "a", "let a", "a", "class a {}", "typeof a") == [
        *("undefined", "undefined", "2"),
        *("undefined", "undefined"),
        *("undefined", "function"),
    ]


def test_a_line_that_fails_leaves_the_others_alone(shell: Shell) -> None:
    lines = ["var a = 1", "a = 2; none", "a", "var b = (", "3)", "b"]
    error = "ReferenceError: none is not defined"
    assert shell(*lines) == ["undefined", error, "2", "undefined", "3"]


# More than a line


def test_an_incomplete_text_goes_on_in_the_next_line(
    run_shell: Callable[..., Outcome],
) -> None:
    script = Script(["function f() {", "  return `a", "b`;", "}", "f()"])
    assert run_shell(script).stdout == "undefined\na\nb\n"
    assert script.prompts == [PROMPT, *[PROMPT_TO_GO_ON] * 3, PROMPT, PROMPT]


def test_an_incomplete_text_at_the_end_is_an_error(shell: Shell) -> None:
    [found] = shell("f(", "exit")
    assert found.startswith("SyntaxError: ")


# Commands


@pytest.mark.parametrize("word", ["exit", "quit", "EXIT", "Quit", "exit;", "  exit  "])
def test_exit_and_quit_leave(run_shell: Callable[..., Outcome], word: str) -> None:
    script = Script(["1", word, "2"])
    assert run_shell(script).stdout == "1\nexit\n"
    assert script.rest == ["2"]


def test_help_explains(shell: Shell) -> None:
    assert shell("help", "help;") == [*HELP.splitlines(), *HELP.splitlines()]
    assert all(len(line) < 88 for line in HELP.splitlines())


def test_words_that_only_look_like_commands_are_javascript(shell: Shell) -> None:
    assert shell("typeof exit", "'exit'", "[", "'quit'", "]") == [
        "undefined",
        "exit",
        "[ 'quit' ]",
    ]


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        ([TYPED, "1", TYPED, "2", DISCARDED, "3", TYPED, TYPED, "4"], ["1", "2", "3", "4"]),
        (["1", DISCARDED, DISCARDED, "2"], ["1"]),
        (["1", TYPED, DISCARDED, "2"], ["1"]),
        (["1", "f(", DISCARDED, "2"], ["1", "2"]),
        (["1", "f(", DISCARDED, DISCARDED, "2"], ["1"]),
        # The line is empty, but what it goes on with is not.
        ([DISCARDED, "f(", DISCARDED, "2"], ["2"]),
    ],
)
def test_ctrl_c_discards_and_a_second_one_on_nothing_leaves(
    run_shell: Callable[..., Outcome], lines: list[str], values: list[str]
) -> None:
    printed = run_shell(lines).stdout.splitlines()
    assert [line for line in printed if "Ctrl-C again" not in line] == values


# Accessors


def test_accessors_are_made_and_driven(shell: Shell, here: LibraryFolder) -> None:
    here.write(
        "net/Gain",
        """
exports.setup = function () { this.input('in'); this.output('out'); this.parameter('g'); };
exports.fire = function () { this.send('out', this.get('in') * this.getParameter('g')); };
""",
    )
    assert shell(
        "var a = instantiate('a', 'net/Gain')",
        "a.setParameter('g', 3); a.initialize()",
        "a.provideInput('in', 7); a.react(); a.latestOutput('out')",
        "getTopLevelAccessors().map((one) => one.getName())",
        "uniqueName('net/a.js')",
        "getAccessorCode('net/Gain').length > 100",
    ) == ["undefined", "undefined", "21", "[ 'a' ]", "a2", "true"]


@pytest.mark.parametrize(
    "lines",
    [
        ["instantiate('r', 'Ramp').getName()"],
        ['instantiate("r", "Ramp.js").getName()'],
        ["var make = (name) => instantiate('r', name)", "make('Ramp').getName()"],
        ["var name = 'Ramp'", "instantiate('r', name).getName()"],
        ["instantiate('r', 'Ra' + 'mp').getName()"],
        ["instantiate('r', (() => 'Ramp')()).getName()"],
    ],
)
def test_a_class_is_found_however_it_is_named(shell: Shell, lines: list[str]) -> None:
    assert shell(*lines)[-1] == "r"


def test_a_missing_class_names_the_places_searched(shell: Shell, here: LibraryFolder) -> None:
    [found] = shell("instantiate('r', 'Romp')")
    place = here.path / "Romp.js"
    assert found == f"Error: Cannot find accessor class 'Romp'; looked for {place}"


def test_a_class_that_has_changed_is_read_again(run_shell: Any, here: LibraryFolder) -> None:
    class Changing(Script):
        async def read(self, prompt: str) -> str | None:
            here.write("Part", f"exports.setup = function () {{ this.input('i{len(self.rest)}') }}")
            return await super().read(prompt)

    lines = Changing(["instantiate('a', 'Part').inputList"] * 2)
    assert run_shell(lines).stdout == "[ 'i2' ]\n[ 'i1' ]\n"


def test_modules_are_required(shell: Shell, here: LibraryFolder) -> None:
    here.write("helper", "exports.answer = 42;")
    assert shell(
        "var util = require('util')",
        "util.format('%d', 1)",
        "require('./helper').answer",
        "require('./hel' + 'per').answer",
        "typeof require('@modules/web-socket-client').Client",
        "require('nowhere')",
    ) == [
        *("undefined", "1", "42", "42", "function"),
        "Error: Cannot find module 'nowhere'",
        "Required by:",
        "- the shell",
        *shell("require('nowhere')")[3:],
    ]


def test_stop_all_accessors_says_whom_it_wraps_up(shell: Shell) -> None:
    assert shell("instantiate('r', 'Ramp').initialize()", "stopAllAccessors()") == [
        "undefined",
        "Wrapping up r",
        "wrapup r",
        "undefined",
    ]


def test_accessors_run_on_while_nobody_types(engine: str, here: LibraryFolder) -> None:
    here.write("Ramp", RAMP)
    listen = "var r = instantiate('r', 'Ramp'); r.on('output', (n, v) => console.log(v)); null"
    text = run_until(engine, [listen, "r.initialize()"], "3")
    assert text.startswith("null\nundefined\n1\n2\n3\n")


def test_promises_come_before_the_next_callback(engine: str, here: LibraryFolder) -> None:
    # Both timers are due in the same turn.
    lines = [
        "function late(text) { console.log(text); Promise.resolve(text + '!').then(console.log) }",
        "setTimeout(late, 5, 'a'); setTimeout(late, 5, 'b'); null",
    ]
    assert run_until(engine, lines, "b!") == "undefined\nnull\na\na!\nb\nb!\n"


def run_until(engine: str, lines: Sequence[str], end: str) -> str:
    """Run the shell on lines until something is printed, and return all that is."""
    stdout = Output()

    class Waiting(Script):
        async def read(self, prompt: str) -> str | None:
            if not self.rest:
                await stdout.until(end)
            return await super().read(prompt)

    async def main() -> str:
        async with Host(engine=engine, stdout=stdout) as host:
            await Session(host, Library(), Waiting(lines), stdout).run()
            return stdout.text

    return asyncio.run(asyncio.wait_for(main(), SCRIPT_TIMEOUT))


def test_what_goes_wrong_in_an_accessor_is_reported_and_the_shell_goes_on(
    run_shell: Callable[..., Outcome],
) -> None:
    outcome = run_shell(
        [
            "queueMicrotask(() => { throw new Error('micro') })",
            "Promise.reject(new Error('promise')); 1",
            "instantiate('r', 'Ramp').fire = 5",
            "2",
        ]
    )
    assert outcome.stdout == "undefined\n1\n5\n2\n"
    assert "Error: micro" in outcome.stderr
    assert "Unhandled rejection: Error: promise" in outcome.stderr
    assert "line 2:1" in outcome.stderr


# Lines that never end


@pytest.mark.parametrize(
    "line", ["for (;;);", "while (true) {}", "(function forever() { for (;;); })()"]
)
def test_an_endless_line_is_stopped_and_the_shell_goes_on(
    run_shell: Callable[..., Outcome], line: str
) -> None:
    outcome = run_shell(["var a = 1", line, "a + 1"], callback_timeout=0.3)
    assert outcome.stdout == "undefined\n2\n"
    assert outcome.stderr == "Stopped: the line ran longer than 0.3 s and was stopped\n"


def test_an_endless_line_is_not_taken_for_what_ran_before(
    run_shell: Callable[..., Outcome],
) -> None:
    outcome = run_shell(["instantiate('r', 'Ramp').getName()", "for (;;);"], callback_timeout=0.3)
    assert outcome.stderr == "Stopped: the line ran longer than 0.3 s and was stopped\n"


# The forms that a text can have


def test_a_text_is_tried_as_what_is_meant_most() -> None:
    assert forms("a") == ["a"]
    assert forms("a;") == ["a", "a;"]
    assert forms("let a = {};") == ["var a = {}", "var a = {};", "let a = {};"]
    assert forms("{ a: 1 };") == ["({ a: 1 }\n)", "{ a: 1 }", "{ a: 1 };"]
