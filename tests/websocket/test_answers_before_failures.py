"""What came whole before a violation is answered; then the connection fails (RFC 6455, 7.1.7)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvloop

from accessor_host.errors import ConnectionFault
from accessor_host.websocket.handler import Peer
from accessor_host.websocket.limits import Limits
from accessor_host.websocket.listener import Listener
from accessor_host.websocket.settings import ServerSettings

from ..support.clients import RawServer, connected, masked, names
from ..support.scripts import running
from ..support.wire import (
    CLOSE,
    CONT,
    DEADLINE,
    PING,
    PONG,
    TEXT,
    Raw,
    echo,
    frame,
    handshake,
    run,
    serving,
)

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

FIRST, SECOND = frame(TEXT, b'"first"'), frame(TEXT, b'"second"')
FRAGMENTED = frame(TEXT, b'"fir', fin=False) + frame(CONT, b'st"')
ANSWER = (TEXT, b'"first"')

LIMITS = {"maxMessageSize": 20, "maxFragments": 3}
VIOLATIONS = {
    "reserved bit": (frame(TEXT, b"1", rsv=4), 1002),
    "reserved opcode": (frame(5), 1002),
    "unmasked": (frame(TEXT, b"1", mask=False), 1002),
    "nothing to continue": (frame(CONT, b"1"), 1002),
    "fragmented ping": (frame(PING, fin=False), 1002),
    "bad close code": (frame(CLOSE, (999).to_bytes(2)), 1002),
    "bad close reason": (frame(CLOSE, (1000).to_bytes(2) + b"\xff"), 1007),
    "bad UTF-8": (frame(TEXT, b"\xff"), 1007),
    "bad UTF-8 in a fragment": (frame(TEXT, b"\xff", fin=False), 1007),
    "too large": (frame(TEXT, b"x" * 21), 1009),
    "too large in two": (frame(TEXT, b"x" * 11, fin=False) + frame(CONT, b"x" * 10), 1009),
    "too many fragments": (frame(TEXT, fin=False) + 3 * frame(CONT, fin=False), 1009),
}
BAD, BAD_CODE = VIOLATIONS["reserved opcode"]

every_violation = pytest.mark.parametrize(
    ("violation", "code"), VIOLATIONS.values(), ids=VIOLATIONS.keys()
)


# The Python server


@every_violation
@pytest.mark.parametrize("message", [FIRST, FRAGMENTED], ids=["whole", "fragmented"])
def test_the_server_answers_and_then_fails(message: bytes, violation: bytes, code: int) -> None:
    async def test() -> None:
        async with serving(echo, **LIMITS) as running:
            async with await Raw.open(running.port) as raw:
                raw.send(message + violation)
                assert await raw.frame() == ANSWER
                assert (await raw.close_code())[0] == code
                await raw.hang_up()
            _, events = await running.socket()
            await events.wait("close")
            assert names(events) == ["message", "error", "close"]
            assert events.of("error")[0].close_code == code

    run(test())


def test_what_follows_a_violation_does_not_count() -> None:
    async def test() -> None:
        async with serving(echo) as running:
            async with await Raw.open(running.port) as raw:
                raw.send(FIRST + BAD + SECOND + frame(PING, b"?"))
                assert await raw.frame() == ANSWER
                assert (await raw.close_code())[0] == BAD_CODE
                raw.send(SECOND)
                await raw.hang_up()
            _, events = await running.socket()
            await events.wait("close")
            assert events.of("message") == ["first"]

    run(test())


def test_so_it_is_when_all_comes_with_the_handshake() -> None:
    async def test() -> None:
        async with serving(echo) as running, await Raw.open(running.port, FIRST + BAD) as raw:
            assert await raw.frame() == ANSWER
            assert (await raw.close_code())[0] == BAD_CODE

    run(test())


def test_so_it_is_on_uvloop() -> None:
    async def test() -> None:
        async with serving(echo) as running, await Raw.open(running.port) as raw:
            raw.send(FIRST + BAD)
            assert await raw.frame() == ANSWER
            assert (await raw.close_code())[0] == BAD_CODE
            await raw.hang_up()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(test(), DEADLINE))


def test_a_coroutine_answers_as_well() -> None:
    async def test() -> None:
        async with serving() as running:

            def attach(sock: Any) -> None:
                async def answer(value: Any) -> None:
                    sock.send(value)

                sock.on("message", answer)

            running.server.on("connection", attach)
            async with await Raw.open(running.port) as raw:
                raw.send(FIRST + SECOND + BAD)
                assert await raw.frame() == ANSWER
                assert await raw.frame() == (TEXT, b'"second"')
                assert (await raw.close_code())[0] == BAD_CODE

    run(test())


def test_compressed_input_is_read_in_pieces_and_answered_as_well() -> None:
    long = b'"' + b"x" * 10_000 + b'"'

    async def test() -> None:
        async with serving(echo, compression=True) as running:
            async with await Raw.connect(running.port) as raw:
                raw.send(handshake("Sec-WebSocket-Extensions: permessage-deflate"))
                assert b"permessage-deflate" in await raw.reader.readuntil(b"\r\n\r\n")
                # No piece holds all of it: the violation is in another one than the message.
                raw.send(FIRST + frame(TEXT, long) + BAD)
                assert await raw.frame() == ANSWER
                assert (await raw.frame())[0] == TEXT  # compressed
                assert (await raw.close_code())[0] == BAD_CODE

    run(test())


def test_closing_in_the_listener_does_not_hide_the_violation() -> None:
    async def test() -> None:
        async with serving(lambda sock, _: sock.close(4000)) as running:
            async with await Raw.open(running.port) as raw:
                raw.send(FIRST + SECOND + BAD)
                assert (await raw.close_code())[0] == BAD_CODE
                await raw.hang_up()
            _, events = await running.socket()
            await events.wait("close")
            assert names(events) == ["message", "error", "close"]

    run(test())


def test_a_pong_goes_out_before_the_message_that_the_ping_interrupted_is_answered() -> None:
    async def test() -> None:
        async with serving(echo) as running, await Raw.open(running.port) as raw:
            raw.send(frame(TEXT, b'"fir', fin=False) + frame(PING, b"?") + frame(CONT, b'st"'))
            assert await raw.frame() == (PONG, b"?")
            assert await raw.frame() == ANSWER

    run(test())


def test_a_close_frame_may_interrupt_a_message() -> None:
    async def test() -> None:
        async with serving(echo) as running:
            async with await Raw.open(running.port) as raw:
                raw.send(frame(TEXT, b'"fir', fin=False) + frame(CLOSE, b"\x03\xe8bye"))
                raw.send(frame(CONT, b'st"'))
                assert await raw.close_code() == (1000, "bye")
                await raw.hang_up()
            _, events = await running.socket()
            assert await events.wait("close") == (1000, "bye")
            assert names(events) == ["close"]

    run(test())


# The core: an owner that is behind


class Owner:
    """Record what happens, and pause at each message."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.peer: Peer
        self.happened = asyncio.Event()

    def _note(self, what: Any) -> None:
        self.seen.append(what)
        self.happened.set()

    def opened(self, peer: Peer) -> None:
        self.peer = peer

    def message(self, peer: Peer, data: str | bytes) -> None:
        peer.pause()
        self._note(data)

    def violated(self, peer: Peer) -> None:
        pass

    def drained(self, peer: Peer) -> None:
        pass

    def ponged(self, peer: Peer, data: bytes) -> None:
        pass

    def fault(self, peer: Peer, fault: ConnectionFault) -> None:
        self._note(fault.code)

    def closed(self, peer: Peer, code: int, reason: str) -> None:
        self._note(code)

    async def until(self, what: Any) -> None:
        """Wait until something has happened."""
        async with asyncio.timeout(DEADLINE):
            while what not in self.seen:
                self.happened.clear()
                await self.happened.wait()


