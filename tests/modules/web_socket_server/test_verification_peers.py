"""Who may connect: real clients with a token in each place, directly and through nginx."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from accessor_host import Request, Server, Socket

from ...support.nginx import nginx
from ...support.peers import PAGE_TIMEOUT, chromium_page, run_node
from ...support.scripts import DEADLINE, running
from ...support.server_scripts import script, within

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

SCRIPT = script(
    """
    const querystring = require('querystring');

    function tokenOf({ headers, query, subprotocols }) {
      const bearer = /^Bearer (.+)$/.exec(headers.authorization || '');
      if (bearer !== null) return bearer[1];
      const cookie = /(?:^|; )token=([^;]*)/.exec(headers.cookie || '');
      if (cookie !== null) return cookie[1];
      if (subprotocols[0] === 'bearer') return subprotocols[1];
      return querystring.parse(query).token;
    }

    function verify(request) {
      const token = tokenOf(request);
      if (token === undefined) return { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } };
      if (token !== 'sesame') return { status: 403, reason: 'not with this token' };
      const subprotocol = request.subprotocols[0] === 'bearer' ? 'bearer' : undefined;
      return { data: { user: 'eve' }, subprotocol };
    }

    server.on('connection', (socket) => {
      socket.send({ user: socket.data.user, path: socket.path(), spoken: socket.subprotocol() });
    });
    """,
    "verifyClient: (request) => verify(request), path: '/feed', subprotocols: ['v1', 'chat']",
)


def token_of(request: Request) -> str | None:
    authorization = request.headers.get("authorization", "")
    if authorization.startswith("Bearer "):
        return authorization.removeprefix("Bearer ")
    for cookie in request.headers.get("cookie", "").split("; "):
        name, _, value = cookie.partition("=")
        if name == "token":
            return value
    if request.subprotocols[:1] == ["bearer"]:
        return request.subprotocols[1]
    return parse_qs(request.query).get("token", [None])[0]


async def verify(request: Request) -> object:
    token = token_of(request)
    if token is None:
        return {"status": 401, "headers": {"WWW-Authenticate": "Bearer"}}
    if token != "sesame":
        return {"status": 403, "reason": "not with this token"}
    spoken = "bearer" if request.subprotocols[:1] == ["bearer"] else None
    return {"data": {"user": "eve"}, "subprotocol": spoken}


def greet(socket: Socket) -> None:
    user = socket.data["user"]
    socket.send({"user": user, "path": socket.path(), "spoken": socket.subprotocol()})


@asynccontextmanager
async def serving(kind: str) -> AsyncIterator[int]:
    """Run the server, as a script in an engine or in Python."""
    if kind == "python":
        server = Server(port=0, verify_client=verify, path="/feed", subprotocols=["v1", "chat"])
        server.on("connection", greet)
        async with server:
            yield await server.wait_listening()
    else:
        async with running(kind, SCRIPT) as run:
            yield await run.port()
            assert run.stderr.text == ""


@asynccontextmanager
async def reached(kind: str, way: str) -> AsyncIterator[str]:
    """Run the server; return its address, or that of nginx in front of it."""
    async with serving(kind) as port:
        with ExitStack() as stack:
            if way == "nginx":
                yield f"ws://127.0.0.1:{stack.enter_context(nginx(port))}/app/feed"
            else:
                yield f"ws://127.0.0.1:{port}/feed"


everywhere = pytest.mark.parametrize("way", ["direct", "nginx"])
by_all = pytest.mark.parametrize("kind", ["quickjs", "dukpy", "python"])


def offer(place: str, token: str | None) -> dict[str, Any]:
    """Return query, headers and subprotocols of a client with a token in a place."""
    found: dict[str, Any] = {"query": "", "headers": {}, "subprotocols": ["chat"]}
    if token is None:
        return found
    if place == "header":
        found["headers"]["Authorization"] = f"Bearer {token}"
    elif place == "cookie":
        found["headers"]["Cookie"] = f"theme=dark; token={token}"
    elif place == "subprotocol":
        found["subprotocols"] = ["bearer", token]
    else:
        found["query"] = f"?token={token}"
    return found


PLACES = ("header", "subprotocol", "cookie", "query")
TOKENS = {"right": "sesame", "wrong": "open", "missing": None}
CASES = [(place, token) for place in PLACES for token in TOKENS]


def expected(place: str, token: str) -> Any:
    if token != "right":
        return 403 if token == "wrong" else 401
    spoken = "bearer" if place == "subprotocol" else "chat"
    return [spoken, {"user": "eve", "path": "/feed", "spoken": spoken}]


NODE = """
    const WebSocket = require('ws');
    const [url, cases] = [process.argv[1], JSON.parse(process.argv[2])];
    const outcome = ({ query, headers, subprotocols }) => new Promise((resolve) => {
      const client = new WebSocket(url + query, subprotocols, { headers });
      client.on('unexpected-response', (request, response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      client.on('error', (error) => resolve(String(error)));
      client.on('message', (data) => {
        resolve([client.protocol, JSON.parse(data)]);
        client.close();
      });
    });
    Promise.all(cases.map(outcome)).then((all) => console.log(JSON.stringify(all)));
"""


@by_all
@everywhere
def test_the_client_of_node(kind: str, way: str) -> None:
    cases = [offer(place, TOKENS[token]) for place, token in CASES]

    async def main() -> None:
        async with reached(kind, way) as url:
            outcomes = await asyncio.to_thread(run_node, NODE, url, json.dumps(cases))
        assert dict(zip(CASES, outcomes, strict=True)) == {case: expected(*case) for case in CASES}

    within(main())


async def outcome(url: str, query: str, headers: dict[str, str], subprotocols: list[str]) -> Any:
    offered = [Subprotocol(name) for name in subprotocols]
    try:
        async with connect(url + query, additional_headers=headers, subprotocols=offered) as client:
            return [client.subprotocol, json.loads(await client.recv())]
    except InvalidStatus as error:
        return error.response.status_code


@by_all
@everywhere
def test_the_client_of_websockets(kind: str, way: str) -> None:
    async def main() -> None:
        async with reached(kind, way) as url:
            for place, token in CASES:
                found = await outcome(url, **offer(place, TOKENS[token]))
                assert found == expected(place, token), (place, token)

    within(main())


# A page cannot set headers, and does not learn the status.
PAGE = """
    const url = '%s';
    const outcome = (address, subprotocols) => new Promise((resolve) => {
      const client = new WebSocket(address, subprotocols);
      let opened = false;
      client.onopen = () => { opened = true; };
      client.onmessage = (event) => {
        resolve([client.protocol, JSON.parse(event.data)]);
        client.close();
      };
      client.onclose = (event) => resolve([opened ? 'opened' : 'refused', event.code]);
    });
    const found = {};
    found.missing = await outcome(url, ['chat']);
    found.subprotocol = await outcome(url, ['bearer', 'sesame']);
    found['wrong subprotocol'] = await outcome(url, ['bearer', 'open']);
    found.query = await outcome(url + '?token=sesame', []);
    found['wrong query'] = await outcome(url + '?token=open', []);
    found['not spoken'] = await outcome(url + '?token=sesame', ['v9']);
    found.spoken = await outcome(url + '?token=sesame', ['chat', 'v1']);
    document.cookie = 'theme=dark';
    document.cookie = 'token=sesame';
    found.cookie = await outcome(url, []);
    document.cookie = 'token=open';
    found['wrong cookie'] = await outcome(url, []);
    return found;
"""


@pytest.mark.slow_with("nginx")
@by_all
@everywhere
def test_a_page_in_a_browser(kind: str, way: str) -> None:
    refused = ["refused", 1006]

    def opened(spoken: str) -> Any:
        return [spoken, {"user": "eve", "path": "/feed", "spoken": spoken or None}]

    async def main() -> None:
        async with reached(kind, way) as url:
            found = await asyncio.to_thread(chromium_page, PAGE % url)
        assert found == {
            "missing": refused,
            "subprotocol": opened("bearer"),
            "wrong subprotocol": refused,
            "query": opened(""),
            "wrong query": refused,
            # The server connects it; a browser takes no answer without a subprotocol it offered.
            "not spoken": refused,
            "spoken": opened("v1"),
            "cookie": opened(""),
            "wrong cookie": refused,
        }

    asyncio.run(asyncio.wait_for(main(), PAGE_TIMEOUT + DEADLINE))
