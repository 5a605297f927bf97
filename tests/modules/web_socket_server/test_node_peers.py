"""Scripts of ours against Node: its accessor client module, and `ws` as a server."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from typing import Any

import pytest

from ...support.certificates import Certificates
from ...support.images import encoded
from ...support.peers import node_modules, run_node
from ...support.programs import Program
from ...support.scripts import DEADLINE, running

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

NODE_CLIENT = "@accessors-modules/web-socket-client"

PNG = encoded("image/png", (3, 2))

# What the Node module sends for each type, and the bytes that must come back: it encodes JSON and
# text, takes bytes as they are, and hands out whatever comes as a Buffer.
CASES: dict[str, tuple[str, bytes]] = {
    "application/json": (
        '[{ a: [1, null, "\u00e9"] }, 3.5, "text"]',
        b'[{"a":[1,null,"\xc3\xa9"]},3.5,"text"]',
    ),
    "text/plain": ('"not \u00e9 json {"', "not \u00e9 json {".encode()),
    "application/octet-stream": ("Buffer.from([0, 255, 10, 128])", bytes((0, 255, 10, 128))),
    "image/png": (f"Buffer.from('{b64encode(PNG).decode()}', 'base64')", PNG),
}

ECHO = """
    const { Server } = require('@modules/web-socket-server');
    const server = new Server(%s);
    server.on('listening', (port) => console.log('listening', port));
    server.on('connection', (socket) => socket.on('message', (m) => socket.send(m)));
    server.start();
"""


@pytest.mark.slow_with("text/plain", "application/octet-stream")
@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
@pytest.mark.parametrize("mime_type", list(CASES))
def test_the_node_client_gets_back_what_it_sent(
    engine: str, certificates: Certificates, mime_type: str, secure: bool
) -> None:
    value, wire = CASES[mime_type]
    options: dict[str, Any] = {"port": 0, "receiveType": mime_type, "sendType": mime_type}
    if secure:
        options |= certificates.options

    async def main() -> None:
        async with running(engine, ECHO % json.dumps(options)) as run:
            port = await run.port()
            client = f"""
                const fs = require('fs');
                const tls = require('tls');
                const trusted = fs.readFileSync({json.dumps(certificates.ca)});
                const create = tls.createSecureContext;
                tls.createSecureContext = (o) => create({{ ...o, ca: trusted }});
                const {{ Client }} = require('{NODE_CLIENT}');
                const type = '{mime_type}';
                const client = new Client({{ host: 'localhost', port: {port},
                  sslTls: {json.dumps(secure)}, sendType: type, receiveType: type }});
                client.on('message', (message) => {{
                  console.log(JSON.stringify(Buffer.from(message).toString('base64')));
                  client.close();
                }});
                client.on('open', () => client.send({value}));
                client.open();
            """
            got = await asyncio.to_thread(run_node, client, package=NODE_CLIENT)
            assert got == b64encode(wire).decode()
            assert run.stderr.text == ""

    asyncio.run(asyncio.wait_for(main(), 3 * DEADLINE))


NODE_SERVER = """
    const fs = require('fs');
    const https = require('https');
    const http = require('http');
    const { WebSocketServer } = require('ws');
    const [key, cert] = process.argv.slice(1);
    const server = key
      ? https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) })
      : http.createServer();
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) => {
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
    server.listen(0, 'localhost', () => console.log(server.address().port));
"""


@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
def test_a_script_is_a_client_of_node(
    engine: str, certificates: Certificates, secure: bool
) -> None:
    modules = node_modules("ws")
    folder = certificates.folder
    files = [str(folder / "server.key"), str(folder / "server.pem")] if secure else []

    async def main(port: int) -> None:
        source = f"""
            const {{ Client }} = require('@modules/web-socket-client');
            const values = [{{ a: [1, null] }}, 'text', 3.5];
            const secure = {json.dumps(secure)};
            const client = new Client({{ port: {port}, sslTls: secure,
              trustedCACertPath: secure ? {json.dumps(certificates.ca)} : '' }});
            client.on('message', (value) => {{
              console.log(JSON.stringify(value));
              if (value === 3.5) client.close(4000, 'done');
            }});
            client.on('close', (code, reason) => console.log(code, reason));
            for (const value of values) client.send(value);
            client.open();
        """
        async with running(engine, source) as run:
            await run.ended()
            assert run.stdout.text.splitlines() == [
                '{"a":[1,null]}',
                '"text"',
                "3.5",
                "4000 done",
            ]

    with Program(["node", "-e", NODE_SERVER, *files], env={"NODE_PATH": str(modules)}) as node:
        node.wait_for("\n")
        port = int(node.stdout)
        asyncio.run(asyncio.wait_for(main(port), 3 * DEADLINE))


LIMITED = """
    const { Server } = require('@modules/web-socket-server');
    const server = new Server({ port: 0, maxConnectionsPerHost: 2, messageRate: 20 });
    server.on('listening', (port) => console.log('listening', port));
    server.on('connection', (socket) => {
      socket.on('pong', (data) => server.broadcast({ pong: String(data) }));
      socket.on('error', (error) => console.log('error', error.code));
      socket.on('message', () => socket.ping('hello'));
    });
    server.start();
"""

WS = """
    const WebSocket = require('ws');
    const url = 'ws://127.0.0.1:' + process.argv[1];
    const opened = (socket) => new Promise((resolve) => socket.on('open', resolve));
    const said = (socket) =>
      new Promise((resolve) => socket.once('message', (message) => resolve(String(message))));
    (async () => {
      const one = new WebSocket(url), two = new WebSocket(url);
      await Promise.all([opened(one), opened(two)]);
      const refused = await new Promise((resolve) => {
        new WebSocket(url).on('unexpected-response', (request, response) => {
          resolve([response.statusCode, response.headers['retry-after']]);
        });
      });
      const both = Promise.all([said(one), said(two)]);
      one.send('1');
      const heard = await both;
      const closed = new Promise((resolve) => two.on('close', (code) => resolve(code)));
      for (let i = 0; i < 200; i++) two.send('1');
      console.log(JSON.stringify([refused, heard, await closed]));
      one.close();
    })();
"""


def test_ws_is_told_of_limits_answers_pings_and_gets_what_is_broadcast(engine: str) -> None:
    node_modules("ws")

    async def main() -> None:
        async with running(engine, LIMITED) as run:
            found = await asyncio.to_thread(run_node, WS, str(await run.port()))
            assert found == [[429, "10"], ['{"pong":"hello"}'] * 2, 1008]
            assert await run.stdout.until("error") == "WS_RATE"

    asyncio.run(asyncio.wait_for(main(), 3 * DEADLINE))
