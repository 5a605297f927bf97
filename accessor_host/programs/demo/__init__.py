"""``accessor-host demo``: the documented server, a real client, and what they say."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from ...errors import ScriptError
from ...host import Host
from ..signals import signals

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
        The exit code: 0, or 1 when the server could not start, or 130 after Ctrl-C.
    """
    source = SCRIPT.read_text(encoding="utf-8").replace(str(DOCUMENTED_PORT), str(port))
    print(source)
    async with Host(engine=engine) as host:
        print(f"--- running it with the {host.engine_name} engine")
        try:
            await host.run(source, name=SCRIPT.name)
        except ScriptError:
            return 1
        with signals(asyncio.get_running_loop()) as received:
            serving = asyncio.ensure_future(host.wait())
            talk = asyncio.ensure_future(_talk(port))
            happening: list[asyncio.Future[Any]] = [serving, talk, received]
            await asyncio.wait(happening, return_when=asyncio.FIRST_COMPLETED)
            if talk.done() and not talk.exception() and keep:
                print(
                    f"--- still serving; in a browser's console:\n"
                    f"    ws = new WebSocket('ws://localhost:{port}');\n"
                    f"    ws.onmessage = (event) => console.log(event.data);\n"
                    f"    ws.onopen = () => ws.send('\"Hello from a browser\"');\n"
                    f"    Ctrl-C ends it"
                )
                happening.remove(talk)
                await asyncio.wait(happening, return_when=asyncio.FIRST_COMPLETED)
            talk.cancel()
            await asyncio.wait([talk])
            await host.stop()
        if received.done():
            return 128 + received.result()
        return host.exit_code


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
