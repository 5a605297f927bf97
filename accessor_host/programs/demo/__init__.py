"""``accessor-host demo``: the documented server, a real client, and what they say."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from ...errors import EngineError, ScriptError
from ...host import Host
from ..exit_codes import FAILED
from ..until_signal import until_signal

__all__ = ["SCRIPT", "demo"]

SCRIPT = Path(__file__).parent / "server.js"
"""The script: the specification's two snippets."""

DOCUMENTED_PORT = 8082
GREETINGS = ('"Hello from Python"', '{"reading": 21.5}')
REPLY_TIMEOUT = 5.0


async def demo(*, engine: str = "auto", port: int = DOCUMENTED_PORT, keep: bool = False) -> int:
    """Run the documented snippet and talk to it.

    Args:
        engine: as for :class:`~accessor_host.Host`.
        port: TCP port instead of the documented one.
        keep: whether to go on serving after the conversation, until Ctrl-C.

    Returns:
        The exit code: 0, 1 when the server or the conversation failed, 130 after Ctrl-C.
    """
    source = SCRIPT.read_text(encoding="utf-8").replace(str(DOCUMENTED_PORT), str(port))
    print(source)
    async with Host(engine=engine) as host:
        print(f"--- running it with the {host.engine_name} engine")
        try:
            await host.run(source, name=SCRIPT.name)
        except ScriptError:
            return FAILED
        serving = asyncio.ensure_future(host.wait())
        async with until_signal(_converse(port, keep, serving), serving) as ending:
            await host.stop()
        try:
            await serving
            if ending.is_done:
                ending.result()
        except (EngineError, OSError, WebSocketException) as error:
            sys.stderr.write(f"accessor-host: {error}\n")
            return FAILED
    return ending.exit_code(host.exit_code)


async def _converse(port: int, keep: bool, serving: asyncio.Future[None]) -> None:
    await _talk(port)
    if keep:
        print(
            f"--- still serving; in a browser's console:\n"
            f"    ws = new WebSocket('ws://localhost:{port}');\n"
            f"    ws.onmessage = (event) => console.log(event.data);\n"
            f"    ws.onopen = () => ws.send('\"Hello from a browser\"');\n"
            f"    Ctrl-C ends it"
        )
        # Not "await serving": that would be cancelled with it.
        await asyncio.wait([serving])


async def _talk(port: int) -> None:
    address = f"ws://localhost:{port}"
    print(f"--- connecting a client to {address}")
    async with connect(address) as client:
        for greeting in GREETINGS:
            print(f"client sends     {greeting}")
            await client.send(greeting)
            reply = await asyncio.wait_for(client.recv(), REPLY_TIMEOUT)
            print(f"client receives  {reply!r}")
    print("--- the client is gone")
