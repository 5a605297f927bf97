"""Web sockets on the port of an HttpServer, and peers that are not Python."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ...conftest import RunJs
from ...docs.pages import page
from ...support.certificates import Certificates
from ...support.http import read_answer
from ...support.peers import chromium_page, run_node
from ...support.programs import Program, free_port
from ...support.scripts import DEADLINE, running
from ...support.server_scripts import receive, within
from ...support.wire import Raw, handshake
from ..web_socket_server.test_nginx import CONFIGURATION, nginx, until_it_listens
from .test_scripts import ask, script

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

SHARED = """
    const { HttpServer } = require('@modules/http-server');
    const { Server } = require('@modules/web-socket-server');
    const http = new HttpServer({ port: 0, %s });
    http.on('request', (r) => http.respond(r.requestID, 'http ' + r.path + ' ' + (r.body || '')));
    const sockets = new Server({ httpServer: http, path: '/live', %s });
    sockets.on('listening', (port) => console.log('sockets', port, sockets.address().port));
    sockets.on('connection', (socket) => {
      socket.on('message', (message) => socket.send({ got: message }));
    });
    sockets.on('error', (error) => console.log('sockets error', error.code));
    sockets.on('close', () => console.log('sockets closed'));
    http.on('listening', (port) => console.log('listening', port));
    http.on('error', (error) => console.log('error', error.code));
