"""A script that is slower than its clients: one that says little is not kept waiting by others."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from ...support.scripts import running
from ...support.wire import TEXT, Raw, frame, run

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

PEERS, SHARE, QUESTIONS = 4, 64, 2
# With 6 ms for each message, a turn of 50 ms has eight, and a question takes some four turns.

SCRIPT = """
    const { Server } = require('@modules/web-socket-server');
    const server = new Server({ port: 0 });
    const seen = [];
    server.on('listening', (port) => console.log('listening', port));
    server.on('connection', (socket) => {
      socket.on('message', (name) => {
        const end = Date.now() + 6;
        while (Date.now() < end);
        seen.push(name);
        if (name === 'quiet') socket.send(name);
        if (seen.length === 1) console.log('begun');
        if (seen.length === TOTAL) console.log('seen', seen.join(' '));
      });
    });
    server.start();
"""


def test_a_quiet_client_is_answered_while_others_have_a_backlog(engine: str) -> None:
    source = SCRIPT.replace("TOTAL", str(PEERS * SHARE + QUESTIONS))

    async def test() -> list[str]:
        async with running(engine, source) as script, AsyncExitStack() as stack:
            port = await script.port()
            raws = [await stack.enter_async_context(await Raw.open(port)) for _ in range(PEERS + 1)]
            quiet = raws.pop()
            for number, raw in enumerate(raws):
                raw.send(b"".join(frame(TEXT, b'"%d.%d"' % (number, n)) for n in range(SHARE)))
            await script.stdout.until("begun")
            for _ in range(QUESTIONS):
                quiet.send(frame(TEXT, b'"quiet"'))
                assert await quiet.frame() == (TEXT, b'"quiet"')
            return (await script.stdout.until("seen")).split()

    seen = run(test())
    last = max(place for place, name in enumerate(seen) if name == "quiet")
    # In one queue, even the first of its questions would be behind nearly all.
    assert last < PEERS * SHARE / 2
    for peer in range(PEERS):
        of_peer = [name for name in seen if name.startswith(f"{peer}.")]
        assert of_peer == [f"{peer}.{number}" for number in range(SHARE)]


def test_a_server_s_end_comes_behind_those_of_its_sockets_though_they_have_a_backlog(
    engine: str,
) -> None:
    source = """
        const { Server } = require('@modules/web-socket-server');
        const server = new Server({ port: 0 });
        let count = 0;
        server.on('listening', (port) => console.log('listening', port));
        server.on('connection', (socket) => {
          socket.on('message', () => {
            const end = Date.now() + 20;
            while (Date.now() < end);
            if (++count === 5) {
              server.stop();
              server.start();
            }
          });
          socket.on('close', () => console.log('socket', count));
        });
        server.on('close', () => console.log('server', count));
        server.start();
    """

    async def test() -> str:
        async with running(engine, source) as script, AsyncExitStack() as stack:
            port = await script.port()
            raws = [await stack.enter_async_context(await Raw.open(port)) for _ in range(2)]
            for raw in raws:
                raw.send(20 * frame(TEXT, b'"x"'))
            for raw in raws:
                assert (await raw.close_code())[0] == 1001
                raw.writer.close()
            await script.port()
            return script.stdout.text

    text = run(test())
    ends = text.splitlines()[1:4]
    assert [end.split()[0] for end in ends] == ["socket", "socket", "server"]
    assert ends[2] == "server 40"
