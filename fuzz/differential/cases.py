"""Cases: what a client sends, mostly good and a little wrong, and how it is cut into reads."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from pathlib import Path
from random import Random
from typing import NamedTuple

from .frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, forge

__all__ = ["LARGEST_MESSAGE", "MOST_FRAGMENTS", "Case", "load", "make", "save"]

LARGEST_MESSAGE = 1_000
"""Limit of both servers: above a control frame's, and small, so that cases reach it."""

MOST_FRAGMENTS = 12
"""The same for the fragments of one message."""

_KEY = b64encode(bytes(range(16)))

_TEXTS = ("", "a", "hello", '{"celsius":21.5}', "ä", "€uro", "\U0001f600", "x" * 125, "y" * 126)

_BAD_UTF8 = (b"\xff", b"\xc3", b"a\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\xc0\xaf")

_SIZES = (0, 1, 2, 10, 124, 125, 126, 127, 499, 500, 998, 999, 1_000, 1_001, 1_124, 1_126, 65_536)

_CODES = (999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1011, 1014, 1015, 1016, 2999, 3000)
_MORE_CODES = (4000, 4999, 5000, 0, 65535)


class Case(NamedTuple):
    """What a client sends.

    Args:
        head: the request to open a WebSocket.
        stream: frames behind it.
        cuts: sizes of the reads in which head and stream arrive; what is left comes as one more.
        compression: whether permessage-deflate is allowed.
    """

    head: bytes
    stream: bytes
    cuts: tuple[int, ...]
    compression: bool

    @property
    def reads(self) -> list[bytes]:
        """Return head and stream as they arrive."""
        data, reads = self.head + self.stream, []
        for size in self.cuts:
            if size >= len(data):
                break
            reads.append(data[:size])
            data = data[size:]
        return [*reads, data] if data else reads


def make(seed: int, number: int) -> Case:
    """Make a case; the same for the same numbers on every machine.

    Args:
        seed: of a run.
        number: of the case in that run.
    """
    chance = Random(seed << 40 | number)  # noqa: S311 (to be repeated)
    compression = chance.random() < 0.2
    head = _head(chance, compression)
    stream = b"".join(_frames(chance, compression))
    if stream and chance.random() < 0.1:
        stream = _damaged(chance, stream)
    return Case(head, stream, tuple(_cuts(chance, len(head), len(stream))), compression)


