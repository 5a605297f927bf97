"""Functions of the language that a script replaces one by one: the host works on beside each.

All at once is :mod:`.test_replaced_functions`: there, one that fails early may hide another. Here
one host goes through all of them, and each time serves a client, a composite, timers, storage and a
report.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from accessor_host import Accessor, Host

from ...support.scripts import Lines
from .composites import make_composite, use_composite

REPLACING = Path(__file__).with_name("replacing.js").read_text(encoding="utf-8")

SAMPLE = 25
"""One of so many functions is replaced in the fast suite."""

PATIENCE = 10.0

SCRIPT = """
    const { log } = console;
    const { clearInterval, setImmediate, setInterval, setTimeout, Error } = globalThis;
    const { Server } = require('@modules/web-socket-server');
    const storage = require('@modules/local-storage');
    storage.initSync({ dir: DIRECTORY });
    const all = replacer(MODE);
    exports.count = () => all.count;
    exports.nameOf = (index) => all.nameOf(index);
    exports.change = (index) => all.change(index);
    exports.undo = (index) => all.undo(index);
    const server = new Server({ port: 0 });
    server.on('listening', (port) => log('listening', port));
    server.on('connection', (socket) => {
      socket.on('message', (message) => {
        storage.setItem('key', message.text);
        setImmediate(() => {
          const interval = setInterval(() => {
            clearInterval(interval);
            log('timer', message.number);
            throw new Error('the report');
          }, 1);
        });
        socket.send({ text: storage.getItem('key'), number: message.number });
      });
    });
    server.start();
"""


class Served:
    """A host that serves while functions are replaced."""

    def __init__(self, host: Host, stdout: Lines, client: ClientConnection, top: Accessor) -> None:
        self.host = host
        self._stdout = stdout
        self._client = client
        self._top = top

    async def check(self, number: int) -> None:
        """Use everything once."""
        errors = self.host.error_count
        text = json.dumps({"text": f"text {number}", "number": number}, separators=(",", ":"))
        await self._client.send(text)
        assert await self._client.recv() == text
        assert await self._stdout.until("timer") == str(number)
        assert self.host.error_count == errors + 1
        await use_composite(self._top, number)
        assert self.host.error_count == errors + 3


@asynccontextmanager
async def served(engine: str, mode: str, folder: Path) -> AsyncIterator[Served]:
    """Run the script, with a client and a composite."""
    stdout, stderr = Lines(), Lines()
    streams: dict[str, Any] = {"stdout": stdout, "stderr": stderr}
    source = SCRIPT.replace("DIRECTORY", repr(str(folder / "store"))).replace("MODE", repr(mode))
    async with Host(engine=engine, **streams) as host:
        await host.run(REPLACING + source, name=str(folder / "main.js"))
        port = int(await stdout.until("listening"))
        top = await make_composite(host)
        async with connect(f"ws://localhost:{port}") as client:
            yield Served(host, stdout, client, top)
    assert "the report" in stderr.text


async def _sweep(engine: str, mode: str, folder: Path, chosen: slice) -> tuple[int, list[str]]:
    """Replace functions, one by one; return how many, and those beside which something failed."""
    failed = []
    done = 0
    left: Iterable[int] = [0]
    while left:
        async with served(engine, mode, folder) as one:
            if not done:
                left = list(range(await one.host.call("count")))[chosen]
            for index in left:
                done += 1
                name = await one.host.call("nameOf", index)
                try:
                    async with asyncio.timeout(PATIENCE):
                        assert await one.host.call("change", index)
                        await one.check(index)
                        assert await one.host.call("undo", index)
                except (Exception, TimeoutError) as error:
                    failed.append(f"{name}: {error!r}")
                    break
            left = left[left.index(index) + 1 :]
    return done, failed


@pytest.mark.slow_with("dukpy")
@pytest.mark.parametrize("mode", ["throw", "record"])
def test_the_host_works_on_beside_some_of_them(engine: str, mode: str, tmp_path: Path) -> None:
    done, failed = asyncio.run(_sweep(engine, mode, tmp_path, slice(3, None, SAMPLE)))
    assert done > 20
    assert failed == []


@pytest.mark.slow  # some two thousand functions
@pytest.mark.parametrize("mode", ["throw", "record"])
def test_the_host_works_on_beside_each_of_them(engine: str, mode: str, tmp_path: Path) -> None:
    done, failed = asyncio.run(_sweep(engine, mode, tmp_path, slice(None)))
    assert done > 500
    assert failed == []