@contextlib.asynccontextmanager
async def behind(closing_timeout: float = DEADLINE) -> AsyncIterator[tuple[Owner, Raw]]:
    """Run a server whose owner has paused after a message that a violation follows."""
    owner = Owner()
    limits = Limits(closing_timeout=closing_timeout, max_unsent_bytes=1000)
    listener = Listener(owner, ServerSettings("127.0.0.1", 0, limits=limits))
    port = await listener.start()
    try:
        async with await Raw.open(port) as raw:
            raw.send(FIRST + BAD)
            await owner.until('"first"')
            yield owner, raw
    finally:
        await listener.stop()


def test_an_owner_that_is_behind_answers_before_it_resumes() -> None:
    async def test() -> None:
        async with behind() as (owner, raw):
            for _ in range(5):
                await asyncio.sleep(0)
            assert owner.peer.is_open
            assert owner.peer.send_text('"late"')
            owner.peer.resume()
            assert await raw.frame() == (TEXT, b'"late"')
            assert (await raw.close_code())[0] == BAD_CODE
            assert owner.seen == ['"first"', "WS_PROTOCOL_ERROR"]
            assert not owner.peer.send_text("too late")

    run(test())


def test_an_owner_that_never_resumes_is_not_waited_for() -> None:
    async def test() -> None:
        async with behind(closing_timeout=0.1) as (owner, raw):
            assert (await raw.close_code())[0] == BAD_CODE
            await owner.until(BAD_CODE)
            assert owner.seen == ['"first"', "WS_PROTOCOL_ERROR", BAD_CODE]

    run(test())


