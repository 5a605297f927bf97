"""Handshakes that are read without a parser: what it accepts too, and with the same result."""

from __future__ import annotations

import random
import re
from email.utils import formatdate

import pytest
from websockets.http11 import MAX_LINE_LENGTH, MAX_NUM_HEADERS, Request
from websockets.server import ServerProtocol

from accessor_host.websocket import plain_http as http
from accessor_host.websocket.fast_handshake import answer, read_upgrade

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
FIELDS = (
    "Host: 127.0.0.1:8082",
    "Upgrade: websocket",
    "Connection: Upgrade",
    f"Sec-WebSocket-Key: {KEY}",
    "Sec-WebSocket-Version: 13",
)
BROWSER = (
    "Host: localhost:8082",
    "Connection: keep-alive, Upgrade",
    "Pragma: no-cache",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Accept-Language: en-US,en;q=0.5",
    "Upgrade: websocket",
    "Origin: http://localhost:3000",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    f"Sec-WebSocket-Key: {KEY}",
    "Cookie: a=b; c=d",
)


def request(*fields: str, line: str = "GET / HTTP/1.1") -> bytes:
    return "\r\n".join([line, *fields, "", ""]).encode("latin-1")


def without(name: str) -> list[str]:
    return [field for field in FIELDS if not field.startswith(name)]


def is_read(data: bytes, origins: list[str] | None = None, *, compression: bool = False) -> bool:
    return read_upgrade(data, origins, compression=compression) is not None


def parsed(data: bytes, origins: list[str] | None) -> tuple[str, str | None, bytes, int] | None:
    """What the parser makes of a request: path, origin, answer and size, if it accepts it."""
    protocol = ServerProtocol(origins=origins, max_size=None)
    protocol.receive_data(data[: data.find(b"\r\n\r\n") + 4])
    events = protocol.events_received()
    if not events:
        return None
    (event,) = events
    assert isinstance(event, Request)
    response = http.accept(protocol, event, "ws")
    if response.status_code != 101:
        return None
    size = len(data) - len(protocol.reader.buffer)
    return event.path, protocol.origin, response.serialize(), min(size, data.find(b"\r\n\r\n") + 4)


def undated(response: bytes) -> bytes:
    return re.sub(rb"\r\nDate: [^\r]*", b"\r\nDate: ", response)


def assert_the_parser_agrees(data: bytes, origins: list[str] | None) -> bool:
    """Compare with the parser what is read; tell whether anything is."""
    upgrade = read_upgrade(data, origins, compression=False)
    if upgrade is None:
        return False
    expected = parsed(data, origins)
    assert expected is not None, data
    path, origin, response, size = expected
    assert (upgrade.path, upgrade.origin, upgrade.size) == (path, origin, size), data
    assert undated(answer(upgrade.key)) == undated(response), data
    return True


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(request(*FIELDS), id="the least"),
        pytest.param(request(*BROWSER), id="a browser's"),
        pytest.param(request(*FIELDS).lower().replace(b"get / http", b"GET / HTTP"), id="lower"),
        pytest.param(request(*FIELDS, line="GET /a/b?c=%20d#e HTTP/1.1"), id="a path"),
        pytest.param(request(*FIELDS, "Origin: null"), id="an origin"),
        pytest.param(request(*FIELDS, "Origin:"), id="an empty origin"),
        pytest.param(request(*FIELDS, "X:  \t a \t b\t "), id="blanks around a value"),
        pytest.param(request(*FIELDS, "X: a:b"), id="a colon in a value"),
        pytest.param(request(*FIELDS, "!#$%&'*+-.^_`|~9: x"), id="any token"),
        pytest.param(request(*without("Host")), id="no host"),
        pytest.param(request(*FIELDS, "Sec-WebSocket-Extensions: ;;;"), id="extensions, unread"),
        pytest.param(request(*FIELDS) + b"\x81\x80\x00\x00\x00\x00", id="a frame behind it"),
        pytest.param(request(*FIELDS) + b"\r\n\r\n", id="more ends behind it"),
        pytest.param(request(*FIELDS) + request(*FIELDS), id="another behind it"),
    ],
)
def test_an_ordinary_request_is_read(data: bytes) -> None:
    assert assert_the_parser_agrees(data, None)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(request(), id="no fields"),
        *(
            pytest.param(request(*FIELDS, line=line), id=repr(line))
            for line in (
                "GET / HTTP/1.0",
                "GET / HTTP/1.2",
                "GET / http/1.1",
                "get / HTTP/1.1",
                "POST / HTTP/1.1",
                "HEAD / HTTP/1.1",
                "GET  / HTTP/1.1",
                "GET /  HTTP/1.1",
                "GET / HTTP/1.1 ",
                " GET / HTTP/1.1",
                "GET  HTTP/1.1",
                "GET HTTP/1.1",
                "GET /a b HTTP/1.1",
                "GET /\xff HTTP/1.1",
                "GET /\x7f HTTP/1.1",
                "GET /\x00 HTTP/1.1",
                "GET\t/\tHTTP/1.1",
                "\r\nGET / HTTP/1.1",
                "",
            )
        ),
        *(
            pytest.param(request(*FIELDS, field), id=repr(field))
            for field in (
                "no colon",
                ": no name",
                "blank : x",
                " folded",
                "\tfolded: x",
                "X: \x00",
                "X: \x7f",
                "X: \xe4",
                "X: a\rb",
                "X: a\nb: c",
                "X\x00: x",
                "(X): x",
                "Host: again",
                "Upgrade: websocket",
                "CONNECTION: Upgrade",
                f"sec-websocket-key: {KEY}",
                "Sec-WebSocket-Version: 13",
                "Content-Length: 0",
                "Content-Length: 1",
                "Transfer-Encoding: chunked",
                "Sec-WebSocket-Protocol: chat",
            )
        ),
        *(
            pytest.param(request(*without(name)), id=f"no {name}")
            for name in ("Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version")
        ),
        *(
            pytest.param(request(*without(field.partition(":")[0]), field), id=repr(field))
            for field in (
                "Upgrade: h2c",
                "Upgrade: websocket, h2c",
                "Upgrade: websocket/13",
                "Upgrade:",
                "Connection: close",
                "Connection: Upgrade, close",
                "Connection:",
                "Sec-WebSocket-Version: 8",
                "Sec-WebSocket-Version: 013",
                "Sec-WebSocket-Version: 13, 8",
                "Sec-WebSocket-Version:",
                "Sec-WebSocket-Key:",
                f"Sec-WebSocket-Key: {KEY[:-1]}",
                f"Sec-WebSocket-Key: {KEY}=",
                f"Sec-WebSocket-Key: {KEY[1:]}",
                f"Sec-WebSocket-Key: A{KEY}",
                f"Sec-WebSocket-Key: -{KEY[1:]}",
                "Sec-WebSocket-Key: dGhlIHNhbXBs ZSBub25jZQ==",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA",
            )
        ),
        pytest.param(request(*FIELDS).replace(b"\r\n", b"\n"), id="line feeds alone"),
        pytest.param(request(*FIELDS).replace(b"\r\n", b"\r"), id="carriage returns alone"),
        pytest.param(request(*FIELDS).replace(b"\r\n", b"\n", 1), id="one line feed alone"),
        pytest.param(b"\x16\x03\x01" + request(*FIELDS), id="TLS"),
    ],
)
def test_everything_else_is_left_to_the_parser(data: bytes) -> None:
    assert not is_read(data)


