"""The contract of @modules/user-interface, as scripts and pages see it."""

from __future__ import annotations

import asyncio

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from ...conftest import RunJs
from ...support.peers import chromium_page
from ...support.scripts import running
from ...support.server_scripts import receive, within
from ..http_server.test_scripts import ask

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

SOURCE = """
    const { UserInterface } = require('@modules/user-interface');
    const ui = new UserInterface({ port: 0 }, '<title>T{content}</title>', '<p>first</p>');
    ui.on('listening', (port) => console.log('listening', port));
    ui.on('connection', () => console.log('connection'));
    ui.on('message', (text) => console.log('message', text));
    ui.on('error', (error) => console.log('error', error.code));
    ui.on('close', () => console.log('closed'));
    ui.addListener('/', (body) => { console.log('posted', body); });
    ui.addResource('a.txt', 'grün', 'text/plain; charset=utf-8');
    ui.addResource('/b', Buffer.from([0, 255]));
    ui.display('<p id="x">shown</p><img id="i">');
    ui.update('x', 'html', 'a<<b');
    ui.update('i', 'src', 'b');
    ui.addListener('/stop', () => ui.stop());
"""


def test_a_page_is_served_and_told_what_changes(engine: str) -> None:
    async def main() -> None:
        async with running(engine, SOURCE) as one:
            port = await one.port()
            page = await ask(port)
            assert page.headers["Content-Type"] == "text/html; charset=utf-8"
            assert b"<title>T{content}</title>" in page.body
            assert b'<p id="x">shown</p>' in page.body
            text = await ask(port, "/a.txt")
            assert (text.headers["Content-Type"], text.body.decode()) == (
                "text/plain; charset=utf-8",
                "grün",
            )
            assert (await ask(port, "/b")).body == b"\0\xff"
            assert (await ask(port, "/c")).status == 404
            url = f"ws://127.0.0.1:{port}/accessor-host/page"
            async with connect(url) as client:
                assert str(await receive(client)).endswith(
                    '<<html<<<p id="x">shown</p><img id="i">'
                )
                assert await receive(client) == "<<x<<html<<a<<b"
                assert await receive(client) == "<<i<<src<<b"
                await one.stdout.until("connection")
                await client.send("hello")
                assert await one.stdout.until("message") == "hello"
            await ask(port, "/", "a\0é".encode())
            assert await one.stdout.until("posted") == "a\0é"
            await ask(port, "/stop", b"")
            await one.stdout.until("closed")
            await one.ended()

    within(main())


def test_pages_of_other_sites_are_refused(engine: str) -> None:
    async def main() -> None:
        async with running(engine, SOURCE) as one:
            port = await one.port()
            url = f"ws://127.0.0.1:{port}/accessor-host/page"
            with pytest.raises(InvalidStatus, match="403"):
                await connect(url, origin="http://evil.example")  # type: ignore[arg-type]
            assert (await ask(port, "/", b"x", Origin="http://evil.example")).status == 403
            own = f"http://127.0.0.1:{port}"
            assert (await ask(port, "/", b"x", Origin=own)).status == 204

    within(main())


def test_it_prints_where_it_is_and_listens_once_something_is_displayed(engine: str) -> None:
    async def main() -> None:
        async with running(engine, SOURCE) as one:
            first = await one.stdout.next()
            port = await one.port()
            assert first == f"user interface at http://localhost:{port}/"

    within(main())


def test_stop_is_fine_before_it_is_started(run_js: RunJs) -> None:
    outcome = run_js("""
        const { UserInterface } = require('@modules/user-interface');
        const ui = new UserInterface();
        ui.stop();
        ui.update('a', 'html', 'b');
        console.log(ui.port, ui.hostInterface);
    """)
    assert (outcome.stdout, outcome.stderr) == ("80 localhost\n", "")


def test_too_many_bytes_are_an_error(engine: str) -> None:
    async def main() -> None:
        source = """
            const { UserInterface } = require('@modules/user-interface');
            const ui = new UserInterface({ maxResourceBytes: 4 });
            ui.on('error', (error) => console.log(error.code));
            ui.addResource('a', '1234');
            ui.addResource('b', '5');
        """
        async with running(engine, source) as one:
            assert await one.stdout.next() == "ERR_RESOURCES_TOO_LARGE"

    within(main())


def test_without_a_permission_it_is_an_error(engine: str) -> None:
    async def main() -> None:
        async with running(engine, SOURCE, permissions={}) as one:
            assert await one.stdout.until("error") == "ERR_ACCESS_DENIED"
            await one.ended()

    within(main())


BROWSER = """
    const { UserInterface } = require('@modules/user-interface');
    const header = `<script>
      setInterval(() => {
        const text = document.getElementById('x');
        const image = document.getElementById('i');
        if (text === null || text.innerHTML !== '<b>changed</b>' || !image.src) return;
        sendMessage('seen');
        parent.postMessage([text.textContent, image.src, text.title], '*');
      }, 20);
    </script>`;
    const ui = new UserInterface({ port: 0 }, header);
    ui.on('listening', (port) => console.log('listening', port));
    ui.on('message', (text) => console.log('message', text));
    ui.on('connection', () => {
      ui.update('x', 'html', '<b>changed</b>');
      ui.update('x', 'title', '"<<');
      ui.update('i', 'src', '/image');
    });
    ui.display('<p id="x">shown</p><img id="i">');
"""


@pytest.mark.slow
def test_a_browser_shows_what_is_displayed_and_changed() -> None:
    async def main() -> None:
        async with running("quickjs", BROWSER) as one:
            port = await one.port()
            page = f"""
                const frame = document.createElement('iframe');
                frame.src = 'http://localhost:{port}/';
                document.documentElement.append(frame);
                return await new Promise((resolve) => {{
                  addEventListener('message', (event) => resolve(event.data));
                }});
            """
            shown = await asyncio.to_thread(chromium_page, page)
            assert shown == ["changed", f"http://localhost:{port}/image?count=0", '"<<']
            assert await one.stdout.until("message") == "seen"

    within(main())
