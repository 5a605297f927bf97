"""The specification's two snippets, unchanged, with clients that are not ours."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from accessor_host.programs.demo import SCRIPT

from ...support.peers import chromium_page, run_node
from ...support.programs import ACCESSOR_HOST, DOCUMENTED_PORT, TIMEOUT, Program, documented_port

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

SNIPPETS = (
    # Word for word from the specification.
    """
    var webSocket = require('@modules/web-socket-server');
    var server = new webSocket.Server({'port':8082});
    server.on('listening', onListening);
    server.on('connection', onConnection);
    server.start();
    """,
    """
    server.on('connection', function(socket) {
      socket.on('message', function(message) {
        console.log(message);
        socket.send('Reply message');
      });
    });
    """,
)

ADDRESS = f"ws://localhost:{DOCUMENTED_PORT}"
REPLY = '"Reply message"'

# What every peer sends, and what the script prints of it.
SENT = ('"Hello"', '{"reading":21.5,"unit":"°C"}', "[1,2,3]", "not JSON")
PRINTED = ("Hello", "{ reading: 21.5, unit: '°C' }", "[ 1, 2, 3 ]", "not JSON")


def words(text: str) -> str:
    """Make white space irrelevant."""
    return " ".join(text.split())


@pytest.fixture
def server(engine: str) -> Iterator[Program]:
    """The snippets, running as the documentation says."""
    with (
        documented_port(),
        Program([ACCESSOR_HOST, "run", "--engine", engine, SCRIPT]) as program,
    ):
        program.wait_for(f"listening on port {DOCUMENTED_PORT}\n")
        yield program


def check_printed_and_stop(server: Program) -> None:
    for line in PRINTED:
        server.wait_for(f"{line}\n")
    server.send_signal(signal.SIGINT)
    ended = server.wait()
    assert ended.stdout == "\n".join(
        [f"listening on port {DOCUMENTED_PORT}", "a client connected", *PRINTED, ""]
    )
    assert ended.stderr == ""
    assert ended.code == 130


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_the_script_holds_the_snippets_unchanged(snippet: str) -> None:
    assert words(snippet) in words(SCRIPT.read_text(encoding="utf-8"))


def test_a_python_client_talks_to_the_snippets(server: Program) -> None:
    with connect(ADDRESS, open_timeout=TIMEOUT) as client:
        for message in SENT:
            client.send(message)
            assert client.recv(TIMEOUT) == REPLY
    assert client.protocol.close_code == 1000
    check_printed_and_stop(server)


def test_a_node_client_talks_to_the_snippets(server: Program) -> None:
    report = run_node(
        """
        const WebSocket = require('ws');
        const [address, ...messages] = process.argv.slice(1);
        const replies = [];
        const client = new WebSocket(address);
        client.on('open', () => client.send(messages.shift()));
        client.on('message', (data, isBinary) => {
          replies.push([data.toString(), isBinary]);
          if (messages.length > 0) client.send(messages.shift());
          else client.close(1000);
        });
        client.on('close', (code) => console.log(JSON.stringify({ replies, code })));
        """,
        ADDRESS,
        *SENT,
    )
    assert report == {"replies": [[REPLY, False]] * len(SENT), "code": 1000}
    check_printed_and_stop(server)


def test_the_client_module_of_the_node_host_talks_to_the_snippets(server: Program) -> None:
    report = run_node(
        """
        const { Client } = require('@accessors-modules/web-socket-client');
        const port = Number(process.argv[1]);
        const messages = ['Hello', { reading: 21.5, unit: '°C' }, [1, 2, 3]];
        const replies = [];
        const client = new Client({ host: 'localhost', port });
        client.on('open', () => client.send(messages.shift()));
        client.on('message', (message) => {
          // The published client neither parses nor decodes what it gets.
          replies.push(String(message));
          if (messages.length > 0) return client.send(messages.shift());
          // It encodes what it sends as JSON: other text must go past it.
          if (replies.length === 3) return client.helper.send('not JSON');
          console.log(JSON.stringify(replies));
          process.exit();
        });
        client.open();
        """,
        str(DOCUMENTED_PORT),
        package="@accessors-modules/web-socket-client",
    )
    assert report == [REPLY] * len(SENT)
    check_printed_and_stop(server)


def test_a_page_in_a_browser_talks_to_the_snippets(server: Program) -> None:
    report = chromium_page(
        f"""
        const messages = {list(SENT)!r};
        const replies = [];
        return await new Promise((resolve, reject) => {{
          const client = new WebSocket('{ADDRESS}');
          client.onerror = () => reject(new Error('the connection failed'));
          client.onopen = () => client.send(messages.shift());
          client.onmessage = (event) => {{
            replies.push(event.data);
            if (messages.length > 0) client.send(messages.shift());
            else client.close(1000);
          }};
          client.onclose = (event) =>
            resolve({{ replies, code: event.code, clean: event.wasClean }});
        }});
        """
    )
    assert report == {"replies": [REPLY] * len(SENT), "code": 1000, "clean": True}
    check_printed_and_stop(server)


def test_ctrl_c_says_goodbye_to_connected_clients(server: Program) -> None:
    with connect(ADDRESS, open_timeout=TIMEOUT) as client:
        server.wait_for("a client connected\n")
        server.send_signal(signal.SIGINT)
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(TIMEOUT)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1001
    ended = server.wait()
    assert (ended.code, ended.stderr) == (130, "")
