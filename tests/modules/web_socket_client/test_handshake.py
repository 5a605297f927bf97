"""What a client says in its handshake: a URL, fields, subprotocols; in Python and in scripts."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from accessor_host.errors import ConnectError, OptionError
from accessor_host.modules.web_socket_client.client import Client
from accessor_host.modules.web_socket_client.handshake import MAX_FIELD_BYTES, MAX_FIELDS

from ...conftest import RunJs
from ...support.clients import RawServer, client_of, read_request
from ...support.peers import node_modules
from ...support.programs import Program
from ...support.scripts import running
from ...support.wire import run

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

SECRET = "hunter2"
"""Must be in nothing that anybody can read."""

CLIENT = """
const { Client } = require('@modules/web-socket-client');
const client = new Client(%s);
client.on('open', () => {
  console.log('open', JSON.stringify(client.subprotocol()));
  client.send('hello');
});
client.on('message', (message) => {
  console.log('message', JSON.stringify(message));
  client.close();
});
client.on('close', () => console.log('close', JSON.stringify(client.subprotocol())));
client.on('error', (error) => console.log('error', error.code, error.message));
client.open();
"""


async def lines_of(engine: str, options: object, *more: object) -> list[str]:
    """Run a script's client to its end; return what it printed."""
    given = ", ".join(json.dumps(one) for one in (options, *more))
    async with running(engine, CLIENT % given) as script:
        await script.ended()
        assert script.stderr.text == ""
        return script.stdout.text.splitlines()


# What is refused

NAMES = [
    "Host",
    "host",
    "Upgrade",
    "CONNECTION",
    "Content-Length",
    "Transfer-Encoding",
    "TE",
    "Trailer",
    "Expect",
    "Keep-Alive",
    "Sec-WebSocket-Key",
    "sec-websocket-protocol",
    "Sec-WebSocket-Anything",
    "Proxy-Authorization",
    "",
    "A B",
    "A:",
    "A\r\nB",
    "A\0",
    "\xfc",
    "A\n",
]
VALUES: list[Any] = [
    f"{SECRET}\r\nX: y",
    f"{SECRET}\n",
    f"{SECRET}\r",
    f"{SECRET}\0",
    f" {SECRET}",
    f"{SECRET}\t",
    f"{SECRET}\x7f",
    f"{SECRET}\xfc",
    f"{SECRET}\ud800",
    20261130,
    True,
    None,
    {"a": SECRET},
    [SECRET, f"{SECRET}\n"],
    [[SECRET]],
    [None],
]

