"""Messages between entities and Auth: how they are framed, and the fields in them.

No input or output. Source: module specification section 17.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from ...errors import AccessorHostError

__all__ = [
    "AUTH_ALERT",
    "AUTH_HELLO",
    "FIN_SECURE_COMM",
    "HANDSHAKE_1",
    "HANDSHAKE_2",
    "HANDSHAKE_3",
    "MAX_KEYS",
    "NONCE_SIZE",
    "SECURE_COMM_MSG",
    "SECURE_PUB",
    "SESSION_KEY_REQ",
    "SESSION_KEY_REQ_IN_PUB_ENC",
    "SESSION_KEY_RESP",
    "SESSION_KEY_RESP_WITH_DIST_KEY",
    "DistributionKey",
    "Fields",
    "IotAuthError",
    "MessageReader",
    "SessionKey",
    "frame",
    "handshake",
    "key_request",
    "read_distribution_key",
    "read_handshake",
    "read_key_response",
    "read_session_key",
    "with_digits",
]

AUTH_HELLO = 0
SESSION_KEY_REQ_IN_PUB_ENC, SESSION_KEY_RESP_WITH_DIST_KEY = 20, 21
SESSION_KEY_REQ, SESSION_KEY_RESP = 22, 23
HANDSHAKE_1, HANDSHAKE_2, HANDSHAKE_3 = 30, 31, 32
SECURE_COMM_MSG, FIN_SECURE_COMM = 33, 34
SECURE_PUB = 40
AUTH_ALERT = 100

NONCE_SIZE = 8
"""Bytes of a nonce."""

MAX_KEYS = 1_000
"""Session keys in one answer."""

_LENGTH_DIGITS = 5
_NONCE, _REPLY, _DIFFIE_HELLMAN = 1, 2, 4


class IotAuthError(AccessorHostError):
    """Report to a script what is wrong with a message or a peer; the text is all there is."""


class DistributionKey(NamedTuple):
    """What entity and Auth share.

    Args:
        expires: milliseconds since 1970.
        cipher: key of the cipher.
        mac: key of the MAC; empty when the cipher has its own.
    """

    expires: int
    cipher: bytes
    mac: bytes


class SessionKey(NamedTuple):
    """What entities share.

    Args:
        id: eight bytes.
        expires: milliseconds since 1970.
        validity: milliseconds from its first use on.
        cipher: key of the cipher.
        mac: key of the MAC; empty when the cipher has its own.
    """

    id: bytes
    expires: int
    validity: int
    cipher: bytes
    mac: bytes


class Fields:
    """Take fields from a payload, one after another.

    Args:
        data: the payload.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def rest(self) -> bytes:
        """What is left."""
        return self._data[self._at :]

    def take(self, size: int) -> bytes:
        """Take bytes.

        Raises:
            IotAuthError: there are fewer.
        """
        end = self._at + size
        if end > len(self._data):
            raise IotAuthError("a message ends too early")
        taken, self._at = self._data[self._at : end], end
        return taken

    def number(self, size: int) -> int:
        """Take an unsigned number, its highest byte first."""
        return int.from_bytes(self.take(size))

    def digits(self) -> int:
        """Take a number in base 128, its lowest digit first."""
        number = 0
        for place in range(_LENGTH_DIGITS):
            digit = self.number(1)
            number |= (digit & 0x7F) << 7 * place
            if not digit & 0x80:
                return number
        raise IotAuthError("a length has more than five digits")

    def end(self) -> None:
        """Make sure that nothing is left.

        Raises:
            IotAuthError: there is.
        """
        if self._at != len(self._data):
            raise IotAuthError("a message is longer than what it holds")


def with_digits(data: bytes) -> bytes:
    """Return bytes behind their length in base 128."""
    head, size = bytearray(), len(data)
    while size > 0x7F:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    head.append(size)
    return bytes(head) + data


def frame(kind: int, payload: bytes) -> bytes:
    """Return a message: its type, its length, and its payload."""
    return bytes((kind,)) + with_digits(payload)