"""


def shared(body: str = "sockets.start(); http.start();", http: str = "", sockets: str = "") -> str:
    return SHARED % (http, sockets) + body


@pytest.mark.parametrize(
    "starts",
    [
        "sockets.start(); http.start();",
        "http.start(); sockets.start();",
        "http.start(); http.on('listening', () => sockets.start());",
    ],
)
def test_one_port_serves_both(engine: str, starts: str) -> None:
    async def main() -> None:
        async with running(engine, shared(starts)) as one:
            port = await one.port()
            assert f"sockets {port} {port}" in one.stdout.text or (
                await one.stdout.until("sockets") == f"{port} {port}"
            )
            async with connect(f"ws://127.0.0.1:{port}/live") as client:
                await client.send('"hello"')
                assert await receive(client) == '{"got":"hello"}'
                assert (await ask(port, "/live")).body == b"http /live "
                await client.send("2")
                assert await receive(client) == '{"got":2}'
            with pytest.raises(InvalidStatus, match="404"):
                await connect(f"ws://127.0.0.1:{port}/other")

    within(main())


def test_a_socket_may_follow_a_request_and_frames_its_handshake() -> None:
    async def main() -> None:
        async with (
            running("quickjs", shared()) as one,
            await Raw.connect(await one.port()) as raw,
        ):
            frame = b"\x81\x83\0\0\0\0" + b"123"
            raw.send(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
            raw.send(handshake().replace(b"GET / ", b"GET /live ") + frame)
            assert (await raw.reader.readuntil(b"http /a ")).startswith(b"HTTP/1.1 200 ")
            head = await raw.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101 ")
            assert (await raw.frame())[1] == b'{"got":123}'

    within(main())


def test_the_limits_of_the_web_socket_server_hold() -> None:
    async def main() -> None:
        verify = "verifyClient: (r) => r.query !== 'no', maxConnections: 1"
        async with running("quickjs", shared(sockets=verify)) as one:
            url = f"ws://127.0.0.1:{await one.port()}/live"
            with pytest.raises(InvalidStatus, match="401"):
                await connect(f"{url}?no")
            async with connect(url):
                with pytest.raises(InvalidStatus, match="503"):
                    await connect(url)

    within(main())


def test_when_the_http_server_stops_the_other_does(engine: str) -> None:
    async def main() -> None:
        source = shared(
            "sockets.start(); http.start(); sockets.on('connection', () => http.stop());"
        )
        async with running(engine, source) as one:
            async with connect(f"ws://127.0.0.1:{await one.port()}/live") as client:
                with pytest.raises(ConnectionClosed):
                    await receive(client)
                assert client.close_code == 1001
            await one.ended()
            assert "sockets closed" in one.stdout.text

    within(main())


def test_when_the_http_server_cannot_listen_both_say_so(engine: str) -> None:
    async def main() -> None:
        async with running(engine, shared(), permissions={}) as one:
            await one.ended()
            assert sorted(one.stdout.text.splitlines()) == [
                "error ERR_ACCESS_DENIED",
                "sockets error ERR_ACCESS_DENIED",
            ]

    within(main())


def test_a_web_socket_server_that_stops_waits_for_nobody(engine: str) -> None:
    async def main() -> None:
        for body in (
            "sockets.start(); sockets.stop();",
            "sockets.start(); setTimeout(() => sockets.stop());",
        ):
            async with running(engine, shared(body)) as one:
                await one.ended()
                assert one.stdout.text == "sockets closed\n"

    within(main())


@pytest.mark.parametrize("value", ["{}", "5", "'x'", "[]"])
def test_what_is_no_http_server_is_refused(run_js: RunJs, value: str) -> None:
    outcome = run_js(f"""
        const {{ Server }} = require('@modules/web-socket-server');
        try {{ new Server({{ httpServer: {value} }}); }} catch (error) {{
          console.log(error instanceof TypeError, error.message);
        }}
        new Server({{ httpServer: null }});
    """)
    assert outcome.stdout.startswith("true option 'httpServer': ")


def test_both_over_tls(certificates: Certificates) -> None:
    async def main() -> None:
        import ssl

        context = ssl.create_default_context(cafile=certificates.ca)
        options = json.dumps(certificates.options)[1:-1]
        async with running("quickjs", shared(http=options)) as one:
            port = await one.port()
            async with connect(f"wss://localhost:{port}/live", ssl=context) as client:
                await client.send("1")
                assert await receive(client) == '{"got":1}'

    within(main())


NODE = """
const http = require('http');
const WebSocket = require('ws');
const port = Number(process.argv[1]);
const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
const ask = (path, body) => new Promise((resolve, reject) => {
  const target = { port, host: '127.0.0.1', path, agent, method: 'POST' };
  const request = http.request(target, (answer) => {
    let text = '';
    answer.on('data', (part) => (text += part)).on('end', () => resolve(text));
  });
  request.on('error', reject);
  request.end(body);
});
Promise.all(Array.from({ length: 20 }, (_, n) => ask('/' + n, 'body' + n))).then((texts) => {
  const socket = new WebSocket('ws://127.0.0.1:' + port + '/live');
  socket.on('open', () => socket.send('"ws"'));
  socket.on('message', (data) => {
    console.log(JSON.stringify([texts, String(data)]));
    process.exit();
  });
});
"""


@pytest.mark.slow
def test_node_with_an_agent_that_keeps_connections() -> None:
    async def main() -> None:
        async with running("quickjs", shared()) as one:
            port = await one.port()
            texts, message = await asyncio.to_thread(run_node, NODE, str(port))
            assert texts == [f"http /{number} body{number}" for number in range(20)]
            assert message == '{"got":"ws"}'

    within(main())


@pytest.mark.slow
def test_a_page_in_a_browser_uses_both() -> None:
    async def main() -> None:
        source = shared()
        fields = "{ 'Access-Control-Allow-Origin': '*' }"
        source = source.replace("(r.body || ''))", f"(r.body || ''), 200, {fields})")
        async with running("quickjs", source) as one:
            port = await one.port()
            page = f"""
                const text = await (await fetch('http://localhost:{port}/p', {{
                  method: 'POST', body: 'b' }})).text();
                const socket = new WebSocket('ws://localhost:{port}/live');
                const message = await new Promise((resolve, reject) => {{
                  socket.onopen = () => socket.send('1');
                  socket.onmessage = (event) => resolve(event.data);
                  socket.onerror = reject;
                }});
                return [text, message];
            """  # fmt: skip
            assert await asyncio.to_thread(chromium_page, page) == ["http /p b", '{"got":1}']

    within(main())


LOCATION = """
    location / {{
      proxy_pass http://127.0.0.1:{port};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $upgrading;
    }}
