"""Servers and proxies that others wrote: Node, nginx, tinyproxy; and what permissions allow."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ...support.certificates import Certificates
from ...support.http_peer import Peer, answer, serving
from ...support.nginx import nginx
from ...support.peers import missing
from ...support.programs import Program
from ...support.proxies import tinyproxy, tunnelling
from ...support.resolver import fill_in
from ...support.scripts import running
from .test_scripts import PRELUDE, echo, printed, within

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

NODE_SERVER = """
const server = require('http').createServer((request, response) => {
  let body = '';
  request.on('data', (piece) => { body += piece; });
  request.on('end', () => {
    if (request.url === '/chunks') {
      response.write('a');
      setTimeout(() => response.end('bé'), 20);
      return;
    }
    response.setHeader('Set-Cookie', ['a=b', 'c=d']);
    response.setHeader('Content-Type', 'application/json');
    const port = request.socket.remotePort;
    response.end(JSON.stringify([request.method, request.url, body, port]));
  });
});
server.listen(0, '127.0.0.1', () => console.log('listening ' + server.address().port));
"""


async def told(engine: str, port: int, source: str, **settings: Any) -> list[Any]:
    """Run a script to its end; return what it printed, without an error."""
    async with running(engine, (PRELUDE + source).replace("PORT", str(port)), **settings) as script:
        await script.ended()
        assert script.stderr.text == ""
        return printed(script)


def node(folder: Path) -> Program:
    if shutil.which("node") is None:
        missing("node is not installed; on Debian: apt-get install nodejs npm")
    (folder / "server.js").write_text(NODE_SERVER, encoding="utf-8")
    return Program(["node", folder / "server.js"])


def test_node_answers(engine: str, tmp_path: Path) -> None:
    async def main(port: int) -> None:
        lines = await told(
            engine,
            port,
            """
            const ask = (count) => http.post({ url, body: 'é', keepAlive: true }, (m) => {
              const [method, path, body, port] = JSON.parse(m.body);
              print(method, path, body, m.cookies, m.headers.connection);
              ports.add(port);
              if (count > 1) ask(count - 1);
              else print(ports.size);
            });
            const ports = new Set();
            ask(3);
            http.get(url + '/chunks', (m) => print(m.body, m.headers['transfer-encoding']));
            http.head(url, (m) => print(m.statusCode, m.body));
            """,
        )
        posted = ["POST", "/", "é", ["a=b", "c=d"], "keep-alive"]
        assert lines.count(posted) == 3
        assert [1] in lines
        assert ["abé", "chunked"] in lines
        assert [200, ""] in lines

    with node(tmp_path) as server:
        server.wait_for("listening")
        port = int(server.stdout.split()[1])
        within(main(port))


def test_nginx_keeps_the_connection(engine: str) -> None:
    async def main() -> None:
        async with serving(echo) as backend:
            with nginx(backend) as port:
                lines = await told(
                    engine,
                    port,
                    """
                    const options = { url: url + '/app/x', keepAlive: true };
                    const ask = (count) => http.get(options, (m) => {
                      print(m.statusCode, m.headers.server.slice(0, 5), m.headers.connection,
                        m.body.split(' ')[1]);
                      if (count > 1) ask(count - 1);
                    });
                    ask(3);
                    """,
                )
        assert lines == [[200, "nginx", "keep-alive", "/x"]] * 3

    within(main())


def test_tinyproxy_makes_the_tunnel(engine: str, tmp_path: Path) -> None:
    async def main() -> None:
        with tinyproxy(tmp_path) as proxy:
            async with serving(echo) as port:
                lines = await told(
                    engine,
                    port,
                    f"""
                    const options = {{ url, proxyHost: '127.0.0.1', proxyPort: {proxy} }};
                    http.get(options, (m) => print(m.statusCode, m.body.includes('Proxy')));
                    """,
                )
        assert lines == [[200, False]]

    within(main())


def test_a_proxy_needs_permission_like_the_server(engine: str) -> None:
    async def main() -> None:
        async with tunnelling() as proxy, serving(echo) as port:
            source = f"""
                const options = {{ url, proxyHost: '127.0.0.1', proxyPort: {proxy.port} }};
                http.get(options, (m) => print(m && m.statusCode))
                  .on('error', (error) => print(error.code, error.permission, error.resource));
            """
            both = {"connect": [f"127.0.0.1:{port}", f"127.0.0.1:{proxy.port}"]}
            assert await told(engine, port, source, permissions=both) == [[200]]
            for granted, lacking in ((port, proxy.port), (proxy.port, port)):
                rules = {"connect": [f"127.0.0.1:{granted}"]}
                lines = await told(engine, port, source, permissions=rules)
                assert lines == [
                    [None],
                    ["ERR_ACCESS_DENIED", "connect", f"127.0.0.1:{lacking}"],
                ]
            assert proxy.targets == [f"127.0.0.1:{port}"]

    within(main())


def test_permission_is_asked_for_servers_redirects_and_files(
    engine: str, certificates: Certificates
) -> None:
    async def main() -> None:
        async with serving(echo) as other:

            async def respond(peer: Peer) -> None:
                target = f"Location: http://127.0.0.1:{other}/"
                await peer.send(answer(b"", target, status="302 Found"))

            async with serving(respond) as port:
                source = f"""
                    const show = (name) => (error) =>
                      print(name, error.code, error.permission, error.resource);
                    http.get(url, (m) => print(m.statusCode));
                    http.get({{ url, maxRedirects: 1 }}).on('error', show('redirect'));
                    http.get('http://127.0.0.1:{other}/').on('error', show('server'));
                    const trustedCACertPath = {json.dumps(str(certificates.ca))};
                    http.get({{ url, trustedCACertPath }}).on('error', show('file'));
                """
                rules = {"connect": [f"127.0.0.1:{port}"]}
                lines = await told(engine, port, source, permissions=rules)
        denied = ["ERR_ACCESS_DENIED", "connect", f"127.0.0.1:{other}"]
        assert lines == [
            [302],
            ["redirect", *denied],
            ["server", *denied],
            ["file", "ERR_ACCESS_DENIED", "read", str(certificates.ca)],
        ]

    within(main())


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
def test_many_requests_at_a_time(engine: str, status: str) -> None:
    async def main() -> None:
        async def respond(peer: Peer) -> None:
            await peer.send(answer(peer.path.encode(), status=status))

        async with serving(respond) as port:
            lines = await told(
                engine,
                port,
                """
                let next = 0;
                for (let i = 0; i < 300; i++) {
                  http.get({ url: url + '/' + i, keepAlive: i % 3 > 0 }, (m) => {
                    if (m.body !== '/' + next++) print('out of order', m.body);
                    if (next === 300) print('all');
                  });
                }
                """,
            )
        assert lines == [["all"]]

    within(main())


def test_an_address_that_is_forbidden_whatever_its_name(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_in(monkeypatch)["innocent.example"] = ["127.0.0.1"]

    async def main() -> None:
        async with serving(echo) as port:
            lines = await told(
                engine,
                port,
                "http.get('http://innocent.example:PORT/').on('error', (e) => print(e.code));",
                permissions={"connect": ["innocent.example"]},
            )
        assert lines == [["ERR_ACCESS_DENIED"]]

    within(main())
