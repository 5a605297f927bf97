"""One request for session keys, from Auth's hello to its answer.

Source: module specification section 17.
"""

from __future__ import annotations

import asyncio
import os
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ...net.flusher import Flusher
from . import messages
from .channels import MessageStream, is_valid
from .ciphers import decrypt, encrypt, rsa_open, rsa_seal
from .messages import DistributionKey, Fields, IotAuthError, SessionKey

__all__ = ["Answer", "Exchange", "Request"]

_ALERTS = {0: "the distribution key is not valid", 1: "there is no such target"}

_AUTH_ID = 4


class Request(NamedTuple):
    """What is asked for.

    Args:
        name: of the entity.
        key_count: of keys.
        purpose: JSON.
        spec: name of the crypto spec of the distribution key.
        auth: Auth's public key.
        entity: the entity's private key.
        distribution: key of an earlier answer; None has Auth make one.
        is_older: as for :func:`~.messages.key_request`.
    """

    name: str
    key_count: int
    purpose: str
    spec: str
    auth: RSAPublicKey
    entity: RSAPrivateKey
    distribution: tuple[bytes, DistributionKey] | None
    is_older: bool


class Answer(NamedTuple):
    """What Auth has given.

    Args:
        distribution: a new distribution key as Auth writes it; empty when the old one holds.
        keys: session keys.
    """

    distribution: bytes
    keys: list[SessionKey]


class Exchange(MessageStream):
    """A connection with Auth.

    Args:
        request: what is asked for.
        flusher: writes once in each iteration of the loop.
        answer: gets what Auth gives, or an :class:`IotAuthError`.
    """

    __slots__ = ("_answer", "_asked", "_nonce", "_request")

    def __init__(self, request: Request, flusher: Flusher, answer: asyncio.Future[Answer]) -> None:
        super().__init__(flusher)
        self._request = request
        self._answer = answer
        self._nonce = os.urandom(messages.NONCE_SIZE)
        self._asked = False

    def received(self, kind: int, payload: bytes) -> None:
        """Take a message of Auth's."""
        if kind == messages.AUTH_ALERT:
            code = Fields(payload).number(1)
            raise IotAuthError(f"Auth refuses: {_ALERTS.get(code, f'its code is {code}')}")
        if kind == messages.AUTH_HELLO and not self._asked:
            self._asked = True
            fields = Fields(payload)
            fields.take(_AUTH_ID)
            nonce = fields.take(messages.NONCE_SIZE)
            fields.end()
            self._ask(nonce)
        elif self._asked and kind == messages.SESSION_KEY_RESP_WITH_DIST_KEY:
            self._take_both(payload)
        elif self._asked and kind == messages.SESSION_KEY_RESP and self._request.distribution:
            _, key = self._request.distribution
            self._conclude(b"", key, payload)
        else:
            raise IotAuthError(f"Auth sends a message of type {kind}, which has no place here")

    def fail(self, reason: str) -> None:
        """Take what Auth did wrong."""
        if not self._answer.done():
            self._answer.set_exception(IotAuthError(reason))
        self.abort()

    def lost(self) -> None:
        """Take that Auth has ended the connection."""
        self.fail("Auth ended the connection without an answer")

    def _ask(self, reply: bytes) -> None:
        request = self._request
        plain = messages.key_request(
            self._nonce,
            reply,
            request.key_count,
            request.name,
            request.purpose,
            is_older=request.is_older,
        )
        distribution = request.distribution
        if distribution is not None and is_valid(distribution[1].expires):
            sealed = encrypt(plain, request.spec, distribution[1])
            self.put(messages.SESSION_KEY_REQ, messages.with_length(request.name.encode()) + sealed)
            return
        sealed = rsa_seal(plain, request.auth, request.entity)
        self.put(messages.SESSION_KEY_REQ_IN_PUB_ENC, sealed)

    def _take_both(self, payload: bytes) -> None:
        auth, entity = self._request.auth, self._request.entity
        size = entity.key_size // 8 + auth.key_size // 8
        distribution = rsa_open(payload[:size], auth, entity)
        self._conclude(distribution, messages.read_distribution_key(distribution), payload[size:])

    def _conclude(self, distribution: bytes, key: DistributionKey, sealed: bytes) -> None:
        if not is_valid(key.expires):
            raise IotAuthError("the distribution key has expired")
        plain = decrypt(sealed, self._request.spec, key)
        keys = messages.read_key_response(plain, self._nonce)
        self.end()
        if not self._answer.done():
            self._answer.set_result(Answer(distribution, keys))