def save(case: Case, path: Path) -> None:
    """Write a case to a file."""
    content = {
        "head": case.head.hex(),
        "stream": case.stream.hex(),
        "cuts": case.cuts,
        "compression": case.compression,
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> Case:
    """Read a case from a file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    head, stream = (bytes.fromhex(content[name]) for name in ("head", "stream"))
    return Case(head, stream, tuple(content["cuts"]), content["compression"])


# The opening handshake.


def _head(chance: Random, compression: bool) -> bytes:
    fields = [
        [b"Host", b"localhost"],
        [b"Upgrade", b"websocket"],
        [b"Connection", b"Upgrade"],
        [b"Sec-WebSocket-Key", _KEY],
        [b"Sec-WebSocket-Version", b"13"],
    ]
    if compression:
        offers = (b"permessage-deflate", b"permessage-deflate; client_max_window_bits")
        fields.append([b"Sec-WebSocket-Extensions", chance.choice(offers)])
    line = b"GET /chat?room=1 HTTP/1.1"
    if chance.random() < 0.15:
        line = _bent(chance, line, fields)
    if chance.random() < 0.2:
        chance.shuffle(fields)
    return line + b"\r\n" + b"".join(b": ".join(field) + b"\r\n" for field in fields) + b"\r\n"


def _bent(chance: Random, line: bytes, fields: list[list[bytes]]) -> bytes:
    """Change a good request in one place, often so that it is still good."""
    field = chance.choice(fields)
    kind = chance.randrange(12)
    if kind == 0:
        fields.remove(field)
    elif kind == 1:
        fields.append(list(field))
    elif kind == 2:
        field[0] = field[0].swapcase()
    elif kind == 3:
        field[1] = field[1].swapcase()
    elif kind == 4:
        field[1] = chance.choice((b"", b" ", b"x", b"\t" + field[1] + b" ", field[1] + b", x"))
    elif kind == 5:
        field[1] = field[1] + bytes((chance.randrange(256),))
    elif kind == 6:
        field[0] = field[0] + bytes((chance.randrange(256),))
    elif kind == 7:
        values = (b"keep-alive, Upgrade", b"keep-alive", b"upgrade", b"Upgrade,", b",upgrade")
        fields[2][1] = chance.choice(values)
    elif kind == 8:
        values = (_KEY[:-1], _KEY + b"=", b"A" * 22 + b"==", b"A" * 24, _KEY[:-4] + b"A===")
        fields[3][1] = chance.choice(values)
    elif kind == 9:
        more = (
            [b"Origin", b"http://a.example"],
            [b"Cookie", b"a=b; c=d"],
            [b"X-Long", b"x" * 4_000],
        )
        fields.append(list(chance.choice(more)))
        return line
    elif kind == 10:
        judged = (
            [b"Content-Length", chance.choice((b"0", b"5", b"-1", b"x"))],
            [b"Transfer-Encoding", b"chunked"],
            [b"Sec-WebSocket-Protocol", b"chat, superchat"],
            [b"Sec-WebSocket-Extensions", b"permessage-deflate; x=1, y"],
        )
        fields.append(list(chance.choice(judged)))
    else:
        return chance.choice(
            (
                b"POST / HTTP/1.1",
                b"GET / HTTP/1.0",
                b"GET / HTTP/2.0",
                b"GET  / HTTP/1.1",
                b"GET /\xc3\xa4 HTTP/1.1",
                b"get / HTTP/1.1",
                b"GET / HTTP/1.1 ",
                b"\r\nGET / HTTP/1.1",
                b"\x16\x03\x01 / HTTP/1.1",
                b"GET http://localhost/ HTTP/1.1",
            )
        )
    return line


# Frames.


def _frames(chance: Random, compression: bool) -> list[bytes]:
    frames: list[bytes] = []
    for _ in range(chance.randrange(7)):
        kind = chance.random()
        if kind < 0.35:
            frames.append(_whole(chance, compression))
        elif kind < 0.6:
            frames += _fragmented(chance, compression)
        elif kind < 0.8:
            frames.append(_control(chance))
        elif kind < 0.88:
            frames.append(_closing(chance))
        else:
            frames.append(_wrong(chance))
    return frames


def _whole(chance: Random, compression: bool) -> bytes:
    opcode, payload = _message(chance)
    rsv = 0
    if compression and chance.random() < 0.7:
        payload, rsv = _deflated(chance, payload), 4
    return forge(opcode, payload, rsv=rsv, key=_key(chance))


def _fragmented(chance: Random, compression: bool) -> list[bytes]:
    opcode, payload = _message(chance)
    rsv = 0
    if compression and chance.random() < 0.5:
        payload, rsv = _deflated(chance, payload), 4
    count = chance.choice((1, 2, 2, 3, MOST_FRAGMENTS, MOST_FRAGMENTS + 1))
    at = sorted(chance.choices(range(len(payload) + 1), k=count - 1))
    frames = []
    for index, (start, end) in enumerate(zip([0, *at], [*at, len(payload)], strict=True)):
        fin = index == count - 1 and chance.random() < 0.95
        piece = payload[start:end]
        if index:
            opcode, rsv = CONT, 0
            if chance.random() < 0.1:
                frames.append(_control(chance))
            elif chance.random() < 0.03:
                frames.append(_closing(chance))
        frames.append(forge(opcode, piece, fin=fin, rsv=rsv, key=_key(chance)))
    return frames


def _message(chance: Random) -> tuple[int, bytes]:
    kind = chance.random()
    if kind < 0.6:
        return TEXT, chance.choice(_TEXTS).encode()
    if kind < 0.7:
        text = chance.choice(_TEXTS).encode()
        return TEXT, text + chance.choice(_BAD_UTF8) + chance.choice((b"", text))
    size = chance.choice(_SIZES[:-1]) if kind < 0.98 else _SIZES[-1]
    if chance.random() < 0.5:
        return TEXT, b"t" * size
    return BINARY, chance.randbytes(size)


def _control(chance: Random) -> bytes:
    size = chance.choice((0, 1, 4, 124, 125)) if chance.random() < 0.95 else 126
    return forge(chance.choice((PING, PONG)), chance.randbytes(size), key=_key(chance))


def _closing(chance: Random) -> bytes:
    payload = b""
    if chance.random() < 0.8:
        codes = _CODES if chance.random() < 0.8 else _MORE_CODES
        code = 1000 if chance.random() < 0.4 else chance.choice(codes)
        reasons = (b"", b"bye", "grüße".encode(), b"\xff", b"r" * 123, b"r" * 124)
        payload = code.to_bytes(2) + chance.choice(reasons)
    elif chance.random() < 0.3:
        payload = b"\x03"
    return forge(CLOSE, payload, key=_key(chance))


def _wrong(chance: Random) -> bytes:
    kind = chance.randrange(8)
    _, payload = _message(chance)
    payload = payload[:200]
    if kind == 0:
        return forge(chance.choice((TEXT, BINARY, PING)), payload[:100], key=None)
    if kind == 1:
        return forge(TEXT, payload, rsv=chance.randrange(1, 8), key=_key(chance))
    if kind == 2:
        return forge(chance.choice((3, 7, 11, 15)), payload[:100], key=_key(chance))
    if kind == 3:
        return forge(CONT, payload, fin=chance.random() < 0.5, key=_key(chance))
    if kind == 4:
        return forge(PING, payload[:100], fin=False, key=_key(chance))
    if kind == 5:  # a length that would fit in fewer bytes
        return forge(TEXT, payload[:100], width=chance.choice((2, 8)), key=_key(chance))
    if kind == 6:  # a length that never comes
        size = chance.choice((1_001, 2**16, 2**31, 2**63 - 1, 2**63, 2**64 - 1))
        return bytes((0x80 | chance.choice((TEXT, BINARY)), 0xFF)) + size.to_bytes(8) + bytes(4)
    return forge(TEXT, payload, key=_key(chance))[: chance.randrange(1, 9)]


def _deflated(chance: Random, payload: bytes) -> bytes:
    """Compress as permessage-deflate does (RFC 7692 section 7.2.1), now and then wrongly."""
    if chance.random() < 0.05:
        return chance.randbytes(chance.randrange(40))
    window = chance.choice((9, 12, 15)) if chance.random() < 0.1 else 12
    compressor = zlib.compressobj(chance.choice((0, 1, 6)), zlib.DEFLATED, -window)
    data = compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return data if chance.random() < 0.05 else data.removesuffix(b"\0\0\xff\xff") or b"\0"


def _key(chance: Random) -> bytes:
    return bytes(4) if chance.random() < 0.3 else chance.randbytes(4)


def _damaged(chance: Random, stream: bytes) -> bytes:
    at = chance.randrange(len(stream))
    kind = chance.randrange(3)
    if kind == 0:
        return stream[:at]
    if kind == 1:
        return stream[:at] + bytes((stream[at] ^ 1 << chance.randrange(8),)) + stream[at + 1 :]
    return stream[:at] + chance.randbytes(chance.randrange(1, 5)) + stream[at:]


def _cuts(chance: Random, head: int, stream: int) -> list[int]:
    kind = chance.random()
    if kind < 0.25:
        return []
    if kind < 0.5:
        return [head]
    if kind < 0.6 and stream < 400:
        return [head] + [1] * stream
    cuts = [] if kind < 0.75 else [head]
    return cuts + [chance.choice((1, 2, 3, 6, 7, 14, 40, 200)) for _ in range(20)]