"""


@pytest.mark.slow
def test_behind_nginx(tmp_path: Path) -> None:
    async def main() -> None:
        async with running("quickjs", shared()) as one:
            port = free_port()
            text = CONFIGURATION.format(
                folder=tmp_path, port=port, location=LOCATION.format(port=await one.port())
            ).replace(
                "access_log off;",
                "access_log off; map $http_upgrade $upgrading { default upgrade; '' close; }",
            )
            (tmp_path / "nginx.conf").write_text(text)
            with Program([nginx(), "-p", tmp_path, "-c", tmp_path / "nginx.conf"]):
                await until_it_listens(port)
                assert (await ask(port, "/a", b"x" * 100_000)).body == b"http /a " + b"x" * 100_000
                async with connect(f"ws://127.0.0.1:{port}/live") as client:
                    await client.send("1")
                    assert await asyncio.wait_for(client.recv(), DEADLINE) == '{"got":1}'

    within(main())


def manual(port: int) -> str:
    """Return what the manual shows for nginx, for another port."""
    (block,) = (
        block for block in page("docs/modules/http-server.md").blocks if block.language == "nginx"
    )
    assert ":8080" in block.text
    return block.text.replace(":8080", f":{port}")


@pytest.mark.slow
@pytest.mark.parametrize("trusted", [True, False])
def test_behind_nginx_the_client_is_known(trusted: bool, tmp_path: Path) -> None:
    async def main() -> None:
        source = script(
            "server.on('request', (r) => server.respond(r.requestID, r.path + r.remoteHost));",
            "trustedProxies: ['127.0.0.1']" if trusted else "",
        )
        async with running("quickjs", source) as one:
            port = free_port()
            text = CONFIGURATION.format(
                folder=tmp_path, port=port, location=manual(await one.port())
            )
            (tmp_path / "nginx.conf").write_text(text)
            with Program([nginx(), "-p", tmp_path, "-c", tmp_path / "nginx.conf"]):
                await until_it_listens(port)
                async with await Raw.connect(port, source="127.0.0.2") as raw:
                    raw.send(b"GET /house/1 HTTP/1.1\r\nHost: a\r\n")
                    raw.send(b"X-Forwarded-For: 192.0.2.6\r\n\r\n")
                    expected = b"/1127.0.0.2" if trusted else b"/1127.0.0.1"
                    assert (await read_answer(raw))[1] == expected

    within(main())


def test_each_of_two_on_a_port_has_its_own_proxies() -> None:
    async def main() -> None:
        for http, sockets, client in (
            ("trustedProxies: ['127.0.0.1']", "", "127.0.0.1"),
            ("", "trustedProxies: ['127.0.0.1']", "192.0.2.7"),
        ):
            source = shared(http=http, sockets=sockets)
            source += "sockets.on('connection', (one) => one.send(one.remoteHost()));"
            async with running("quickjs", source) as one:
                async with connect(
                    f"ws://127.0.0.1:{await one.port()}/live",
                    additional_headers={"X-Forwarded-For": "192.0.2.7"},
                ) as caller:
                    assert await receive(caller) == f'"{client}"'

    within(main())


@pytest.mark.slow
def test_curl(tmp_path: Path) -> None:
    async def main() -> None:
        async with running("quickjs", shared()) as one:
            port = await one.port()
            (tmp_path / "big").write_bytes(2_000_000 * b"y")
            for words, expected in [
                (["-d", "a=b"], b"http / a=b"),
                (["-T", f"{tmp_path}/big", "-H", "Expect: 100-continue"], 2_000_000),
                (["-T", f"{tmp_path}/big", "-H", "Transfer-Encoding: chunked"], 2_000_000),
                (["--http1.0"], b"http / "),
                (["--http2"], b"http / "),
            ]:
                curl = await asyncio.create_subprocess_exec(
                    "curl", "-sS", *words, f"http://127.0.0.1:{port}/", stdout=-1
                )
                answer, _ = await asyncio.wait_for(curl.communicate(), DEADLINE)
                if isinstance(expected, int):
                    assert answer.count(b"y") == expected
                else:
                    assert answer == expected

    within(main())
