"""The Python half of ``@modules/udp-socket``: the UDP sockets of scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ...codecs.elements import BAD_MESSAGE, ELEMENT_SIZES, message_to_json, numbers_to_json
from ...errors import AccessDeniedError, DecodingError, EncodingError
from ...net.datagrams import Address, Datagrams, UnsentError, families
from ...net.failures import failure_of
from ...net.listing import MAX_SHOWN, more_than_shown
from ..payloads import Payload, bytes_of, missing_permission

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["MAX_HEADS", "MAX_PLACES", "UdpSockets"]

MAX_PLACES = 1_000
"""Places that the texts of one socket are sent to by a number; the JavaScript half has the same."""

MAX_HEADS = 256
"""Senders, and sizes of their datagrams, of which is remembered what is told of them."""

_MAX_PORT = 65_535


class UdpSockets:
    """All UDP sockets of one host's scripts."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._sockets: dict[int, _Socket] = {}
        self.operations: Mapping[str, Callable[..., None]] = {
            "udp.create": self._create,
            "udp.bind": self._bind,
            "udp.send": self._send,
            "udp.place": self._place,
            "udp.unplace": self._unplace,
            "udp.text": self._send_text,
            "udp.receive": self._receive,
            "udp.membership": self._set_membership,
            "udp.multicast": self._set_multicast,
            "udp.close": self._close,
            "udp.forget": self._forget,
        }

    async def stop(self) -> None:
        """Close every socket."""
        for one in list(self._sockets.values()):
            one.end()

    def state(self) -> list[str]:
        """Describe the sockets."""
        sockets = list(self._sockets.values())
        shown = [one.state() for one in sockets[:MAX_SHOWN]]
        return [f"UDP sockets: {len(sockets)}", *shown, *more_than_shown(len(sockets))]

    def _create(self, target: int, kind: str, broadcast: bool, receives: str) -> None:
        if kind not in families:
            raise ValueError(f"{kind!r} is no type of sockets")
        decode = _decoder(receives)
        if target not in self._sockets:
            self._sockets[target] = _Socket(self._services, target, kind, broadcast, decode)

    def _bind(self, target: int, port: int, host: str) -> None:
        if target in self._sockets:
            self._sockets[target].bind(port, host)

    def _send(self, target: int, payload: Payload, port: int, host: str, call: int) -> None:
        if target in self._sockets:
            self._sockets[target].send(payload, port, host, call)

    def _place(self, target: int, number: int, port: int, host: str) -> None:
        if target in self._sockets:
            self._sockets[target].place(number, port, host)

    def _unplace(self, target: int) -> None:
        if target in self._sockets:
            self._sockets[target].unplace()

    def _send_text(self, number: int, text: str) -> None:
        """Send a text that has no form beside others."""
        send = self._services.senders.get(_address(number))
        if send is not None:
            send(text)

    def _receive(self, target: int, version: int, kind: str) -> None:
        if target in self._sockets:
            self._sockets[target].receive_as(version, kind)

    def _set_membership(self, target: int, group: str, interface: str, is_member: bool) -> None:
        if target in self._sockets:
            self._sockets[target].set_membership(group, interface, is_member)

    def _set_multicast(self, target: int, hops: int | None, loopback: bool | None) -> None:
        if target in self._sockets:
            self._sockets[target].set_multicast(hops, loopback)

    def _close(self, target: int) -> None:
        if target in self._sockets:
            self._sockets[target].close()

    def _forget(self, target: int) -> None:
        one = self._sockets.get(target)
        if one is not None and one.is_closed:
            one.drop_places()
            del self._sockets[target]


