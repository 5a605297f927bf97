"""The suite as a process: its fuzzing client against our server, its server against our client."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from .peers import echo_once, echo_server
from .python27 import SetupError
from .summary import Summary, summarise

__all__ = ["AGENT", "patterns", "try_client", "try_server"]

AGENT = "accessor-host"

_START_LIMIT = 60.0
"""Seconds until the suite says something: it imports a lot."""

_SILENCE_LIMIT = 300.0
"""Seconds without a word; it announces each case, and none takes longer."""

# The suite's server listens on all interfaces and on a port that one has to know before; here it
# gets the loopback one and a free port.
_FUZZING_SERVER = """
import sys
from autobahntestsuite import wstest, fuzzing
listen = fuzzing.listenWS
def listen_on_loopback(factory, context):
    factory.port, factory.externalPort = 0, None
    port = listen(factory, context, interface="127.0.0.1")
    sys.stdout.write("listening %d\\n" % port.getHost().port)
fuzzing.listenWS = listen_on_loopback
wstest.run()
"""

_FUZZING_CLIENT = "from autobahntestsuite import wstest; wstest.run()"


def patterns(selection: str) -> list[str]:
    """Turn a selection like ``1-7,10,12.1`` into the patterns of the suite.

    Args:
        selection: case numbers, or their beginnings, and ranges of first numbers.

    Raises:
        ValueError: it is no such thing.
    """
    numbers: list[str] = []
    for part in selection.split(","):
        span = re.fullmatch(r"(\d+)-(\d+)", part.strip())
        if span is not None and int(span[1]) <= int(span[2]):
            numbers += map(str, range(int(span[1]), int(span[2]) + 1))
        elif re.fullmatch(r"\d+(\.\d+)*", part.strip()):
            numbers.append(part.strip())
        else:
            raise ValueError(f"not a selection of cases: {part!r}; an example is 1-7,10,12.1")
    # The suite makes regular expressions of these, but only of those with an asterisk; 5.1 is
    # not to select 5.10.
    return [f"{number}(.|$)*" for number in numbers]


async def try_server(python: Path, cases: Sequence[str], folder: Path) -> Summary:
    """Try the suite's client on our server.

    Args:
        python: has the suite.
        cases: what :func:`patterns` returned.
        folder: for its report.

    Raises:
        SetupError: the suite did not run to its end.
    """
    async with echo_server() as port:
        server = {"agent": AGENT, "url": f"ws://127.0.0.1:{port}"}
        spec = {"outdir": str(folder), "servers": [server], "cases": list(cases)}
        async with _running(python, _FUZZING_CLIENT, "fuzzingclient", spec, folder) as output:
            count = int(await output.until(r"will run (\d+) test cases"))
            await output.end()
    return summarise(folder, AGENT, count)


async def try_client(python: Path, cases: Sequence[str], folder: Path) -> Summary:
    """Try the suite's server on our client; arguments and errors as for :func:`try_server`."""
    spec = {"outdir": str(folder), "url": "ws://127.0.0.1:1", "cases": list(cases)}
    async with _running(python, _FUZZING_SERVER, "fuzzingserver", spec, folder) as output:
        count = int(await output.until(r"will run (\d+) test cases"))
        port = int(await output.until(r"listening (\d+)"))
        listening = asyncio.create_task(output.end())
        try:
            for case in range(1, count + 1):
                await echo_once(port, f"/runCase?case={case}&agent={AGENT}")
            await echo_once(port, f"/updateReports?agent={AGENT}")
        except (ConnectionError, TimeoutError) as error:
            raise SetupError(f"the suite's server: {error}\n{output.tail}") from None
        finally:
            listening.cancel()
    return summarise(folder, AGENT, count)


@asynccontextmanager
async def _running(
    python: Path, program: str, mode: str, spec: Mapping[str, object], folder: Path
) -> AsyncIterator[_Output]:
    """Run the suite, and end it."""
    path = _write(spec, folder)
    process = await asyncio.create_subprocess_exec(
        *(str(python), "-u", "-c", program, "-m", mode, "-s", str(path), "-u", "0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = _Output(cast("asyncio.StreamReader", process.stdout))
    try:
        yield output
    finally:
        # To kill a process that ends by itself would race with asyncio, which waits for it.
        if not output.ended:
            process.kill()
        await asyncio.wait_for(process.wait(), _START_LIMIT)


def _write(spec: Mapping[str, object], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder.resolve() / "spec.json"
    path.write_text(json.dumps(spec))
    return path


class _Output:
    """What the suite prints."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self._stream = stream
        self._last: deque[str] = deque(maxlen=20)
        self.ended = False
        """Whether the suite has closed its output, as it does when it exits."""

    @property
    def tail(self) -> str:
        """Return the last lines."""
        return "".join(self._last)

    async def until(self, pattern: str) -> str:
        """Wait for a line; return the first group of the pattern in it.

        Raises:
            SetupError: it did not come.
        """
        while line := await self._line(_START_LIMIT):
            found = re.search(pattern, line)
            if found is not None:
                return found[1]
        raise SetupError(f"the suite does not run:\n{self.tail}")

    async def end(self) -> None:
        """Read to the end.

        Raises:
            SetupError: nothing came for too long.
        """
        while await self._line(_SILENCE_LIMIT):
            pass

    async def _line(self, limit: float) -> str:
        try:
            line = (await asyncio.wait_for(self._stream.readline(), limit)).decode()
        except TimeoutError:
            raise SetupError(f"the suite hangs:\n{self.tail}") from None
        self.ended = not line
        self._last.append(line)
        announced = re.search(r"test case ID (\S+)", line)
        if announced is not None and sys.stderr.isatty():
            # For a person who waits: a full run takes many minutes.
            sys.stderr.write(f"\rcase {announced[1]:8}\r")
        return line
