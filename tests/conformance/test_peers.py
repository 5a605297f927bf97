"""Trials with wires that are no web sockets: a good host passes, one with a fault is found out.

The hosts are a few lines of Python that speak the wire, so that nothing of this host is judged by
itself. PORT and OTHER_PORT are those of the script's first line.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from accessor_host.conformance.case import Drive
from accessor_host.conformance.runner import Result
from accessor_host.conformance.trial import Trial

from ..support.conformance import fake_host, judge, made_case

_HOST = r"""
import json, re, socket, sys, time
PORT, OTHER_PORT = map(int, re.findall(r'PORT = (\d+)', open(SCRIPT).read())[:2])
def report(name, *values):
    print('@conformance ' + json.dumps({'report': name, 'values': values}), flush=True)
report('@started')
def connect():
    return socket.create_connection(('127.0.0.1', PORT))
def listen():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('127.0.0.1', PORT))
    server.listen()
    while True:
        client, _ = server.accept()
        data = client.recv(65536)
        # A trial finds out by trying whether somebody listens.
        if data:
            return client, data
"""


def result_of(program: str, drive: Drive, *, held: bool = False) -> Result:
    """Judge a host by one case."""
    case = replace(made_case(drive), held=held)
    (result,) = judge(case, fake_host(_HOST + program), timeout=1.0)
    return result


def check(program: str, drive: Drive, reason: str, *, held: bool = False) -> None:
    """Expect that a host passes, or fails for a reason; empty for none."""
    result = result_of(program, drive, held=held)
    if reason:
        assert result.verdict == "fail", result
        assert reason in result.reason
    else:
        assert result.verdict == "pass", result.reason


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("peer, data = listen(); peer.sendall(data[:2]); peer.sendall(data[2:]); peer.close()", ""),
        (
            "peer, data = listen(); peer.sendall(data.upper()); peer.close()",
            "b'bytes' was to arrive, but b'BYTES' did",
        ),
        (
            "peer, data = listen(); peer.sendall(data[:2]); peer.close()",
            "5 bytes were to arrive, but the connection ended after b'by'",
        ),
        (
            "peer, data = listen(); peer.sendall(data + b'!'); peer.close()",
            "the connection was to end, but b'!' arrived",
        ),
        (
            "peer, data = listen(); time.sleep(60)",
            "1 s passed in waiting until 5 bytes arrive from the host",
        ),
    ],
)
def test_a_tcp_server_is_judged(program: str, reason: str) -> None:
    async def drive(t: Trial) -> None:
        async with t.connect_tcp() as peer:
            await peer.send(b"bytes")
            await peer.expect(b"bytes")
            await peer.ended()

    check(program, drive, reason)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("peer = connect(); peer.sendall(b'hello'); report('got', peer.recv(9).decode())", ""),
        ("time.sleep(60)", "1 s passed in waiting until the client connects"),
        ("peer = connect(); peer.close()", "5 bytes were to arrive"),
    ],
)
def test_a_tcp_client_is_judged(program: str, reason: str) -> None:
    async def drive(t: Trial) -> None:
        listener = await t.serve_tcp()
        await t.start()
        peer = await listener.accept()
        await peer.expect(b"hello")
        await peer.send(b"welcome")
        await t.expect("got", "welcome")

    check(program, drive, reason, held=True)


_ANSWER = "peer, data = listen(); peer.sendall(b'HTTP/1.1 {}\\r\\n\\r\\n{}'); time.sleep(60)"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (("200 OK\\r\\nContent-Length: 5", "hello"), ""),
        (("200 OK\\r\\nTransfer-Encoding: chunked", "5\\r\\nhello\\r\\n0\\r\\n\\r\\n"), ""),
        (("500 No\\r\\nContent-Length: 5", "hello"), "status 200, but has 500"),
        (("200 OK\\r\\nContent-Length: 5", "HELLO"), "body b'hello', but has b'HELLO'"),
        (("200 OK\\r\\nContent-Length: 9", "hello"), "waiting until a body of 9 bytes arrives"),
    ],
)
def test_an_http_server_is_judged(answer: tuple[str, str], reason: str) -> None:
    async def drive(t: Trial) -> None:
        async with t.connect_http() as peer:
            await peer.ask("GET", "/greeting")
            await peer.expect_response(200, body=b"hello")

    check(_ANSWER.format(*answer), drive, reason)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (
            "import http.client\nc = http.client.HTTPConnection('127.0.0.1', PORT)\n"
            "c.request('PUT', '/a', 'body')\nreport('got', c.getresponse().read().decode())",
            "",
        ),
        ("connect().sendall(b'PUT\\r\\n\\r\\n')", "an HTTP request was to arrive, but 'PUT' did"),
        ("time.sleep(60)", "waiting until the client connects"),
    ],
)
def test_an_http_client_is_judged(program: str, reason: str) -> None:
    async def drive(t: Trial) -> None:
        listener = await t.serve_http()
        await t.start()
        peer = await listener.accept()
        request = await peer.request()
        assert (request.method, request.target, request.body) == ("PUT", "/a", b"body")
        await peer.answer(200, body=b"stored")
        await t.expect("got", "stored")
        assert listener.count == 1

    check(program, drive, reason, held=True)


_UDP = "s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('127.0.0.1', PORT)); report('bound')\n"


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("data, who = s.recvfrom(9); s.sendto(data, who)", ""),
        ("data, who = s.recvfrom(9); s.sendto(b'?', who)", "b'ping' was to arrive, but b'?' did"),
        ("time.sleep(60)", "1 s passed in waiting until a datagram arrives from the host"),
    ],
)
def test_datagrams_are_judged(program: str, reason: str) -> None:
    async def drive(t: Trial) -> None:
        peer = await t.udp(t.other_port)
        await t.expect("bound")
        peer.send(b"ping", t.port)
        await peer.expect(b"ping")
        peer.expect_nothing_more()

    check(_UDP + program, drive, reason)


_CONNECT = r"peer = connect(); peer.sendall(b'\x10\x0d\0\4MQTT\4\2\0\x3c\0\1c')" + "\n"


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (r"peer.recv(4); peer.sendall(b'\x30\3\0\1tx'[:5] + b''); time.sleep(60)", ""),
        (r"peer.recv(4); peer.sendall(b'\xe0\0')", "PUBLISH was to arrive, but DISCONNECT did"),
        ("time.sleep(60)", "1 s passed in waiting until an MQTT packet arrives from the host"),
    ],
)
def test_an_mqtt_client_is_judged(program: str, reason: str) -> None:
    async def drive(t: Trial) -> None:
        broker = await t.serve_mqtt()
        await t.start()
        peer = await broker.accept()
        assert (await peer.welcome()).client_id == "c"
        assert (await peer.published()).topic == "t"

    check(_CONNECT + program, drive, reason, held=True)


def test_what_a_host_has_printed_can_be_asked_for() -> None:
    async def drive(t: Trial) -> None:
        await t.expect("done")
        assert t.printed() == ["one", "two"]

    check("print('one'); print('two'); report('done'); time.sleep(60)", drive, "")
