"""Connections with Auth and between entities: requests for keys, handshakes, secure messages.

Source: module specification section 17.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import time
from typing import Protocol, cast

from ...net.flusher import Flusher
from ...net.outgoing import Outgoing
from . import messages
from .ciphers import Keys, decrypt, encrypt
from .messages import FIN_SECURE_COMM, SECURE_COMM_MSG, Fields, IotAuthError, MessageReader

__all__ = [
    "HANDSHAKE_TIMEOUT",
    "MAX_MESSAGE",
    "MAX_UNSENT",
    "Channel",
    "ChannelOwner",
    "MessageStream",
    "is_valid",
    "now",
]

HANDSHAKE_TIMEOUT = 10.0
"""Seconds until Auth must have answered, or a handshake must be done, names and TCP included."""

MAX_MESSAGE = 1024 * 1024
"""Bytes of one message: keys and readings have fewer, a picture has not more."""

MAX_UNSENT = 16 * 1024 * 1024
"""Bytes that may wait for a peer that does not read; then the connection is cut."""

_HIGH_WATER = 64 * 1024
_SEQUENCE = 8
_KEY_ID = 8


def now() -> int:
    """Return milliseconds since 1970."""
    return int(time.time() * 1000)


def is_valid(expires: int) -> bool:
    """Tell whether a key has not expired.

    Args:
        expires: milliseconds since 1970.
    """
    return now() < expires


class MessageStream(Outgoing):
    """A connection whose messages are framed.

    Args:
        flusher: writes once in each iteration of the loop.
    """

    __slots__ = ("_reader", "is_over")

    def __init__(self, flusher: Flusher) -> None:
        super().__init__(flusher, _HIGH_WATER, MAX_UNSENT)
        self._reader = MessageReader(MAX_MESSAGE)
        self.is_over = False
        """Whether nothing that comes matters any more."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start with a new transport (asyncio)."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(_HIGH_WATER)
        if self.is_over:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes (asyncio)."""
        try:
            for kind, payload in self._reader.feed(b"" if self.is_over else data):
                if not self.is_over:
                    self.received(kind, payload)
        except IotAuthError as error:
            self.fail(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection (asyncio)."""
        if not self.is_over:
            self.lost()

    def put(self, kind: int, payload: bytes) -> None:
        """Send a message."""
        self._queue(messages.frame(kind, payload))

    def end(self) -> None:
        """End the connection behind what was sent."""
        if not self.is_over:
            self.is_over = True
            if hasattr(self, "_transport"):
                self.flush()
                self._transport.close()

    def abort(self) -> None:
        """Cut the connection."""
        self.is_over = True
        if hasattr(self, "_transport"):
            self._transport.abort()

    def received(self, kind: int, payload: bytes) -> None:
        """Take a message; an :class:`IotAuthError` ends the connection."""

    def fail(self, reason: str) -> None:
        """Take what the peer did wrong."""

    def lost(self) -> None:
        """Take that the peer has ended the connection."""


class ChannelOwner(Protocol):
    """What a channel tells."""

    def requested(self, channel: Channel, payload: bytes) -> None:
        """A client wants to speak with the key of that number; :meth:`Channel.answer` follows."""

    def opened(self, channel: Channel) -> None:
        """Both have proved that they have the key."""

    def data(self, channel: Channel, data: bytes) -> None:
        """A message has come."""

    def closed(self, channel: Channel) -> None:
        """It is over, after :meth:`opened`, or on a server before it."""

    def failed(self, channel: Channel, reason: str) -> None:
        """Something went wrong; mostly it is over."""