BAD: list[tuple[dict[str, Any], str]] = [
    *(({"headers": {name: SECRET}}, "the field ") for name in NAMES),
    ({"headers": {"x" * 65 + " ": SECRET}}, "the field a long name is not allowed"),
    *(({"headers": {"X-Token": one}}, "the value of 'X-Token' (not shown) is") for one in VALUES),
    ({"headers": {"X-Token": "x" * MAX_FIELD_BYTES}}, "so much is not allowed; expected at most"),
    ({"headers": {"X": [""] * (MAX_FIELDS + 1)}}, "so much is not allowed; expected at most"),
    ({"headers": [SECRET]}, "the value (not shown) is not allowed; expected an object"),
    ({"headers": SECRET}, "the value (not shown) is not allowed; expected an object"),
    ({"headers": True}, "the value (not shown) is not allowed; expected an object"),
    ({"subprotocols": "chat"}, "'chat' is not allowed; expected a list of at most 32"),
    ({"subprotocols": {}}, "{} is not allowed; expected a list of at most 32"),
    ({"subprotocols": [1]}, "is not allowed; expected a list of at most 32"),
    ({"subprotocols": ["a", "b", "a"]}, "is not allowed; expected a list of at most 32"),
    ({"subprotocols": ["a,b"]}, "is not allowed; expected a list of at most 32"),
    ({"subprotocols": ["a\nb"]}, "is not allowed; expected a list of at most 32"),
    ({"subprotocols": ["a\n"]}, "is not allowed; expected a list of at most 32"),
    ({"subprotocols": [""]}, "is not allowed; expected a list of at most 32"),
    ({"subprotocols": [f"p{n}" for n in range(33)]}, "is not allowed; expected a list of at most"),
    ({"proxy": 3128}, "the value (not shown) is not allowed; expected 'direct', or 'http://'"),
    ({"proxy": f"socks5://me:{SECRET}@p:1"}, "the value (not shown) is not allowed; expected"),
    ({"proxy": f"http://me:{SECRET}@p:0"}, "the value (not shown) is not allowed; expected"),
    ({"proxy": f"http://me:{SECRET}@p:65536"}, "the value (not shown) is not allowed; expected"),
    ({"proxy": f"http://me:{SECRET}@p:1/x"}, "the value (not shown) is not allowed; expected"),
    ({"proxy": f"http://me:{SECRET}@p\r\nX: y"}, "the value (not shown) is not allowed; expected"),
    ({"proxy": "Direct"}, "the value (not shown) is not allowed; expected 'direct', or 'http://'"),
    ({"url": 5}, "5 is not allowed; expected 'ws://' or 'wss://'"),
    ({"url": "http://a/"}, "'http://a/' is not allowed; expected 'ws://' or 'wss://'"),
    ({"url": "ws://"}, "'ws://' is not allowed; expected 'ws://' or 'wss://'"),
    ({"url": "ws:///x"}, "'ws:///x' is not allowed; expected 'ws://' or 'wss://'"),
    ({"url": "ws://a:0/"}, "'ws://a:0/' is not allowed; expected 'ws://' or 'wss://'"),
    ({"url": "ws://a:65536"}, "'ws://a:65536' is not allowed; expected 'ws://' or 'wss://'"),
    ({"url": "ws://a/#b"}, "'ws://a/#b' is not allowed; expected 'ws://' or 'wss://'"),
    ({"url": "ws://a/ b"}, "'ws://a/ b' is not allowed; expected 'ws://' or 'wss://'"),
    ({"url": "ws://a/\n"}, "is not allowed; expected 'ws://' or 'wss://'"),
    ({"url": f"wss://me:{SECRET}@a/"}, "the value (not shown) is not allowed; expected 'ws://'"),
    ({"path": "/\n"}, "is not allowed; expected '/' and then printable ASCII"),
    ({"host": [f"ws://me:{SECRET}@a/"]}, "the value (not shown) is not allowed; expected a string"),
    (
        {"url": "ws://a/", "host": "b"},
        "'b' is not allowed; expected what the option 'url' says: 'a'",
    ),
    ({"url": "ws://a/", "port": 81}, "81 is not allowed; expected what the option 'url' says: 80"),
    ({"url": "ws://a/x", "path": "/y"}, "expected what the option 'url' says: '/x'"),
    ({"url": "ws://a/", "sslTls": True}, "is not allowed; expected what the option 'url' says: "),
    ({"serverName": 1}, "1 is not allowed; expected a string"),
    ({"pfxKeyCertPath": 1}, "1 is not allowed; expected a string"),
    ({"pfxKeyCertPassword": [SECRET]}, "the value (not shown) is not allowed; expected a string"),
    ({"pemKeyPath": {}}, "{} is not allowed; expected a string"),
    ({"pemCertPath": False}, " is not allowed; expected a string"),
    ({"pemKeyPassword": {"a": SECRET}}, "the value (not shown) is not allowed; expected a string"),
]


@pytest.mark.parametrize(("options", "words"), BAD, ids=[str(n) for n in range(len(BAD))])
def test_a_bad_option_is_refused_in_python(options: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError) as caught:
        Client(options)
    text = str(caught.value)
    assert text.startswith(f"option '{caught.value.option}': ")
    assert caught.value.option in options
    assert words in text
    assert SECRET not in text + repr(caught.value)
    assert "\n" not in text


def test_a_bad_option_is_refused_in_scripts(run_js: RunJs) -> None:
    outcome = run_js(f"""
        const {{ Client }} = require('@modules/web-socket-client');
        for (const options of {json.dumps([options for options, _ in BAD])}) {{
          try {{ new Client(options); console.log('taken'); }} catch (error) {{
            console.log(error instanceof TypeError, error.code, error.message);
          }}
        }}
    """)
    lines = outcome.stdout.splitlines()
    assert len(lines) == len(BAD)
    for line, (options, words) in zip(lines, BAD, strict=True):
        assert line.startswith("true ERR_INVALID_ARG_VALUE option '")
        assert line.split("'")[1] in options
        assert words in line
    assert SECRET not in outcome.stdout


@pytest.mark.parametrize("face", ["Server", "Client"])
def test_a_list_of_options_is_not_shown(run_js: RunJs, face: str) -> None:
    module = f"web-socket-{face.lower()}"
    outcome = run_js(f"""
        const face = require('@modules/{module}').{face};
        const secret = {{ pfxKeyCertPassword: '{SECRET}' }};
        for (const given of [[secret], new Proxy([secret], {{}}), () => '{SECRET}', 7, true]) {{
          try {{ new face(given); }} catch (error) {{ console.log(error.name, error.message); }}
        }}
        new face([secret]);
    """)
    start = "TypeError options must be an object, not"
    assert outcome.stdout.splitlines() == [
        f"{start} a list",
        f"{start} a list",
        f"{start} [Function (anonymous)]",
        f"{start} 7",
        f"{start} true",
    ]
    assert "options must be an object, not a list" in outcome.stderr
    assert SECRET not in outcome.stderr.replace(f"'{SECRET}'", "")