def test_an_owner_that_closes_hears_of_the_violation() -> None:
    async def test() -> None:
        async with behind() as (owner, raw):
            owner.peer.close(4000)
            assert not owner.peer.is_open
            await owner.until("WS_PROTOCOL_ERROR")
            assert (await raw.close_code())[0] == BAD_CODE

    run(test())


def test_an_owner_that_aborts_hears_of_the_violation() -> None:
    async def test() -> None:
        async with behind() as (owner, _):
            owner.peer.abort()
            await owner.until(BAD_CODE)
            assert owner.seen == ['"first"', "WS_PROTOCOL_ERROR", BAD_CODE]

    run(test())


def test_there_is_one_fault_when_the_answer_is_too_much_for_the_peer() -> None:
    async def test() -> None:
        async with behind() as (owner, raw):
            assert not owner.peer.send_text("x" * 1001)
            owner.peer.resume()
            assert (await raw.close_code())[0] == BAD_CODE
            raw.writer.close()
            await owner.until(BAD_CODE)
            assert owner.seen == ['"first"', "WS_SLOW_PEER", BAD_CODE]

    run(test())


# Scripts

SCRIPT = """
    const { Server } = require('@modules/web-socket-server');
    const server = new Server({ port: 0, maxMessageSize: 20, maxFragments: 3 });
    server.on('listening', (port) => console.log('listening', port));
    server.on('connection', (socket) => {
      socket.on('message', (message) => %s);
      socket.on('error', (error) => console.log('error', error.code));
      socket.on('close', (code) => { console.log('close', code); server.stop(); });
    });
    server.start();
"""


@every_violation
def test_a_script_answers_and_then_the_connection_fails(
    engine: str, violation: bytes, code: int
) -> None:
    async def test() -> None:
        async with running(engine, SCRIPT % "socket.send(message)") as script:
            async with await Raw.open(await script.port()) as raw:
                raw.send(FIRST + FIRST + violation)
                assert [await raw.frame(), await raw.frame()] == [ANSWER, ANSWER]
                assert (await raw.close_code())[0] == code
                await raw.hang_up()
            assert (await script.stdout.until("error")).startswith("WS_")
            await script.stdout.until(f"close {code}")
            await script.ended()

    run(test())


def test_a_promise_of_a_script_answers_too(engine: str) -> None:
    async def test() -> None:
        answering = "Promise.resolve(message).then((value) => socket.send(value))"
        async with running(engine, SCRIPT % answering) as script:
            async with await Raw.open(await script.port()) as raw:
                raw.send(FIRST + BAD)
                assert await raw.frame() == ANSWER
                assert (await raw.close_code())[0] == BAD_CODE

    run(test())


SLOWLY = """{
  const end = Date.now() + 60; // longer than a turn may take
  while (Date.now() < end);
  console.log('sent', socket.send(message));
}"""


