"""Behind nginx, with the configuration that the manual shows."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from ...docs.pages import page
from ...support.peers import missing
from ...support.programs import Program, free_port
from ...support.scripts import DEADLINE, running
from ...support.server_scripts import receive, script, within

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

OTHER = "127.0.0.2"

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    {location}
  }}
}}
"""


def nginx() -> str:
    """Return the program, or skip the test."""
    # Not everybody has the folder of system programs in the path.
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        missing("nginx is not installed; on Debian: apt-get install nginx-light")
    return found


def location(port: int) -> str:
    """Return what the manual shows, for another port."""
    (block,) = (
        block
        for block in page("docs/modules/web-socket-server.md").blocks
        if block.language == "nginx"
    )
    assert ":8082" in block.text
    return block.text.replace(":8082", f":{port}")


async def until_it_listens(port: int) -> None:
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return


def connecting(port: int, source: str, forged: str) -> connect:
    return connect(
        f"ws://127.0.0.1:{port}/meters/7?x=1",
        local_addr=(source, 0),
        additional_headers={"X-Forwarded-For": forged},
    )


async def host_of(client: ClientConnection) -> str:
    await client.send("1")
    return str(await receive(client)).strip('"')


@pytest.mark.parametrize("trusted", [True, False])
def test_remote_host_and_limits_are_the_client_s(
    engine: str, trusted: bool, tmp_path: Path
) -> None:
    program = nginx()

    async def main() -> None:
        options = "maxConnectionsPerHost: 2, hostInterface: '127.0.0.1'"
        if trusted:
            options += ", trustedProxies: ['127.0.0.1']"
        source = script(
            """
            server.on('connection', (socket) => {
              socket.on('message', () => socket.send(socket.remoteHost()));
            });
            """,
            options,
        )
        async with running(engine, source) as run:
            port = free_port()
            configuration = tmp_path / "nginx.conf"
            values = {"folder": tmp_path, "port": port, "location": location(await run.port())}
            configuration.write_text(CONFIGURATION.format(**values))
            with Program([program, "-p", tmp_path, "-c", configuration]):
                await until_it_listens(port)
                async with (
                    connecting(port, OTHER, "192.0.2.66") as one,
                    connecting(port, OTHER, "192.0.2.67, unknown") as two,
                ):
                    expected = OTHER if trusted else "127.0.0.1"
                    assert [await host_of(client) for client in (one, two)] == [expected] * 2
                    with pytest.raises(InvalidStatus) as refused:
                        async with connecting(port, OTHER, "192.0.2.68"):
                            pass
                    assert refused.value.response.status_code == 429
                    # Another client is another host only where the proxy is believed.
                    if trusted:
                        async with connecting(port, "127.0.0.3", OTHER) as other:
                            assert await host_of(other) == "127.0.0.3"
                    else:
                        with pytest.raises(InvalidStatus):
                            async with connecting(port, "127.0.0.3", OTHER):
                                pass

    within(main())
