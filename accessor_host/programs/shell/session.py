"""The shell itself: reads a line, has it evaluated, reads the next.

Source: the accessor host reference, section 8, "Shell".
"""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ...errors import ScriptError
from ...scripts.lexer import Lexer
from ...scripts.requests import Requests, read_requests
from .declarations import lasting
from .lines import LineDiscardedError, Lines

if TYPE_CHECKING:
    from ...host import Host
    from ...scripts.library import Library

__all__ = ["HELP", "PROMPT", "PROMPT_TO_GO_ON", "Session", "forms"]

PROMPT = "nsh> "

PROMPT_TO_GO_ON = "... "
"""In front of the second and later lines of an incomplete text."""

HELP = """\
Each line is JavaScript; its value is printed. What a line declares, later lines see.

  var a = instantiate('a', 'net/REST')   an accessor of a class of the library
  a.initialize(); a.wrapup()             start it, end it
  a.setParameter('timeout', 1000)        parameters: getParameter, setParameter
  a.provideInput('trigger', true)        inputs: give one a value, ...
  a.react()                              ... and let the accessor react
  a.latestOutput('response')             what an output sent last
  a.on('output', (name, value) => console.log(name, value))
                                         tell of every output; there are also
                                         initializeStart, initializeEnd, reactStart,
                                         reactEnd, wrapupStart and wrapupEnd

  getAccessorCode(class)                 the source text of a class
  getTopLevelAccessors()                 the accessors that were made here
  uniqueName(seed)                       a name that none of them has
  stopAllAccessors()                     wrap up those that were started
  require(name)                          a module

  help                                   this text
  exit, quit, Ctrl-D                     wrap up all accessors and leave"""

_LEAVING = ("exit", "quit")


class Session:
    """One run of the shell.

    Args:
        host: what evaluates the lines.
        library: finds the accessor classes that lines name.
        lines: where the lines come from.
        stdout: where help and the like go; values go where the host's ``console.log`` goes.
    """

    def __init__(self, host: Host, library: Library, lines: Lines, stdout: TextIO) -> None:
        self._host = host
        self._library = library
        self._lines = lines
        self._stdout = stdout
        self._count = 0

    def greet(self) -> None:
        """Say what this is."""
        self._print(
            f"accessor-host {version('accessor-host')}, engine {self._host.engine_name}. "
            "'help' explains, 'exit' leaves."
        )

    async def run(self) -> None:
        """Evaluate lines until there are no more, or one says so.

        Raises:
            EngineError: the engine can no longer be used.
        """
        self._host.trust_folder(Path.cwd())
        await self._host.accessors.control("openShell", str(Path.cwd()))
        is_interrupted = False
        while True:
            try:
                text = await self._read()
            except LineDiscardedError as discarded:
                if is_interrupted and not discarded.had_text:
                    return
                is_interrupted = True
                self._print("Ctrl-C again, or 'exit', leaves.")
                continue
            is_interrupted = False
            if text is None:
                return
            command = _without_semicolon(text)
            if command.lower() in _LEAVING:
                self._print("exit")
                return
            if command == "help":
                self._print(HELP)
            elif command:
                await self._evaluate(text)

    async def _read(self) -> str | None:
        """Read a line, and as many more as it takes to complete it."""
        text = await self._lines.read(PROMPT)
        while text is not None and _is_unfinished(text):
            try:
                line = await self._lines.read(PROMPT_TO_GO_ON)
            except LineDiscardedError:
                raise LineDiscardedError(had_text=True) from None
            if line is None:
                break
            text += "\n" + line
        return text

    async def _evaluate(self, text: str) -> None:
        self._count += 1
        requests = read_requests(text)
        self._hand_over(text, requests)
        asks = requests.may_wait or not requests.all_modules_known
        # Errors are printed in there; a line that was stopped has been reported.
        with suppress(ScriptError):
            await self._host.accessors.control(
                "evaluate", f"line {self._count}", forms(text), asks=asks
            )

    def _hand_over(self, text: str, requests: Requests) -> None:
        """Hand over the modules that a line requires, and every class that a string in it names."""
        strings = (token.text[1:-1] for token in Lexer(text) if token.kind == "string")
        found = (name for name in strings if name and "missing" not in self._library.find(name))
        classes = dict.fromkeys([*requests.classes, *found])
        self._host.accessors.follow(classes=classes, modules=requests.modules)

    def _print(self, text: str) -> None:
        self._stdout.write(f"{text}\n")
        self._stdout.flush()


def forms(text: str) -> list[str]:
    """Return the forms in which a text may make sense, the one that is meant most first.

    Args:
        text: what was typed.
    """
    plain = _without_semicolon(text)
    # A brace begins an object rather than a block, if that is possible.
    as_object = [f"({plain}\n)"] if plain.startswith("{") else []
    # A semicolon at the end can be all there is of a loop's body.
    return list(dict.fromkeys([*as_object, lasting(plain), lasting(text), text]))


def _without_semicolon(text: str) -> str:
    return text.strip().removesuffix(";").rstrip()


def _is_unfinished(text: str) -> bool:
    lexer = Lexer(text)
    for _ in lexer:
        pass
    return lexer.is_unfinished