def test_a_slow_script_answers_all_that_came_before_the_violation(engine: str) -> None:
    async def test() -> None:
        async with running(engine, SCRIPT % SLOWLY) as script:
            async with await Raw.open(await script.port()) as raw:
                raw.send(3 * FIRST + BAD)
                assert [await raw.frame() for _ in range(3)] == 3 * [ANSWER]
                assert (await raw.close_code())[0] == BAD_CODE
                await raw.hang_up()
            await script.stdout.until(f"close {BAD_CODE}")
            assert script.stdout.text.count("sent true\n") == 3
            await script.ended()

    run(test())


def test_a_script_whose_turn_is_slow_because_of_others_answers_too(engine: str) -> None:
    async def test() -> None:
        async with running(engine, SCRIPT % SLOWLY) as script:
            port = await script.port()
            async with await Raw.open(port) as slow, await Raw.open(port) as raw:
                slow.send(3 * FIRST)
                raw.send(2 * FIRST + BAD)
                assert [await raw.frame() for _ in range(2)] == 2 * [ANSWER]
                assert (await raw.close_code())[0] == BAD_CODE
                assert [await slow.frame() for _ in range(3)] == 3 * [ANSWER]

    run(test())


def test_in_the_error_event_the_socket_is_not_open_any_more(engine: str) -> None:
    source = (SCRIPT % "socket.send(message)").replace(
        "console.log('error', error.code)",
        "console.log('error', socket.isOpen(), socket.send('late'))",
    )

    async def test() -> None:
        async with running(engine, source) as script:
            async with await Raw.open(await script.port()) as raw:
                raw.send(BAD)
                assert (await raw.close_code())[0] == BAD_CODE
            assert await script.stdout.until("error") == "false false"
            await script.stdout.until("close")

    run(test())


# The client

SLOW_CLIENT = """
    const { Client } = require('@modules/web-socket-client');
    const socket = new Client({ host: '127.0.0.1', port: PORT, numberOfRetries: 0 });
    socket.on('message', (message) => %s);
    socket.on('error', (error) => console.log('error', error.code, socket.isOpen()));
    socket.on('close', (code) => console.log('close', code));
    socket.open();
"""


def test_a_slow_script_with_a_client_answers_too(engine: str) -> None:
    async def test() -> None:
        async with RawServer() as server:
            source = (SLOW_CLIENT % SLOWLY).replace("PORT", str(server.port))
            shaking = asyncio.create_task(server.shake_hands())
            async with running(engine, source) as script:
                raw = await shaking
                bad = frame(5, mask=False)
                raw.send(3 * frame(TEXT, b'"first"', mask=False) + bad)
                for _ in range(3):
                    assert (await masked(raw))[2] == b'"first"'
                head, _, payload = await masked(raw)
                assert (head & 0x0F, int.from_bytes(payload[:2])) == (CLOSE, BAD_CODE)
                raw.writer.close()
                assert await script.stdout.until("error") == "WS_PROTOCOL_ERROR false"
                await script.stdout.until(f"close {BAD_CODE}")

    run(test())


FROM_SERVER = {
    "masked": (frame(TEXT, b"1"), 1002),
    "reserved opcode": (frame(5, mask=False), 1002),
    "bad UTF-8": (frame(TEXT, b"\xff", mask=False), 1007),
    "too large": (frame(TEXT, b"x" * 21, mask=False), 1009),
}


@pytest.mark.parametrize(("violation", "code"), FROM_SERVER.values(), ids=FROM_SERVER.keys())
def test_the_client_answers_and_then_fails(violation: bytes, code: int) -> None:
    async def test() -> None:
        async with RawServer() as server:
            shaking = asyncio.create_task(server.shake_hands())
            async with connected(server.port, maxMessageSize=20) as (client, events):
                client.on("message", client.send)
                raw = await shaking
                raw.send(frame(TEXT, b'"first"', mask=False) + violation)
                assert (await masked(raw))[2] == b'"first"'
                head, _, payload = await masked(raw)
                assert (head & 0x0F, int.from_bytes(payload[:2])) == (CLOSE, code)
                raw.writer.close()
                await events.wait("close")
                assert names(events) == ["open", "message", "error", "close"]

    run(test())