class _Socket:
    """One UDP socket of a script. The system's is made when it is needed first."""

    def __init__(
        self,
        services: Services,
        target: int,
        kind: str,
        broadcast: bool,
        decode: Callable[[bytes], str] | None,
    ) -> None:
        self.is_closed = False
        self._services = services
        self._turns = services.turns
        self._target = target
        self._answered = 0
        self._family = families[kind]
        self._broadcast = broadcast
        self._datagrams: Datagrams | None = None
        self._decode = decode
        self._version = 0
        self._places: list[str] = []  # addresses of what sends texts
        self._heads: dict[tuple[Address, int], str] = {}  # what is told, by sender and size

    def state(self) -> str:
        """Describe the socket in one line."""
        datagrams = self._datagrams
        if datagrams is None or datagrams.is_closed:
            return "  UDP socket: not open"
        host, port = datagrams.address[:2]
        lost = datagrams.lost_in_system()
        known = "unknown" if lost is None else lost
        return f"  UDP socket at {host} port {port}, dropped: {datagrams.dropped}, lost: {known}"

    def bind(self, port: int, host: str) -> None:
        """Listen; ``listening`` or an error follows."""
        self._answered += 1
        _check_port(port)
        begun = self._services.listens.begin()
        datagrams = self._open()
        if datagrams is not None:
            self._services.spawn(self._bind(datagrams, port, host, begun))

    def place(self, number: int, port: int, host: str) -> None:
        """Let texts be sent somewhere by a number."""
        self._answered += 1
        _check_port(port)

        def send(text: str) -> None:
            datagrams = self._datagrams
            if datagrams is not None:
                try:
                    data = text.encode()
                except UnicodeEncodeError:
                    data = bytes_of(text)
                datagrams.send(data, host, port, sent)

        sent = self._sent
        if len(self._places) < MAX_PLACES:
            self._places.append(_address(number))
            self._services.senders[_address(number)] = send

    def unplace(self) -> None:
        """Forget the numbers."""
        self._answered += 1
        self.drop_places()

    def drop_places(self) -> None:
        """Let no more texts be sent by numbers."""
        for address in self._places:
            self._services.senders.pop(address, None)
        self._places.clear()

    def send(self, payload: Payload, port: int, host: str, call: int) -> None:
        """Send a datagram; the answer to a call says whether it left."""
        self._answered += 1
        _check_port(port)
        try:
            data = bytes_of(payload)
        except EncodingError as error:
            self._done(call, error)
            return
        datagrams = self._open()
        if datagrams is not None:
            datagrams.send(data, host, port, lambda error: self._done(call, error))

    def receive_as(self, version: int, kind: str) -> None:
        """Decode from now on what comes, and say so with it."""
        self._answered += 1
        self._decode = _decoder(kind)
        self._version = version
        self._heads.clear()

    def set_membership(self, group: str, interface: str, is_member: bool) -> None:
        """Join a multicast group, or leave it."""
        self._answered += 1
        self._attempt(lambda one: one.set_membership(group, interface, is_member=is_member))

    def set_multicast(self, hops: int | None, loopback: bool | None) -> None:
        """Set how multicast datagrams are sent."""
        self._answered += 1
        self._attempt(lambda one: one.set_multicast(hops=hops, loopback=loopback))

    def close(self) -> None:
        """Close; ``close`` follows, once."""
        self._answered += 1
        self.end()
        self._post("idle", self._answered)

    def end(self) -> None:
        """Close, and tell it."""
        if self.is_closed:
            return
        self.is_closed = True
        if self._datagrams is not None:
            self._datagrams.close()
        self._services.release(self)
        self._post("closed")

    def _open(self) -> Datagrams | None:
        """Return the system's socket; None when there can be none, which is told."""
        if self.is_closed:
            return None
        if self._services.is_stopping:
            self._fail("ERR_HOST_STOPPING", "the host is stopping; no socket can open")
            return None
        if self._datagrams is None:
            try:
                self._datagrams = Datagrams(
                    self._services.loop,
                    self._family,
                    self,
                    broadcast=self._broadcast,
                    permit=self._services.permissions,
                )
            except OSError as error:
                self.failed(error)
                return None
            self._services.hold(self)
        return self._datagrams

    async def _bind(self, datagrams: Datagrams, port: int, host: str, begun: int) -> None:
        try:
            bound = await datagrams.bind(host, port)
        except (AccessDeniedError, OSError, ValueError) as error:
            if self.is_closed:
                return
            self._services.listens.failed()
            self._tell(error)
            return
        self._services.listens.succeeded(begun)
        self._post("listening", bound, str(datagrams.address[0]))

    def _attempt(self, work: Callable[[Datagrams], None]) -> None:
        datagrams = self._open()
        if datagrams is None:
            return
        try:
            work(datagrams)
        except (OSError, ValueError, OverflowError) as error:
            self._tell(error)

    def _sent(self, error: Exception | None) -> None:
        if error is not None:
            self._tell(error)

    def _done(self, call: int, error: Exception | None) -> None:
        if call:
            code, reason, *missing = ("", "") if error is None else _described(error)
            self._post("sent", call, f"{code} {reason}", *missing)
        elif error is not None:
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        self._fail(*_described(error))

    def _fail(self, code: str, reason: str, *missing: str) -> None:
        self._post("fault", code, reason, *missing)

    def _post(self, name: str, *details: str | int) -> None:
        self._services.post((self._target, name, *details))

    # Called by the system's socket.

    def received(self, data: bytes, address: Address) -> None:
        turns, decode = self._turns, self._decode
        try:
            text = data.decode("utf-8", "replace") if decode is None else decode(data)
        except DecodingError as error:
            self._fail(BAD_MESSAGE, error.reason)
        else:
            size = len(data)
            head = self._heads.get((address, size)) or self._introduce(address, size)
            turns.post_message(self._target, head + text)
        if turns.is_behind and self._datagrams is not None:
            self._datagrams.pause()
            turns.when_served(self._target, self._datagrams.resume)

    def failed(self, error: OSError) -> None:
        self._tell(error)

    def oversized(self, address: Address) -> None:
        self._fail("EMSGSIZE", f"a datagram from {address[0]} was dropped: it is too large")

    def _introduce(self, address: Address, size: int) -> str:
        """Make what is told before a datagram; see ``deliver`` in the JavaScript half."""
        host, port = address[:2]
        family = "IPv6" if ":" in host else "IPv4"
        told = (
            f'{{"ipAddress":"{host}","address":"{host}","family":"{family}",'
            f'"port":{port},"size":{size}}}'
        )
        if len(self._heads) >= MAX_HEADS:
            self._heads.clear()
        head = self._heads[address, size] = f"{self._version or ''}{chr(1 + len(told))}{told}"
        return head


