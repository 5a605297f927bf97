"""Peers that are not ours: Node's net and dgram, and socat."""

from __future__ import annotations

import asyncio
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from accessor_host.modules.socket.framing import frame

from ...support.peers import missing
from ...support.scripts import DEADLINE, running
from ...support.server_scripts import within
from ...support.tcp import client_script, server_script

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

ECHO = "socket.on('data', (data) => socket.send(data));"


@asynccontextmanager
async def program(name: str, *words: str) -> AsyncIterator[Process]:
    """Run a program, and end it."""
    found = shutil.which(name)
    if found is None:
        missing(f"{name} is not installed; on Debian: apt-get install {name}")
    process = await asyncio.create_subprocess_exec(
        str(found), *words, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def line(process: Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), DEADLINE)).decode().rstrip("\n")


def test_nodes_net_is_a_client(engine: str) -> None:
    async def main() -> None:
        options = "rawBytes: false, receiveType: 'int', sendType: 'int'"
        async with running(engine, server_script(options=options, each=ECHO)) as run:
            script = f"""
                const socket = require('net').connect({await run.port()}, '127.0.0.1');
                socket.write(Buffer.from([8, 0, 0, 0, 1, 255, 255, 255, 255]));
                socket.once('data', (data) => {{
                  console.log(data.toString('hex'));
                  socket.end();
                }});
            """
            async with program("node", "-e", script) as node:
                assert await line(node) == "0800000001ffffffff"
                assert await run.stdout.until("socket data") == "[1,-1]"
                assert await run.stdout.until("socket close") == ""

    within(main())


def test_nodes_net_is_a_server(engine: str) -> None:
    async def main() -> None:
        script = """
            const server = require('net').createServer((socket) => {
              socket.on('data', (data) => socket.end(data));
            });
            server.listen(0, '127.0.0.1', () => console.log(server.address().port));
        """
        async with program("node", "-e", script) as node:
            body = "client.send('grüße'); client.open();"
            async with running(engine, client_script(int(await line(node)), body)) as run:
                await run.ended()
        assert run.stdout.text == 'client open\nclient data "grüße"\nclient close\n'

    within(main())


def test_socat_half_closes_and_gets_its_answer(engine: str) -> None:
    async def main() -> None:
        async with running(engine, server_script(each=ECHO)) as run:
            port = await run.port()
            async with program("socat", "-t5", "-", f"TCP:127.0.0.1:{port}") as socat:
                answer, _ = await asyncio.wait_for(socat.communicate(b"over and out"), DEADLINE)
                assert answer == b"over and out"
            assert await run.stdout.until("socket close") == ""

    within(main())


def test_socat_sends_a_large_message(engine: str) -> None:
    async def main() -> None:
        async with running(engine, server_script(options="rawBytes: false", each=ECHO)) as run:
            port = await run.port()
            async with program("socat", "-t5", "-", f"TCP:127.0.0.1:{port}") as socat:
                data = frame(b"x" * 100_000)
                answer, _ = await asyncio.wait_for(socat.communicate(data), DEADLINE)
                assert answer == data

    within(main())


def test_nodes_dgram(engine: str) -> None:
    async def main() -> None:
        script = """
            const socket = require('dgram').createSocket('udp4');
            socket.on('message', (data, from) => {
              console.log(data.toString('hex'), from.address);
              socket.send(Buffer.from([0, 5, 255, 255]), from.port, from.address);
            });
            socket.bind(0, '127.0.0.1', () => console.log(socket.address().port));
        """
        async with program("node", "-e", script) as node:
            port = await line(node)
            source = f"""
                const {{ createSocket }} = require('@modules/udp-socket');
                const socket = createSocket('udp4', (value, from) => {{
                  console.log(JSON.stringify(value), JSON.parse(from).port);
                  socket.close();
                }});
                socket.setReceiveType('short');
                socket.setSendType('short');
                socket.send([1, -2], {port}, '127.0.0.1');
            """
            async with running(engine, source) as run:
                assert await line(node) == "0001fffe 127.0.0.1"
                assert await run.stdout.next() == f"[5,-1] {port}"
                await run.ended()

    within(main())
