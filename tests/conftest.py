"""Fixtures for all tests: the engines, and scripts run in a real host."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest

from accessor_host import AccessorHostError, Host
from accessor_host.cli import main
from accessor_host.core import json_values
from accessor_host.engine import available_engines

from .support.certificates import Certificates, make_certificates
from .support.programs import Ended

pytest_plugins = ["tests.support.costs"]

SCRIPT_TIMEOUT = 30.0

# Programs that tests start would compile the whole package each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@dataclass
class Outcome:
    """What a script printed, and how it ended."""

    stdout: str
    stderr: str
    exit_code: int


RunJs = Callable[..., Outcome]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates for servers on this machine, and whom to trust for them."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def pytest_configure() -> None:
    """Let programs that tests start be signalled, also where nohup or a shell has it ignored."""
    for number, handler in (
        (signal.SIGHUP, signal.SIG_DFL),
        (signal.SIGINT, signal.default_int_handler),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what is so with some parameters."""
    for item in items:
        slow = [value for marker in item.iter_markers("slow_with") for value in marker.args]
        # A test without parameters has no such record.
        callspec = getattr(item, "callspec", None)
        if slow and callspec is not None and any(v in slow for v in callspec.params.values()):
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """Leave what pytest has collected out of every later collection of garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def state() -> Iterator[None]:
    """Keep what programs remember out of the user's own folder."""
    with TemporaryDirectory(prefix="state-", ignore_cleanup_errors=True) as folder:
        os.environ["XDG_STATE_HOME"] = folder
        yield


@pytest.fixture
def cli_here(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ended]:
    """Run the command line in this process: one of its own takes most of its time to start."""
    # What a program imports late, it would leave to all later tests.
    monkeypatch.setenv("ACCESSOR_HOST_LAZY_IMPORTS", "0")

    def run_here(*words: str | Path) -> Ended:
        try:
            code = main([str(word) for word in words])
        except SystemExit as error:
            code = int(error.code or 0)
        printed = capsys.readouterr()
        return Ended(code, printed.out, printed.err)

    return run_here


@pytest.fixture(params=["quickjs", "dukpy"])
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn. Both are needed: a missing one is a failure of the set-up."""
    name: str = request.param
    assert name in available_engines(), f"the {name} engine is not installed: pip install -e .[dev]"
    return name


@pytest.fixture
def binding_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quickjs engine as it is where its C functions must not be called."""
    monkeypatch.setenv("ACCESSOR_HOST_NATIVE", "0")


@pytest.fixture
def shallow_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python that reads 200 levels of JSON from a script: how many others read differs widely."""

    def loads(text: str) -> Any:
        if "[" * 200 in text:
            raise RecursionError
        return json.loads(text)

    monkeypatch.setattr(json_values, "json", SimpleNamespace(loads=loads, dumps=json.dumps))


@pytest.fixture
def run_js(engine: str) -> RunJs:
    """Run a script in a host until nothing is left to happen."""

    def run(
        source: str,
        *,
        name: str = "script.js",
        callback_timeout: float | None = 10.0,
        expose: dict[str, Any] | None = None,
    ) -> Outcome:
        stdout, stderr = io.StringIO(), io.StringIO()

        async def main() -> int:
            async with Host(
                engine=engine, callback_timeout=callback_timeout, stdout=stdout, stderr=stderr
            ) as host:
                for key, value in (expose or {}).items():
                    host.expose(key, value)
                try:
                    await host.run(source, name=name)
                    await host.wait()
                except AccessorHostError:
                    return 1
                return host.exit_code

        code = asyncio.run(asyncio.wait_for(main(), SCRIPT_TIMEOUT))
        return Outcome(stdout.getvalue(), stderr.getvalue(), code)

    return run
