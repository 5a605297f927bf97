"""Control frames without a parser: read, made, and told from everything else."""

from __future__ import annotations

import random

import pytest
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from accessor_host.websocket.fast_frames import control_frame, read_close, whole_control

CONTROLS = (Opcode.CLOSE, Opcode.PING, Opcode.PONG)


def frame(payload: bytes, opcode: Opcode, *, fin: bool = True, mask: bool = True) -> bytes:
    return Frame(opcode, payload, fin).serialize(mask=mask)


@pytest.mark.parametrize("opcode", CONTROLS)
@pytest.mark.parametrize("size", [0, 1, 4, 124, 125])
def test_a_control_frame_is_read(opcode: Opcode, size: int) -> None:
    payload = bytes(range(size))
    assert whole_control(frame(payload, opcode)) == (opcode, payload)


@pytest.mark.parametrize("opcode", CONTROLS)
@pytest.mark.parametrize("size", [0, 1, 4, 124, 125])
def test_a_control_frame_is_made(opcode: Opcode, size: int) -> None:
    payload = bytes(range(size))
    assert control_frame(opcode, payload) == frame(payload, opcode, mask=False)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x89", id="one byte"),
        *(
            pytest.param(frame(b"x" * size, Opcode.PING)[:-1], id=f"half of {size} bytes")
            for size in (0, 1, 125)
        ),
        pytest.param(frame(b"", Opcode.PING) + b"\x81", id="more behind it"),
        pytest.param(frame(b"", Opcode.PING) * 2, id="two"),
        pytest.param(frame(b"x", Opcode.TEXT), id="text"),
        pytest.param(frame(b"x", Opcode.BINARY), id="binary"),
        pytest.param(frame(b"x", Opcode.CONT), id="continuation"),
        pytest.param(frame(b"x", Opcode.PING, mask=False), id="not masked"),
        pytest.param(frame(b"x" * 5, Opcode.PING, mask=False), id="not masked, as long"),
        pytest.param(b"\x09" + frame(b"x", Opcode.PING)[1:], id="a fragment"),
        pytest.param(b"\xc9" + frame(b"x", Opcode.PING)[1:], id="a bit of an extension"),
        pytest.param(b"\x8b" + frame(b"x", Opcode.PING)[1:], id="no known opcode"),
        pytest.param(b"\x89\xfe\x00\x7e" + bytes(4 + 126), id="126 bytes"),
        pytest.param(b"\x89\xfe" + bytes(4 + 126), id="a length of two bytes"),
        pytest.param(b"\x89\xff" + bytes(4 + 127), id="a length of eight bytes"),
    ],
)
def test_everything_else_is_left_to_the_parser(data: bytes) -> None:
    assert whole_control(data) is None


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999])
def test_a_close_code_is_read(code: int) -> None:
    assert read_close(code.to_bytes(2) + "süß".encode()) == Close(code, "süß")


def test_a_close_frame_may_be_empty() -> None:
    assert read_close(b"") == Close(1005, "")


@pytest.mark.parametrize(
    "payload",
    [b"\x03", b"\x03\xe8\xff", b"\x03\xe8\xed\xa0\x80"]
    + [code.to_bytes(2) for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535)],
)
def test_a_wrong_close_frame_is_left_to_the_parser(payload: bytes) -> None:
    assert read_close(payload) is None


def test_what_is_read_is_what_the_parser_reads() -> None:
    chance = random.Random(6455)
    read = 0
    for _ in range(3_000):
        data = bytearray(frame(chance.randbytes(chance.choice((0, 2, 9))), chance.choice(CONTROLS)))
        if chance.random() < 0.5:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        control = whole_control(bytes(data))
        if control is None:
            continue
        protocol = ServerProtocol(state=OPEN)
        protocol.receive_data(data)
        opcode, payload = control
        if opcode is Opcode.CLOSE and read_close(payload) is None:
            assert protocol.parser_exc is not None
            continue
        (event,) = protocol.events_received()
        assert isinstance(event, Frame)
        assert (event.opcode, bytes(event.data), event.fin) == (opcode, payload, True)
        if opcode is Opcode.CLOSE:
            assert protocol.close_rcvd == read_close(payload)
        read += 1
    assert read > 1_000