def test_a_url_is_no_options_of_a_server_and_not_shown_with_a_password(run_js: RunJs) -> None:
    outcome = run_js(f"""
        const {{ Server }} = require('@modules/web-socket-server');
        for (const url of ['ws://a/', 'ws://me:{SECRET}@a/']) {{
          try {{ new Server(url); }} catch (error) {{ console.log(error.message); }}
        }}
    """)
    assert outcome.stdout.splitlines() == [
        "options must be an object, not 'ws://a/'",
        "options must be an object, not the value (not shown)",
    ]


@pytest.mark.parametrize("given", [[{"pfxKeyCertPassword": SECRET}], 7])
def test_what_is_no_mapping_is_not_shown_in_python(given: Any) -> None:
    with pytest.raises(TypeError) as caught:
        Client(given)
    assert str(caught.value) == f"options must be a mapping, not {type(given).__name__}"


def test_an_empty_text_is_the_default_in_scripts_too(run_js: RunJs) -> None:
    outcome = run_js("""
        const { Client } = require('@modules/web-socket-client');
        const client = new Client({ host: '', path: '', url: '', proxy: '', serverName: '' });
        console.log(client.host, client.path, new Client('').host);
    """)
    assert outcome.stdout == "localhost / localhost\n"


def test_what_a_client_is_printed_as_has_no_secret(run_js: RunJs) -> None:
    outcome = run_js(f"""
        const {{ Client }} = require('@modules/web-socket-client');
        const {{ Server }} = require('@modules/web-socket-server');
        const secrets = {{
          pfxKeyCertPassword: '{SECRET}', pemKeyPassword: '{SECRET}',
          headers: {{ Authorization: '{SECRET}' }}, proxy: 'http://me:{SECRET}@p',
        }};
        const client = new Client(secrets);
        console.log(client, new Server({{ pfxKeyCertPassword: '{SECRET}' }}));
        console.log(JSON.stringify(client).includes('{SECRET}'), client.headers.Authorization);
    """)
    *printed, last = outcome.stdout.splitlines()
    assert SECRET not in "".join(printed)
    assert last == f"false {SECRET}"


# URLs

URLS = [
    ("ws://a.example", ("a.example", 80, "/", False)),
    ("wss://a.example", ("a.example", 443, "/", True)),
    ("WSS://a.example:8443/x/y?room=12&b=%20", ("a.example", 8443, "/x/y?room=12&b=%20", True)),
    ("ws://[::1]:8082?x", ("::1", 8082, "/?x", False)),
    ("ws://b\xfccher.example:1/?", ("b\xfccher.example", 1, "/?", False)),
    ("ws://a.example:65535//x@y:z", ("a.example", 65535, "//x@y:z", False)),
]


@pytest.mark.parametrize(("url", "parts"), URLS)
def test_a_url_says_host_port_path_and_tls(url: str, parts: tuple[object, ...]) -> None:
    for client in (Client(url), Client({"url": url}), Client(url=url), Client(url, host=parts[0])):
        options = client.options
        found = (options["host"], options["port"], options["path"], options["sslTls"])
        assert found == parts


def test_a_url_says_the_same_in_scripts(run_js: RunJs) -> None:
    outcome = run_js(f"""
        const {{ Client }} = require('@modules/web-socket-client');
        for (const url of {json.dumps([url for url, _ in URLS])}) {{
          for (const given of [[url], [{{ url }}], [url, {{ url: 'ws://b' }}]]) {{
            const client = new Client(...given);
            console.log(JSON.stringify([client.host, client.port, client.path, client.sslTls]));
          }}
          console.log(new Client(url, {{ numberOfRetries: 3 }}).numberOfRetries);
        }}
    """)
    expected = [[json.dumps(list(parts))] * 3 + ["3"] for _, parts in URLS]
    lines = [json.dumps(json.loads(line)) for line in outcome.stdout.splitlines()]
    assert lines == [line for lines in expected for line in lines]


