"""Clients behind proxies: given ones, those of the environment, real ones and hostile ones."""

from __future__ import annotations

import asyncio
import json
import logging
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from accessor_host.errors import ConnectError
from accessor_host.modules.web_socket_client.client import Client

from ...support.certificates import Certificates
from ...support.clients import RawServer, client_of, names, refusing_port
from ...support.proxies import proxy_environment, tinyproxy, tunnelling
from ...support.scripts import running
from ...support.wire import echo, run, serving

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

SECRET = "hunter2"
"""Must be in nothing that anybody can read."""

INSIDE = {"inside.example": "127.0.0.1", "localhost": "127.0.0.1"}

CLIENT = """
const { Client } = require('@modules/web-socket-client');
const client = new Client(%s);
client.on('open', () => client.send('hello'));
client.on('message', (message) => { console.log('message', message); client.close(); });
client.on('error', (error) => console.log('error', error.code, error.message));
client.open();
"""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy in the environment, unless a test names one."""
    proxy_environment(monkeypatch)


async def printed(engine: str, options: dict[str, Any], **settings: Any) -> str:
    """Run a script's client to its end; return what it printed."""
    source = CLIENT % json.dumps({"numberOfRetries": 0, **options})
    async with running(engine, source, **settings) as script:
        await script.ended()
        assert script.stderr.text == ""
        return script.stdout.text.strip()


async def failure(port: int, **options: Any) -> str:
    """Open a client that cannot; return why."""
    client, events = client_of(port, host="a.example", **options)
    client.open()
    await client.wait_closed()
    assert names(events) == ["error"]
    error = events.of("error")[0]
    assert (type(error), error.code) == (ConnectError, "WS_CONNECT_FAILED")
    return str(error.reason)


def basic(pair: str) -> str:
    return f"Basic {b64encode(pair.encode()).decode()}"


# It works


def test_a_client_goes_through_the_proxy_that_is_given(engine: str) -> None:
    async def test() -> None:
        async with serving(echo) as server, tunnelling(INSIDE, basic("me:p@ss")) as proxy:
            url = f"http://me:p%40ss@127.0.0.1:{proxy.port}/"
            options = {"host": "inside.example", "port": server.port, "proxy": url}
            assert await printed(engine, options) == "message hello"
            async with Client(options) as client:
                client.send(1)
                assert client.is_open()
            target = f"inside.example:{server.port}"
            assert proxy.targets == [target, target]

    run(test())


def test_tls_goes_through_the_tunnel(engine: str, certificates: Certificates) -> None:
    async def test() -> None:
        async with serving(echo, **certificates.options) as server, tunnelling(INSIDE) as proxy:
            options = {
                "url": f"wss://localhost:{server.port}/x",
                "trustedCACertPath": certificates.ca,
                "proxy": proxy.url,
            }
            assert await printed(engine, options) == "message hello"
            # Whoever is at its end, the certificate has to be for the host that is wanted.
            options["url"] = f"wss://inside.example:{server.port}/x"
            said = await printed(engine, options)
            assert "certificate is for another host" in said
            assert await printed(engine, {**options, "serverName": "localhost"}) == "message hello"
            assert proxy.targets[0] == f"localhost:{server.port}"

    run(test())


@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
def test_tinyproxy_makes_tunnels(
    engine: str, secure: bool, certificates: Certificates, tmp_path: Path
) -> None:
    options = certificates.options if secure else {}

    async def test(port: int) -> None:
        async with serving(echo, **options) as server:
            given = {
                "host": "localhost",
                "port": server.port,
                "sslTls": secure,
                "trustedCACertPath": certificates.ca,
            }
            proxy = f"http://me:{SECRET}@127.0.0.1:{port}"
            assert await printed(engine, {**given, "proxy": proxy}) == "message hello"
            said = await printed(engine, {**given, "proxy": f"http://me:x@127.0.0.1:{port}"})
            # This proxy has a status of its own for that.
            assert "it answered with HTTP 401 Unauthorized" in said
            said = await printed(engine, {**given, "proxy": f"http://127.0.0.1:{port}"})
            assert "it wants a user and a password (HTTP 407 " in said

    with tinyproxy(tmp_path, "me", SECRET) as port:
        run(test(port))


