"""Fixtures for accessors: a script that makes some, drives them and prints what happens."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from accessor_host import AccessorHostError, Host
from accessor_host.scripts.files import script_from_text

DEADLINE = 30.0

# What every driving script can use. An accessor's script is written as a function, whose body it
# is: `make(function () { exports.setup = ... })`.
PRELUDE = """
Object.assign(globalThis, {
  textOf(script) {
    const text = String(script);
    return text.slice(text.indexOf('{') + 1, text.lastIndexOf('}'));
  },
  make(script, name) {
    return new Accessor(name || uniqueName('top'), textOf(script), getAccessorCode, {});
  },
  trace(...values) {
    const shown = (value) => typeof value === 'string' ? value : String(JSON.stringify(value));
    console.log(values.map(shown).join(' '));
  },
  attempt(work) {
    try {
      trace('returned', work());
    } catch (error) {
      trace('threw', error.message.split('\\n')[0]);
    }
  }
});
"""


@dataclass
class Run:
    """What a driving script printed until it was idle, and how it ended."""

    lines: list[str]
    stderr: str
    exit_code: int


Drive = Callable[..., Run]


@pytest.fixture
def drive(engine: str, tmp_path: Path) -> Drive:
    """Run a script that drives accessors, until nothing is left to happen.

    The classes that it names come from a library of its own.
    """

    def run(
        source: str,
        *,
        library: Mapping[str, str] | None = None,
        callback_timeout: float | None = 10.0,
    ) -> Run:
        for name, text in (library or {}).items():
            path = tmp_path / f"{name}.js"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        stdout, stderr = io.StringIO(), io.StringIO()

        async def main() -> Run:
            async with Host(
                engine=engine,
                callback_timeout=callback_timeout,
                library=[tmp_path],
                stdout=stdout,
                stderr=stderr,
            ) as host:
                # Brings the globals for accessors.
                await host.accessors.ask("isAnyRunning")
                await host.run(PRELUDE, name="prelude.js")
                try:
                    host.accessors.follow(script_from_text(source, "drive.js"))
                    await host.run(source, name="drive.js")
                    await host.wait()
                except AccessorHostError as error:
                    stderr.write(str(error))
                # What the end of the host adds is left out.
                return Run(stdout.getvalue().splitlines(), stderr.getvalue(), host.exit_code)

        return asyncio.run(asyncio.wait_for(main(), DEADLINE))

    return run