class MessageReader:
    """Take bytes as they come, and give whole messages.

    Args:
        max_size: bytes of a payload.
    """

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Take bytes, and yield type and payload of each message that is whole by now.

        Args:
            data: as it was received.

        Raises:
            IotAuthError: a length is no length, or too much.
        """
        waiting = self._waiting
        waiting += data
        start = 0
        try:
            while (bounds := self._bounds(start)) is not None:
                kind, (body, end) = waiting[start], bounds
                start = end
                yield kind, bytes(waiting[body:end])
        finally:
            del waiting[:start]

    def _bounds(self, start: int) -> tuple[int, int] | None:
        size = 0
        for place in range(_LENGTH_DIGITS):
            at = start + 1 + place
            if at >= len(self._waiting):
                return None
            digit = self._waiting[at]
            size |= (digit & 0x7F) << 7 * place
            if size > self._max_size:
                raise IotAuthError(f"a message has more than {self._max_size} bytes")
            if not digit & 0x80:
                end = at + 1 + size
                return None if end > len(self._waiting) else (at + 1, end)
        raise IotAuthError("a length has more than five digits")


def key_request(
    nonce: bytes, reply: bytes, count: int, name: str, purpose: str, *, is_older: bool
) -> bytes:
    """Return what an entity asks Auth for.

    Args:
        nonce: the entity's own.
        reply: Auth's.
        count: of keys.
        name: of the entity.
        purpose: JSON.
        is_older: whether Auth wants the purpose without its length, and a length of one byte for
            the name, as older Cape Code writes them.

    Raises:
        IotAuthError: the name is longer than that can say.
    """
    head = nonce + reply + count.to_bytes(4)
    who, what = name.encode(), purpose.encode()
    if not is_older:
        return head + with_digits(who) + with_digits(what)
    return head + with_length(who) + what


def with_length(data: bytes) -> bytes:
    """Return bytes behind their length in one byte.

    Raises:
        IotAuthError: they are too many.
    """
    if len(data) > 0xFF:
        raise IotAuthError("a name has more than 255 bytes")
    return bytes((len(data),)) + data


def read_distribution_key(data: bytes) -> DistributionKey:
    """Read a distribution key.

    Raises:
        IotAuthError: it is none.
    """
    fields = Fields(data)
    expires = fields.number(6)
    cipher, mac = fields.take(fields.number(1)), fields.take(fields.number(1))
    fields.end()
    return DistributionKey(expires, cipher, mac)


def read_session_key(fields: Fields) -> SessionKey:
    """Read a session key.

    Raises:
        IotAuthError: it is none.
    """
    return SessionKey(
        fields.take(8),
        fields.number(6),
        fields.number(6),
        fields.take(fields.number(1)),
        fields.take(fields.number(1)),
    )


def read_key_response(data: bytes, nonce: bytes) -> list[SessionKey]:
    """Read the session keys that Auth answers with.

    Args:
        data: decrypted.
        nonce: that the answer must repeat.

    Raises:
        IotAuthError: it is no such answer, or one to another request.
    """
    fields = Fields(data)
    if fields.take(NONCE_SIZE) != nonce:
        raise IotAuthError("Auth answers another request: the nonce is not ours")
    try:
        json.loads(fields.take(fields.digits()))
    except (ValueError, RecursionError):
        raise IotAuthError("the crypto spec of Auth's answer is no JSON") from None
    count = fields.number(4)
    if count > MAX_KEYS:
        raise IotAuthError(f"Auth sends {count} keys; {MAX_KEYS} are the most")
    keys = [read_session_key(fields) for _ in range(count)]
    fields.end()
    return keys


def handshake(nonce: bytes | None, reply: bytes | None) -> bytes:
    """Return the plain text of a step of the handshake."""
    flags = (_NONCE if nonce else 0) | (_REPLY if reply else 0)
    return bytes((flags,)) + (nonce or bytes(NONCE_SIZE)) + (reply or bytes(NONCE_SIZE))


def read_handshake(data: bytes) -> tuple[bytes | None, bytes | None]:
    """Return nonce and reply of a step of the handshake.

    Raises:
        IotAuthError: it is none, or wants Diffie-Hellman.
    """
    fields = Fields(data)
    flags = fields.number(1)
    nonce, reply = fields.take(NONCE_SIZE), fields.take(NONCE_SIZE)
    if flags & _DIFFIE_HELLMAN:
        raise IotAuthError("the peer wants Diffie-Hellman, which is not supported")
    fields.end()
    return nonce if flags & _NONCE else None, reply if flags & _REPLY else None
