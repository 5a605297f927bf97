"""Whatever value goes out in Python, a script gets it, and what it sends back is the same value."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from accessor_host.codecs.values import codec_for

from ..support.scripts import DEADLINE, Script, running

hypothesis = pytest.importorskip("hypothesis", reason="pip install -e '.[test]'")

from hypothesis import HealthCheck, given, settings, strategies  # noqa: E402

SCRIPT = """
    const { Server } = require('@modules/web-socket-server');
    for (const type of ['application/json', 'text/plain', 'application/octet-stream']) {
      const server = new Server({ port: 0, hostInterface: '127.0.0.1', receiveType: type,
        sendType: type });
      server.on('connection', (s) => s.on('message', (value) => { s.send(value); }));
      server.on('listening', (port) => console.log(type, port));
      server.start();
    }
"""

LARGEST_INTEGER = 2**53
"""Above it, JavaScript does not have every integer."""

TEXTS = strategies.text(strategies.characters(exclude_categories=()), max_size=60)
"""Lone surrogates, which JavaScript's strings can hold as Python's can, are among them."""

SCALARS = (
    strategies.none()
    | strategies.booleans()
    | strategies.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
    | strategies.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)

VALUES = strategies.recursive(
    SCALARS,
    lambda inner: (
        strategies.lists(inner, max_size=5) | strategies.dictionaries(TEXTS, inner, max_size=5)
    ),
    max_leaves=20,
)

FEW = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""Each example is a list, and every message of it goes to a script and back."""

Exchange = Callable[[str, list[Any]], list[Any]]


class Echo:
    """A script that sends back what it gets, and a connection for each type."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._clients: dict[str, ClientConnection] = {}

    async def open(self, stack: AsyncExitStack) -> None:
        """Connect to each server of the script."""
        for _ in range(3):
            mime_type, port = (await self._script.stdout.next()).split(" ")
            address = f"ws://127.0.0.1:{port}"
            self._clients[mime_type] = await stack.enter_async_context(connect(address))

    async def exchange(self, mime_type: str, values: list[Any]) -> list[Any]:
        """Send values, and return those that come back."""
        codec, client = codec_for(mime_type), self._clients[mime_type]
        for value in values:
            await client.send(codec.encode(value))
        messages = [await asyncio.wait_for(client.recv(), DEADLINE) for _ in values]
        return [codec.decode(message) for message in messages]


@pytest.fixture
def exchange(engine: str) -> Iterator[Exchange]:
    """One host for all examples."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def begin() -> Echo:
            echo = Echo(await stack.enter_async_context(running(engine, SCRIPT)))
            await echo.open(stack)
            return echo

        echo = runner.run(begin())
        yield lambda mime_type, values: runner.run(echo.exchange(mime_type, values))
        runner.run(stack.aclose())


@FEW
@given(values=strategies.lists(VALUES, min_size=1, max_size=20))
def test_json(exchange: Exchange, values: list[Any]) -> None:
    assert numbers(exchange("application/json", values)) == numbers(values)


def numbers(value: Any) -> Any:
    """Make every number a float, as JavaScript has them: it may write a large one as an integer."""
    if isinstance(value, dict):
        return {key: numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [numbers(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@FEW
@given(values=strategies.lists(TEXTS, min_size=1, max_size=20))
def test_text(exchange: Exchange, values: list[str]) -> None:
    # UTF-8 has no form for a lone surrogate. Python's strings may hold both halves of a pair.
    units = [text.encode("utf-16", "surrogatepass") for text in values]
    assert exchange("text/plain", values) == [data.decode("utf-16", "replace") for data in units]


@FEW
@given(values=strategies.lists(strategies.binary(max_size=200), min_size=1, max_size=20))
def test_bytes(exchange: Exchange, values: list[bytes]) -> None:
    assert exchange("application/octet-stream", values) == values