# The environment


def test_the_environment_s_proxy_is_taken(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with serving(echo) as server, tunnelling(INSIDE) as proxy:
            options = {"host": "inside.example", "port": server.port}
            proxy_environment(monkeypatch, HTTP_PROXY=proxy.url, HTTPS_PROXY="http://no.invalid")
            assert await printed(engine, options) == "message hello"
            proxy_environment(monkeypatch, all_proxy=proxy.url)
            assert await printed(engine, options) == "message hello"
            assert len(proxy.asked) == 2
            # Unless the way is to be direct, where nobody knows the name.
            monkeypatch.setenv("NO_PROXY", "example")
            assert "the host name cannot be resolved" in await printed(engine, options)
            monkeypatch.delenv("NO_PROXY")
            said = await printed(engine, {**options, "proxy": "direct"})
            assert "the host name cannot be resolved" in said
            # And this machine needs none.
            assert await printed(engine, {**options, "host": "localhost"}) == "message hello"
            assert len(proxy.asked) == 2

    run(test())


def test_the_environment_counts_when_the_client_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with serving(echo) as server, tunnelling(INSIDE) as proxy:
            client, _ = client_of(server.port, host="inside.example")
            proxy_environment(monkeypatch, ALL_PROXY=proxy.url)
            async with client:
                assert len(proxy.asked) == 1

    run(test())


def test_a_proxy_of_another_kind_is_an_error_at_once(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy_environment(monkeypatch, ALL_PROXY=f"socks5://me:{SECRET}@127.0.0.1:1080")
    options = {"host": "a.example", "port": 80, "numberOfRetries": 1000}
    assert run(printed(engine, options)) == (
        "error WS_CONNECT_FAILED could not connect to ws://a.example:80/: the environment variable "
        "ALL_PROXY: a proxy of the scheme socks5 is not supported; http is"
    )


def test_a_script_cannot_see_the_environment_s_proxy(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refusing_port() as port:
        proxy_environment(monkeypatch, ALL_PROXY=f"http://me:{SECRET}@127.0.0.1:{port}")
        said = run(printed(engine, {"host": "a.example"}))
    assert f"the proxy http://127.0.0.1:{port}: connection refused" in said
    assert SECRET not in said


# Proxies that make no tunnel

ANSWERS = [
    (b"HTTP/1.1 407 No\r\n\r\n", "it does not accept the user and password (HTTP 407 No)"),
    (b"HTTP/1.1 403 Forbidden\r\n\r\n", "it answered with HTTP 403 Forbidden"),
    (b"SSH-2.0-OpenSSH_9.7\r\n", "it does not speak HTTP/1.1; it sent b'SSH"),
    (b"\x00" * 100, "it does not speak HTTP/1.1; it sent b'\\x00"),
    (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000, "its answer has a head of more than 16384 bytes"),
]


@pytest.mark.parametrize(("answer", "reason"), ANSWERS, ids=[str(n) for n in range(len(ANSWERS))])
@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
def test_a_proxy_that_answers_otherwise(
    answer: bytes, reason: str, secure: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def test() -> None:
        async with RawServer() as server:
            url = f"http://me:{SECRET}@127.0.0.1:{server.port}"
            failing = asyncio.create_task(
                failure(80, proxy=url, sslTls=secure, numberOfRetries=1, timeBetweenRetries=0)
            )
            for _ in range(2):
                raw = await server.accept()
                head = await raw.reader.readuntil(b"\r\n\r\n")
                assert basic(f"me:{SECRET}").encode() in head
                raw.send(answer)
            text = await failing
            scheme = "wss" if secure else "ws"
            start = f"could not connect to {scheme}://a.example:80/ after 2 attempts: the proxy "
            assert text.startswith(f"{start}http://127.0.0.1:{server.port}: {reason}")
            assert SECRET not in text

    run(test())
    assert SECRET not in caplog.text
    assert basic(f"me:{SECRET}") not in caplog.text


def test_a_silent_proxy_costs_one_timeout_of_each_attempt() -> None:
    async def test() -> None:
        async with RawServer() as server:
            url = f"http://127.0.0.1:{server.port}"
            loop = asyncio.get_running_loop()
            start = loop.time()
            text = await failure(80, proxy=url, connectTimeout=150)
            assert text.endswith(f"no connection through the proxy {url} within 150 ms")
            assert 0.15 <= loop.time() - start < 2
            raw = await server.accept()
            assert (await raw.reader.read(-1)).startswith(b"CONNECT a.example:80 HTTP/1.1\r\n")

    run(test())


def test_a_proxy_that_answers_byte_by_byte_without_end() -> None:
    async def test() -> None:
        async with RawServer() as server:
            url = f"http://127.0.0.1:{server.port}"
            failing = asyncio.create_task(failure(80, proxy=url, connectTimeout=300))
            raw = await server.accept()
            raw.send(b"HTTP/1.1 200 OK\r\n")
            while not failing.done():
                raw.send(b"x")
                await asyncio.sleep(0.01)
            assert "no connection through the proxy" in await failing

    run(test())


def test_a_proxy_that_makes_a_tunnel_to_nowhere() -> None:
    async def test() -> None:
        async with RawServer() as server:
            url = f"http://127.0.0.1:{server.port}"
            failing = asyncio.create_task(failure(80, proxy=url))
            raw = await server.accept()
            await raw.reader.readuntil(b"\r\n\r\n")
            raw.send(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 Forged\r\n\r\n")
            assert "does not fit the handshake" in await failing

            failing = asyncio.create_task(failure(80, proxy=url, sslTls=True))
            raw = await server.accept()
            await raw.reader.readuntil(b"\r\n\r\n")
            raw.send(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 400 This is no TLS\r\n\r\n")
            assert "the server does not speak TLS on this port" in await failing

            failing = asyncio.create_task(failure(80, proxy=url))
            raw = await server.accept()
            await raw.reader.readuntil(b"\r\n\r\n")
            raw.send(b"HTTP/1.1 200 OK\r\n\r\n")
            assert (await raw.reader.readuntil(b"\r\n\r\n")).startswith(b"GET / HTTP/1.1\r\n")
            raw.writer.close()
            assert "the server ended the connection without an answer" in await failing

    run(test())


def test_a_host_that_is_none_is_not_told_to_the_proxy() -> None:
    async def test() -> None:
        async with RawServer() as server:
            proxy = f"http://127.0.0.1:{server.port}"
            client, events = client_of(80, host="a\r\nX: y", proxy=proxy)
            client.open()
            await client.wait_closed()
            assert "not a host name: it has characters that no" in events.of("error")[0].reason
            assert server.accepted_at == []

    run(test())


# Permissions


def denied(engine: str, options: dict[str, Any], *allowed: str) -> str:
    return run(printed(engine, options, permissions={"connect": list(allowed)}))


def test_both_the_server_and_the_proxy_have_to_be_permitted(engine: str) -> None:
    async def test() -> None:
        async with serving(echo) as server, tunnelling(INSIDE) as proxy:
            options = {"host": "inside.example", "port": server.port, "proxy": proxy.url}
            target, there = f"inside.example:{server.port}", f"127.0.0.1:{proxy.port}"

            async def say(*allowed: str) -> str:
                return await printed(engine, options, permissions={"connect": list(allowed)})

            assert await say(target, there) == "message hello"
            assert await say("*") == "message hello"
            assert len(proxy.asked) == 2
            assert await say(there) == (
                f"error ERR_ACCESS_DENIED connecting to {target} through a proxy is not permitted; "
                f"allow it with permissions={{'connect': ['{target}']}}"
            )
            assert await say(target) == (
                f"error ERR_ACCESS_DENIED connecting to {there} is not permitted; "
                f"allow it with permissions={{'connect': ['{there}']}}"
            )
            assert len(proxy.asked) == 2

    run(test())


def test_the_proxy_of_the_environment_has_to_be_permitted(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refusing_port() as port:
        proxy_environment(monkeypatch, ALL_PROXY=f"http://127.0.0.1:{port}")
        said = denied(engine, {"host": "inside.example", "port": 80}, "inside.example:80")
    assert said.startswith(f"error ERR_ACCESS_DENIED connecting to 127.0.0.1:{port} is not")