def test_nothing_is_read_of_a_request_that_is_not_all_there() -> None:
    whole = request(*BROWSER)
    assert is_read(whole)
    assert not any(is_read(whole[:end]) for end in range(len(whole)))


def test_origins_that_are_not_allowed_are_left_to_the_parser() -> None:
    data = request(*FIELDS, "Origin: https://here.example")
    assert assert_the_parser_agrees(data, ["https://there.example", "https://here.example"])
    for origins in ([], ["https://there.example"], ["HTTPS://here.example"]):
        assert not is_read(data, origins)
    # Nor is a client that names none.
    assert not is_read(request(*FIELDS), ["https://here.example"])


def test_offered_extensions_are_left_to_the_parser_where_they_are_negotiated() -> None:
    assert is_read(request(*BROWSER), compression=False)
    assert not is_read(request(*BROWSER), compression=True)
    assert is_read(request(*FIELDS), compression=True)


def test_the_parsers_limits_hold() -> None:
    most = [f"X-{number}: x" for number in range(MAX_NUM_HEADERS - len(FIELDS))]
    assert assert_the_parser_agrees(request(*FIELDS, *most), None)
    assert not is_read(request(*FIELDS, *most, "One: more"))
    room = MAX_LINE_LENGTH - len(request(*FIELDS, "X: "))
    assert assert_the_parser_agrees(request(*FIELDS, "X: " + "x" * room), None)
    assert not is_read(request(*FIELDS, "X: " + "x" * (room + 1)))


def test_an_endless_request_is_given_up_at_once() -> None:
    assert not is_read(b"GET /" + b"a" * 1_000_000)
    assert not is_read(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200_000)
    assert not is_read(b"GET / HTTP/1.1\r\n" + b"x" * 1_000_000)


def test_the_date_is_that_of_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    for second in (784_111_777, 784_111_778):
        monkeypatch.setattr("time.time", lambda now=second: now + 0.99)
        date = f"\r\nDate: {formatdate(second, usegmt=True)}\r\n".encode()
        assert date in answer(KEY)


_INSERTED = [
    *(bytes([byte]) for byte in (*range(0x30), 0x3A, 0x7F, 0x80, 0xFF)),
    *(b"\r\n", b"\r\n\r\n", b"HTTP/1.1", b"websocket", b"Upgrade", b"close, ", b"13", b"=", b"=="),
    *(b"\r\nContent-Length: 0", b"\r\nTransfer-Encoding: x", b"\r\nOrigin: http://a", b"\r\nX: y"),
    *(b"\r\nSec-WebSocket-Protocol: a b", b"\r\nSec-WebSocket-Extensions: a", b"\r\n folded"),
]


def mutated(chance: random.Random) -> bytes:
    data = request(*chance.choice((FIELDS, BROWSER)))
    if chance.random() < 0.3:
        line, *fields = data[:-4].split(b"\r\n")
        chance.shuffle(fields)
        data = b"\r\n".join([line, *fields, b"", b""])
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0:
                data = data[:at] + data[at + 1 :]
            case 1:
                data = data[:at] + chance.choice(_INSERTED) + data[at:]
            case 2:
                data = data[:at] + chance.choice(_INSERTED) + data[at + 1 :]
            case 3:
                data = data[:at] + data[at : at + 1].swapcase() + data[at + 1 :]
            case 4:
                end = data.find(b"\r\n", at) + 2
                start = data.rfind(b"\r\n", 0, at) + 2
                data = data[:end] + data[start:end] + data[end:]
            case _:
                data = data[:at] + data[chance.randrange(len(data)) :]
    return data


def test_nothing_is_accepted_that_the_parser_refuses() -> None:
    chance = random.Random(6455)
    read = 0
    for _ in range(20_000):
        origins = chance.choice([None, None, None, ["http://localhost:3000"]])
        read += assert_the_parser_agrees(mutated(chance), origins)
    # Some changes leave a request as good as it was: there was something to compare.
    assert 2_000 < read < 18_000
