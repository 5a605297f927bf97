"""What scripts can replace in the language reaches neither the host's work nor what it handles.

The functions are enumerated, not listed: see :file:`replacing.js`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from accessor_host import Host

from ...support.scripts import DEADLINE, Lines
from .composites import make_composite, use_composite

REPLACING = Path(__file__).with_name("replacing.js").read_text(encoding="utf-8")

SCENARIO = """
    const { log, table } = console;
    const { setTimeout, Error, RegExp } = globalThis;
    const { Server } = require('@modules/web-socket-server');
    const storage = require('@modules/local-storage');
    storage.initSync({ dir: DIRECTORY });
    const server = new Server({ port: 0 });
    server.on('listening', (port) => log('listening', port));
    server.on('connection', (socket) => {
      socket.on('message', (message) => {
        storage.setItem('key', message.text);
        socket.send({ text: storage.getItem('key') });
        if (message.text === 'last') server.stop();
      });
    });
    server.on('close', () => log('closed', 1, { list: [1, 'two'] }));
    log('replaced', replace(MODE, (path) => SELECT) > 0);
    log('late', require('./late.js').value, typeof require('querystring').parse);
    setTimeout(() => {
      log('timer', 1, { list: [1, 'two'] });
      server.start();
      setTimeout(() => { throw new Error('the report'); }, 1);
    }, 1);
    exports.end = () => {
      if (MODE === 'record') 'of the script'.trim();
      log('recorded', recorded(), 'end of recorded');
    };
"""

PRIVATE = ("SECRET-SOURCE", "SECRET-VARIABLE", "server.start", "host.operation", "primordials")
"""Texts of a script's file, of the environment, of operations, and of the runtime's files."""


async def _run(engine: str, folder: Path, mode: str, select: str) -> tuple[Lines, Lines]:
    (folder / "late.js").write_text("exports.value = 'SECRET-SOURCE'.length;")
    source = (
        SCENARIO.replace("DIRECTORY", repr(str(folder / "store")))
        .replace("MODE", repr(mode))
        .replace("SELECT", select)
    )
    stdout, stderr = Lines(), Lines()
    streams: dict[str, Any] = {"stdout": stdout, "stderr": stderr}
    async with Host(engine=engine, **streams) as host:
        await host.run(REPLACING + source, name=str(folder / "main.js"))
        port = int(await stdout.until("listening"))
        async with connect(f"ws://localhost:{port}") as client:
            for text in ("first", "last"):
                message = f'{{"text":"{text}"}}'
                await client.send(message)
                assert await asyncio.wait_for(client.recv(), DEADLINE) == message
        await asyncio.wait_for(host.wait(), DEADLINE)
        top = await make_composite(host)
        await use_composite(top, 7)
        await top.wrapup()
        await host.call("end")
    return stdout, stderr


def _check(engine: str, folder: Path, mode: str, select: str = "true") -> None:
    stdout, stderr = asyncio.run(_run(engine, folder, mode, select))
    text, _, rest = stdout.text.partition("recorded ")
    assert "replaced true\n" in text
    assert "late 13 function\n" in text
    assert "timer 1 { list: [ 1, 'two' ] }\n" in text
    assert "closed 1 { list: [ 1, 'two' ] }\n" in text
    assert "Uncaught Error: the report" in stderr.text
    assert "a 0 ms timeout of accessor 'top.second': 'of an accessor'" in stderr.text
    seen = rest.partition("end of recorded")[0]
    assert ("of the script" in seen) == (mode == "record")
    assert [private for private in PRIVATE if private in seen] == []


@pytest.mark.parametrize("mode", ["throw", "record"])
def test_everything_is_replaced_at_once(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("A_VARIABLE", "SECRET-VARIABLE")
    _check(engine, tmp_path, mode)
