"""What the ``websockets`` library makes of a case: the reference."""

from __future__ import annotations

import codecs
import logging
from typing import NamedTuple, cast

from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from accessor_host.websocket.limits import Limits

from .cases import LARGEST_MESSAGE, MOST_FRAGMENTS, Case
from .frames import CLOSE, PONG, split

__all__ = ["Verdict", "judge"]

_SILENT = logging.Logger("fuzz.differential", logging.CRITICAL + 1)

_INVALID_UTF8, _TOO_BIG = 1007, 1009

_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class Verdict(NamedTuple):
    """What a server has to answer.

    Args:
        accept: value of ``Sec-WebSocket-Accept``; None when the request is refused.
        messages: complete messages that come before any fault.
        pongs: payloads of all pongs.
        sure_pongs: how many of them come before any fault.
        closes: how the connection may be closed: with the code of a fault, whatever the reason;
            with the payload of the client's close frame; or, for None, not at all. There are
            several when a message is found wrong that the parser takes, and what comes behind it
            ends the connection too: which is seen first depends on the reads.
        is_compressed: whether messages may be compressed.
    """

    accept: str | None
    messages: tuple[bytes, ...] = ()
    pongs: tuple[bytes, ...] = ()
    sure_pongs: int = 0
    closes: tuple[int | bytes | None, ...] = (None,)
    is_compressed: bool = False


def judge(case: Case) -> Verdict:
    """Feed a case to the library, in as few pieces as it takes."""
    # The limit of a message is for its users to keep: the library's own counts control frames.
    protocol = ServerProtocol(
        extensions=[_deflate()] if case.compression else None,
        max_size=(None, LARGEST_MESSAGE),
        logger=_SILENT,
    )
    protocol.receive_data(case.head)
    events = protocol.events_received()
    if not events:
        return Verdict(None)
    response = protocol.accept(cast("Request", events[0]))
    protocol.send_response(response)
    if response.status_code != 101:
        return Verdict(None)
    protocol.data_to_send()
    if protocol.extensions:
        # A compressed frame can be longer than what comes out of it: by as much as ours allows.
        protocol.max_fragment_size = None
        protocol.max_message_size = Limits(max_message_size=LARGEST_MESSAGE).max_packed_size
    if case.stream:
        protocol.receive_data(case.stream)
    sent = list(split(b"".join(protocol.data_to_send())))
    frames = cast("list[Frame]", protocol.events_received())
    pongs = tuple(frame.payload for frame in sent if frame.opcode == PONG)
    close: int | bytes | None = next((one.payload for one in sent if one.opcode == CLOSE), None)
    if isinstance(close, bytes) and protocol.parser_exc is not None:
        close = int.from_bytes(close[:2])
    messages, faults, sure = _messages(frames)
    closes = (close,) if close is not None or not faults else ()
    accept = response.headers["Sec-WebSocket-Accept"]
    is_compressed = bool(protocol.extensions)
    return Verdict(accept, tuple(messages), pongs, sure, (*faults, *closes), is_compressed)


def _messages(frames: list[Frame]) -> tuple[list[bytes], list[int], int]:
    """Return the messages up to the first fault, the close codes of all, and the pings before."""
    messages: list[bytes] = []
    faults: list[int] = []
    message = _Message(is_text=False)
    sure = 0
    for frame in frames:
        sure += frame.opcode is Opcode.PING and not faults
        if frame.opcode not in _DATA:
            continue
        if frame.opcode is not Opcode.CONT:
            message = _Message(is_text=frame.opcode is Opcode.TEXT)
        fault = message.add(bytes(frame.data), frame.fin)
        if fault is not None:
            faults.append(fault)
        elif frame.fin and not faults:
            messages.append(bytes(message.data))
    return messages, faults, sure


class _Message:
    """What the library leaves to its users: the sum of fragments, and UTF-8."""

    def __init__(self, *, is_text: bool) -> None:
        self.data = bytearray()
        self._count = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")() if is_text else None

    def add(self, data: bytes, fin: bool) -> int | None:
        self._count += 1
        self.data += data
        # An unfragmented message has no fragments to count.
        if self._count > MOST_FRAGMENTS or len(self.data) > LARGEST_MESSAGE:
            return _TOO_BIG
        if self._decoder is not None:
            try:
                self._decoder.decode(data, fin)
            except UnicodeDecodeError:
                return _INVALID_UTF8
        return None


def _deflate() -> ServerPerMessageDeflateFactory:
    # What our server negotiates: the window that the client has to keep to decides what it reads.
    return ServerPerMessageDeflateFactory(
        server_no_context_takeover=True,
        client_no_context_takeover=True,
        server_max_window_bits=12,
        client_max_window_bits=12,
    )
