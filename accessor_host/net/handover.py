"""One port for two protocols: connections that one server has accepted and hands to another."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from ..errors import ListenError

__all__ = ["Door", "Guest"]


class Door:
    """Where a server hands over connections whose clients want another protocol.

    Either side may come first, and each may come and go. Whoever is handed a connection speaks over
    it from its first byte, as if it had accepted it.
    """

    def __init__(self) -> None:
        self.address: tuple[str, str, int] | None = None
        """Where the server listens that accepts, while it does."""
        self._guests: list[Guest] = []

    @property
    def has_guests(self) -> bool:
        """Whether anybody takes connections."""
        return any(guest.is_accepting for guest in self._guests)

    @property
    def is_empty(self) -> bool:
        """Whether nobody takes connections, or waits to."""
        return not self._guests

    def guest(self, path: str | None) -> Guest:
        """Return a new guest.

        Args:
            path: the one that it serves, without query; None is any.
        """
        guest = Guest(self, path)
        self._guests.append(guest)
        return guest

    def forget(self, guest: Guest) -> None:
        """Take that a guest does not come again."""
        with contextlib.suppress(ValueError):
            self._guests.remove(guest)

    def open(self, address: tuple[str, str, int]) -> None:
        """Take that the server listens that accepts.

        Args:
            address: where, see :attr:`~.listening.Listening.address`.
        """
        self.address = address
        for guest in list(self._guests):
            guest.arrive(address)

    def fail(self, error: Exception) -> None:
        """Take that it does not listen.

        Args:
            error: why; whoever waits for it gets that.
        """
        for guest in list(self._guests):
            guest.fail(error)

    def close(self) -> None:
        """Take that it listens no more: the guests stop, too."""
        if self.address is not None:
            self.address = None
            for guest in list(self._guests):
                guest.leave()

    def hand_over(self, transport: asyncio.Transport, path: str, data: bytes) -> bool:
        """Hand a connection over.

        Args:
            transport: of the connection; nothing waits there to be written.
            path: that the client asks for, without query. A guest that serves just this one is
                preferred to one that serves every path, and that to the first of all.
            data: what the client has sent, from the request on.

        Returns:
            False when there is nobody to take it.
        """
        guests = [guest for guest in self._guests if guest.is_accepting]
        if not guests:
            return False
        chosen = next((guest for guest in guests if guest.path == path), None)
        chosen = chosen or next((guest for guest in guests if guest.path is None), guests[0])
        chosen.take(transport, data)
        return True


class Guest:
    """A server that takes the connections of a :class:`Door`; it listens as ``Listening`` does.

    Args:
        door: of the server that accepts.
        path: the one that it serves, without query; None is any.
    """

    def __init__(self, door: Door, path: str | None) -> None:
        self.path = path
        """The one that it serves."""
        self.address: tuple[str, str, int] | None = None
        """Where the other server listens, while both do."""
        self.ended: Callable[[], None] = lambda: None
        """Called when the other server listens no more."""
        self._door = door
        self._accept: Callable[[], asyncio.Protocol] | None = None
        self._waiting: asyncio.Future[tuple[str, str, int]] | None = None

    @property
    def is_accepting(self) -> bool:
        """Whether it takes connections."""
        return self._accept is not None

    async def start(self, accept: Callable[[], asyncio.Protocol]) -> int:
        """Wait until the other server listens, and take its connections from then on.

        Args:
            accept: makes the protocol of a connection.

        Returns:
            Its port.

        Raises:
            ListenError: it could not listen.
        """
        address = self._door.address
        if address is None:
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                address = await self._waiting
            finally:
                self._waiting = None
        if address[1]:
            self._accept, self.address = accept, address
        return address[2]

    def take(self, transport: asyncio.Transport, data: bytes) -> None:
        """Speak over a connection from now on.

        Args:
            transport: of the connection.
            data: what the client has sent.
        """
        if self._accept is not None:
            protocol = self._accept()
            transport.set_protocol(protocol)
            protocol.connection_made(transport)
            if not transport.is_closing():
                protocol.data_received(data)

    def arrive(self, address: tuple[str, str, int]) -> None:
        """Take that the other server listens."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(address)

    def fail(self, error: Exception) -> None:
        """Take that it does not."""
        if self._waiting is not None and not self._waiting.done():
            reason = f"the server whose port this one shares does not listen: {error}"
            code = str(getattr(error, "code", "EINVAL"))
            host, port = getattr(error, "host", ""), getattr(error, "port", 0)
            self._waiting.set_exception(ListenError(code, host, port, reason))

    def leave(self) -> None:
        """Take that it listens no more."""
        if self._accept is not None:
            self.ended()

    def forget(self) -> None:
        """Take that this does not start again."""
        self._door.forget(self)

    def give_up(self) -> None:
        """Wait no longer for the other server; ``start`` returns 0."""
        self.arrive(("", "", 0))

    def look(self, transport: asyncio.BaseTransport, connections: int) -> None:
        """Do nothing: whoever accepts looks."""

    def reload(self) -> None:
        """Do nothing: whoever accepts has the files of TLS."""

    def stop(self) -> None:
        """Take no more connections; nothing when it takes none."""
        self._accept = None
        self.address = None
