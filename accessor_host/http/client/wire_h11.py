"""Answers parsed by h11, which is always there."""

from __future__ import annotations

import h11

from ...net.quoting import printable
from .failures import RequestError
from .settings import Head
from .wire import (
    END,
    LARGEST_HEAD,
    MAX_ANSWER_FIELDS,
    MAX_INFORMATIONAL,
    ClientWire,
    End,
    start_fault,
    too_many_fields,
    too_many_interim_answers,
)

__all__ = ["H11Wire"]


class H11Wire(ClientWire):
    """What is said on one connection."""

    __slots__ = ("_h11",)

    def __init__(self) -> None:
        super().__init__()
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)

    @property
    def is_between(self) -> bool:
        """Tell whether a request may be sent."""
        if self._unread or self._ended or self._h11.trailing_data[0]:
            return False
        return self._h11.our_state is h11.IDLE

    def close(self) -> None:
        """Nothing: h11 refers to nobody."""

    def next_event(self) -> Head | bytes | End | None:
        """Return what comes next of the answer."""
        wire = self._h11
        while True:
            try:
                event = wire.next_event()
            except h11.RemoteProtocolError as error:
                raise self._fault(error) from None
            kind = type(event)
            if kind is h11.Data:
                return bytes(event.data)  # type: ignore[union-attr]
            if event is h11.NEED_DATA:
                if not self._feed():
                    return None
            elif kind is h11.Response:
                return self._head(event)  # type: ignore[arg-type]
            elif kind is h11.InformationalResponse:
                self._informational += 1
                if self._informational > MAX_INFORMATIONAL:
                    raise too_many_interim_answers()
            elif kind is h11.EndOfMessage:
                if wire.our_state is h11.DONE and wire.their_state is h11.DONE:
                    wire.start_next_cycle()
                return END
            else:
                raise self._unfinished()

    def _request(
        self, method: str, target: str, fields: list[tuple[str, str]], body: bytes | None
    ) -> bytes:
        wire = self._h11
        try:
            data = wire.send(h11.Request(method=method, target=target, headers=fields)) or b""
            if body:
                data += wire.send(h11.Data(body)) or b""
            return data + (wire.send(h11.EndOfMessage()) or b"")
        except h11.LocalProtocolError as error:
            raise RequestError("HTTP_BAD_REQUEST", f"it makes no request: {error}") from None

    def _feed(self) -> bool:
        piece = self._take()
        if not piece and not self._ended:
            return False
        # No bytes are the end.
        self._h11.receive_data(piece)
        return True

    def _head(self, response: h11.Response) -> Head:
        self._start = None
        fault = start_fault(response.status_code, response.reason)
        if fault is not None:
            raise fault
        if len(response.headers) > MAX_ANSWER_FIELDS:
            raise too_many_fields()
        return Head(
            response.status_code,
            response.reason.decode("latin-1"),
            [(name.decode("ascii"), value.decode("latin-1")) for name, value in response.headers],
        )

    def _fault(self, error: h11.RemoteProtocolError) -> RequestError:
        if self._ended and not self._unread:
            return self._unfinished()
        return RequestError("HTTP_BAD_ANSWER", f"the answer is not HTTP: {printable(str(error))}")