class Channel(MessageStream):
    """A secure connection with another entity.

    Args:
        owner: is told.
        flusher: writes once in each iteration of the loop.
        loop: has the deadline of the handshake.
        spec: name of the crypto spec.
        key: that a client begins with; None for a server, which is told by :meth:`answer`.

    Raises:
        IotAuthError: the key has expired.
    """

    __slots__ = (
        "_deadline",
        "_expected",
        "_incoming",
        "_key",
        "_nonce",
        "_outgoing",
        "_owner",
        "_spec",
        "expires",
        "id",
        "is_open",
        "remote",
    )

    def __init__(
        self,
        owner: ChannelOwner,
        flusher: Flusher,
        loop: asyncio.AbstractEventLoop,
        spec: str,
        key: messages.SessionKey | None = None,
    ) -> None:
        super().__init__(flusher)
        self.id = 0
        """Number of the owner's."""
        self.is_open = False
        """Whether messages go both ways."""
        self.remote: tuple[str, int] = ("", 0)
        """Address and port of the peer."""
        self.expires = 0
        """When the key is of no use any more, in milliseconds since 1970."""
        self._owner = owner
        self._spec = spec
        self._key: Keys | None = key
        self._nonce = os.urandom(messages.NONCE_SIZE)
        self._expected = messages.HANDSHAKE_1 if key is None else messages.HANDSHAKE_2
        self._incoming = self._outgoing = 0
        if key is not None:
            self._use(key)
        self._deadline = loop.call_later(HANDSHAKE_TIMEOUT, self._expire)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake, as a client (asyncio)."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple):
            self.remote = (peer[0], peer[1])
        if isinstance(self._key, messages.SessionKey) and not self.is_over:
            step = self._seal(messages.handshake(self._nonce, None))
            self.put(messages.HANDSHAKE_1, self._key.id + step)

    def answer(self, payload: bytes, key: messages.SessionKey) -> None:
        """Answer a client's request, with its key.

        Args:
            payload: of the request.
            key: the one that it names.
        """
        if self.is_over or self._key is not None:
            return
        try:
            self._use(key)
            if not hmac.compare_digest(payload[:_KEY_ID], key.id):
                raise IotAuthError("the client asks for another session key")
            nonce, _ = messages.read_handshake(self._open(payload[_KEY_ID:]))
            if nonce is None:
                raise IotAuthError("the client's handshake has no nonce")
            self.put(messages.HANDSHAKE_2, self._seal(messages.handshake(self._nonce, nonce)))
            self._expected = messages.HANDSHAKE_3
        except IotAuthError as error:
            self.fail(str(error))

    def send(self, data: bytes) -> bool:
        """Send a message; returns false when it is closed, or the key has expired."""
        if not (self.is_open and is_valid(self.expires)) or self.is_over:
            return False
        payload = self._seal(self._outgoing.to_bytes(_SEQUENCE) + data)
        if not self._fits(len(payload)):
            self.fail(f"the peer does not read: more than {MAX_UNSENT} bytes wait")
            return False
        self._outgoing += 1
        self.put(SECURE_COMM_MSG, payload)
        return True

    def close(self) -> None:
        """End the connection."""
        if not self.is_over:
            if self.is_open:
                self.put(FIN_SECURE_COMM, b"")
            self._deadline.cancel()
            self.end()
            self._owner.closed(self)

    def received(self, kind: int, payload: bytes) -> None:
        """Take a step of the handshake, or a message."""
        if self.is_open and kind == SECURE_COMM_MSG:
            self._take(payload)
        elif self.is_open and kind == FIN_SECURE_COMM:
            self.close()
        elif self.is_open or kind != self._expected:
            raise IotAuthError(f"the peer sends a message of type {kind}, which has no place here")
        elif kind == messages.HANDSHAKE_1:
            if len(payload) < _KEY_ID:
                raise IotAuthError("a message ends too early")
            self._expected = -1  # until the owner has the key
            self._owner.requested(self, payload)
        else:
            self._conclude(kind, payload)

    def fail(self, reason: str) -> None:
        """Take what the peer did wrong: the connection is cut."""
        if not self.is_over:
            self._deadline.cancel()
            self.abort()
            self._owner.failed(self, reason)
            self._owner.closed(self)

    def lost(self) -> None:
        """Take that the peer has ended the connection."""
        if self.is_open:
            self._deadline.cancel()
            self.is_over = True
            self._owner.closed(self)
        else:
            self.fail("the peer ended the connection in the handshake")

    def _conclude(self, kind: int, payload: bytes) -> None:
        nonce, reply = messages.read_handshake(self._open(payload))
        if reply is None or not hmac.compare_digest(reply, self._nonce):
            raise IotAuthError("the peer has not proved that it has the key: the nonce is not ours")
        if kind == messages.HANDSHAKE_2:
            if nonce is None:
                raise IotAuthError("the server's handshake has no nonce")
            self.put(messages.HANDSHAKE_3, self._seal(messages.handshake(None, nonce)))
        self._deadline.cancel()
        self.is_open = True
        self._owner.opened(self)

    def _take(self, payload: bytes) -> None:
        if not is_valid(self.expires):
            raise IotAuthError("the session key has expired")
        fields = Fields(self._open(payload))
        number = fields.number(_SEQUENCE)
        if number != self._incoming:
            raise IotAuthError(
                f"the message with the sequence number {number} came instead of {self._incoming}"
            )
        self._incoming += 1
        self._owner.data(self, fields.rest)

    def _use(self, key: messages.SessionKey) -> None:
        self._key = key
        self.expires = min(key.expires, now() + key.validity)
        if not is_valid(self.expires):
            raise IotAuthError("the session key has expired")

    def _seal(self, data: bytes) -> bytes:
        return encrypt(data, self._spec, self._keys)

    def _open(self, data: bytes) -> bytes:
        return decrypt(data, self._spec, self._keys)

    @property
    def _keys(self) -> Keys:
        if self._key is None:
            raise IotAuthError("there is no session key yet")
        return self._key

    def _expire(self) -> None:
        self.fail(f"no handshake within {HANDSHAKE_TIMEOUT:g} s")