def _address(number: int) -> str:
    return f"udp.text {number}"


def _described(error: Exception) -> tuple[str, ...]:
    """Return code and words of what failed, and the permission that is missing, if one is."""
    if isinstance(error, AccessDeniedError):
        return error.code, error.reason, *missing_permission(error)
    if isinstance(error, UnsentError):
        return "ENOBUFS", str(error)
    if isinstance(error, EncodingError):
        return "ERR_UDP_UNSENDABLE", str(error)
    failure = failure_of(error) if isinstance(error, OSError) else None
    return failure or ("EIO", str(error))


def _check_port(port: int) -> None:
    """Raise ValueError for what the module's JavaScript half does not hand over."""
    if not 0 <= port <= _MAX_PORT:
        raise ValueError(f"{port} is no port")


def _decoder(kind: str) -> Callable[[bytes], str] | None:
    """Return what decodes a datagram; None is UTF-8."""
    if kind in ("string", "json"):
        return None
    if kind == "bytes":
        return lambda data: numbers_to_json(list(data))
    if kind == "image":
        # Imported late: few sockets have anything to do with images.
        from ...codecs.images import MAX_IMAGE_PIXELS
        from ..payloads import to_event

        return to_event("image/png", MAX_IMAGE_PIXELS)
    if kind not in ELEMENT_SIZES:
        raise ValueError(f"{kind!r} is no type that is received")
    return lambda data: message_to_json(kind, data)