def test_a_client_of_a_url_connects(engine: str) -> None:
    async def test() -> None:
        paths = []

        async def answer(connection: ServerConnection) -> None:
            assert connection.request is not None
            paths.append(connection.request.path)
            await connection.send(await connection.recv())

        async with serve(answer, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            url = f"ws://127.0.0.1:{port}/x?y=1"
            assert 'message "hello"' in await lines_of(engine, url, {"numberOfRetries": 0})
            async with Client(url, number_of_retries=0) as client:
                client.send(1)
            assert paths == ["/x?y=1"] * 2

    run(test())


# Fields and subprotocols

OPTIONS: dict[str, Any] = {
    "numberOfRetries": 0,
    "headers": {
        "Authorization": f"Bearer {SECRET}",
        "Cookie": ["a=1", "b=2"],
        "X-Empty": "",
        "Origin": "https://page.example",
        "User-Agent": "test \t 1",
    },
    "subprotocols": ["chat.v2", "chat"],
}


def test_fields_and_subprotocols_reach_the_server(engine: str) -> None:
    seen: list[list[tuple[str, str]]] = []

    async def answer(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append(list(connection.request.headers.raw_items()))
        async for message in connection:
            await connection.send(message)

    async def test() -> None:
        choices = [Subprotocol("chat")]
        async with serve(answer, "127.0.0.1", 0, subprotocols=choices) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            options = {"host": "127.0.0.1", "port": port, **OPTIONS}
            lines = await lines_of(engine, options)
            assert lines == ['open "chat"', 'message "hello"', 'close "chat"']
            client = Client(options)
            assert client.subprotocol() == ""
            async with client:
                assert client.subprotocol() == "chat"
            assert client.subprotocol() == "chat"
        for items in seen:
            assert [value for name, value in items if name == "Cookie"] == ["a=1", "b=2"]
            fields = dict(items)
            assert fields["Authorization"] == f"Bearer {SECRET}"
            assert fields["X-Empty"] == ""
            assert fields["Origin"] == "https://page.example"
            assert fields["User-Agent"] == "test \t 1"
            assert fields["Sec-WebSocket-Protocol"] == "chat.v2, chat"
        assert len(seen) == 2

    run(test())


NODE_SERVER = """
const { WebSocketServer } = require('ws');
const choose = (offered) => offered.has('chat') ? 'chat' : false;
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: choose });
server.on('listening', () => console.log('listening', server.address().port));
server.on('connection', (socket, request) => {
  const { authorization, cookie, origin } = request.headers;
  socket.on('message', () => {
    socket.send(JSON.stringify([authorization, cookie, origin, request.url, socket.protocol]));
  });
});
"""


def test_fields_and_subprotocols_reach_a_server_of_node(engine: str) -> None:
    environment = {"NODE_PATH": str(node_modules())}
    with Program(["node", "-e", NODE_SERVER], env=environment) as node:
        node.wait_for("\n")
        url = f"ws://127.0.0.1:{node.stdout.split()[1]}/room?a=1"
        lines = run(lines_of(engine, url, OPTIONS))
        seen = [f"Bearer {SECRET}", "a=1; b=2", "https://page.example", "/room?a=1", "chat"]
        assert [line.split(" ", 1)[0] for line in lines] == ["open", "message", "close"]
        assert json.loads(lines[1].removeprefix("message ")) == seen


def test_a_server_that_chooses_none_is_fine(engine: str) -> None:
    async def answer(connection: ServerConnection) -> None:
        await connection.send(await connection.recv())

    async def test() -> None:
        async with serve(answer, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            options = {"host": "127.0.0.1", "port": port, **OPTIONS}
            assert (await lines_of(engine, options))[0] == 'open ""'

    run(test())


@pytest.mark.parametrize("offered", [None, ["chat"]])
@pytest.mark.parametrize(
    "fields",
    [
        ["Sec-WebSocket-Protocol: other"],
        ["Sec-WebSocket-Protocol: Chat"],
        ["Sec-WebSocket-Protocol: chat, chat"],
        ["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"],
        ["Sec-WebSocket-Protocol: a b"],
    ],
)
def test_a_choice_that_was_not_offered_is_an_error(
    offered: list[str] | None, fields: list[str]
) -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(server.port, subprotocols=offered)
            client.open()
            await server.shake_hands(*fields)
            await client.wait_closed()
            error = events.of("error")[0]
            assert (type(error), error.code) == (ConnectError, "WS_CONNECT_FAILED")
            assert "does not fit the handshake: " in error.reason
            assert client.subprotocol() == ""

    run(test())


def test_the_choice_is_that_of_the_last_opening() -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, _ = client_of(server.port, subprotocols=["chat"])
            for fields, chosen in ((["Sec-WebSocket-Protocol: chat"], "chat"), ([], "")):
                client.open()
                raw = await server.shake_hands(*fields)
                await client.wait_open()
                assert client.subprotocol() == chosen
                raw.writer.close()
                await client.wait_closed()

    run(test())


def test_what_a_client_without_options_sends_is_as_before() -> None:
    async def test() -> None:
        async with RawServer() as server:
            client, _ = client_of(server.port)
            client.open()
            request = await read_request(await server.accept())
            assert set(request) == {
                "",
                "host",
                "upgrade",
                "connection",
                "sec-websocket-key",
                "sec-websocket-version",
            }
            client.close()

    run(test())


def test_no_field_reaches_an_error_or_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def test() -> None:
        async with RawServer() as server:
            client, events = client_of(server.port, headers={"Authorization": SECRET})
            client.open()
            raw = await server.accept()
            assert (await read_request(raw))["authorization"] == SECRET
            raw.send(b"HTTP/1.1 401 Unauthorized\r\n\r\n")
            await client.wait_closed()
            assert "HTTP 401" in events.of("error")[0].reason
            assert SECRET not in str(events.of("error")[0])

    run(test())
    assert "HTTP 401" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        f"HTTP/1.1 401 not {SECRET}\r\n\r\n",
        f"HTTP/1.1 401 {'x' * 185}Bearer {SECRET}\r\n\r\n",
        f"HTTP/1.1 101 S\r\nUpgrade: Bearer {SECRET}\r\nConnection: upgrade\r\n\r\n",
        f"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
        f"Sec-WebSocket-Accept: {SECRET}\r\n\r\n",
        f"HTTP/1.1 101 S\r\n{SECRET}\r\n\r\n",
        f"Bearer {SECRET}\r\n\r\n",
    ],
)
def test_a_server_that_repeats_a_field_does_not_bring_it_into_an_error(
    answer: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def test() -> None:
        async with RawServer() as server:
            fields = {"Authorization": f"Bearer {SECRET}"}
            client, events = client_of(server.port, headers=fields)
            client.open()
            raw = await server.accept()
            await read_request(raw)
            raw.send(answer.encode())
            await client.wait_closed()
            assert "***" in events.of("error")[0].reason
            assert SECRET not in events.of("error")[0].reason

    run(test())
    assert SECRET not in caplog.text


def test_what_a_script_changes_later_does_not_count(engine: str) -> None:
    source = """
    const { Client } = require('@modules/web-socket-client');
    const headers = { 'X-A': ['1'] };
    const subprotocols = ['a'];
    subprotocols.toJSON = () => ['forged'];
    const options = { host: '127.0.0.1', port: PORT, numberOfRetries: 0 };
    const client = new Client({ ...options, headers, subprotocols });
    headers['X-A'][0] = client.headers['X-A'][0] = '2';
    client.headers.Host = 'evil';
    client.headers = null;
    subprotocols[0] = 'b';
    headers['X-B'] = '3';
    Array.prototype.toJSON = () => ['forged'];
    Object.prototype.toJSON = () => ({ 'X-C': '4' });
    client.on('open', () => client.close());
    client.open();
    """

    async def test() -> None:
        async with RawServer() as server:
            async with running(engine, source.replace("PORT", str(server.port))) as script:
                raw = await server.accept()
                request = await read_request(raw)
                assert request["x-a"] == "1"
                assert request["sec-websocket-protocol"] == "a"
                assert request["host"] == f"127.0.0.1:{server.port}"
                assert "x-b" not in request
                assert "x-c" not in request
                raw.writer.close()
                await script.ended()

    run(test())


def test_an_operation_that_a_script_forges_is_checked_again() -> None:
    from accessor_host.modules.web_socket_client.settings import client_settings
    from accessor_host.options import validate

    values = validate("web-socket-client", {"headers": {"Host": "evil"}}).values
    with pytest.raises(OptionError):
        client_settings(values)


def test_the_limits_of_fields_are_reached() -> None:
    fields = {"X": [""] * (MAX_FIELDS - 1), "Y": "y" * (MAX_FIELD_BYTES - MAX_FIELDS)}

    async def test() -> None:
        async with RawServer() as server:
            client, _ = client_of(server.port, headers=fields)
            client.open()
            raw = await server.accept()
            head = b""
            while b"\r\n\r\n" not in head:
                head += await asyncio.wait_for(raw.reader.read(65_536), 5)
            assert head.count(b"X: \r\n") == MAX_FIELDS - 1
            client.close()

    run(test())
