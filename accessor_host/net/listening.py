"""One place where a server listens: its sockets, and TLS on them, whatever is spoken there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from . import ports
from .acceptor import Accepting, Crowd, serve
from .addresses import family_name, resolve

if TYPE_CHECKING:
    from ..errors import AccessDeniedError, ListenError, TlsError
    from .permits import ListenPermit
    from .tls.renewal import Renewal
    from .tls.settings import ServerTls
    from .tls.transport import PlainAnswer

__all__ = ["Listening", "Place"]

logger = logging.getLogger("accessor_host.net")


class Place(Protocol):
    """Where to listen; settings of a server are one."""

    @property
    def host(self) -> str:
        """Return the name or IP address of the interface, or ``unix:PATH``."""

    @property
    def port(self) -> int:
        """Return the TCP port; 0 takes any free one."""

    @property
    def tls(self) -> ServerTls | None:
        """Return key and certificate; None speaks plain text."""

    @property
    def permit(self) -> ListenPermit | None:
        """Return who decides where to listen; None is anywhere."""

    @property
    def reuse_port(self) -> bool:
        """Return whether other programs of the user may listen on the port, if they say so too."""

    @property
    def socket_mode(self) -> int:
        """Return the permissions of a Unix socket's file."""


class Listening:
    """Listen in one place.

    Args:
        place: where. Files of its TLS are read at each start, and when a handshake comes after they
            have changed.
        answer_plain: loads what decides on plain text that comes to a port with TLS.
        refused: takes the kind of what a client was refused.
        renewal_failed: takes why files of TLS that have changed cannot be used, while those that
            were read before go on.
    """

    def __init__(
        self,
        place: Place,
        answer_plain: Callable[[], PlainAnswer],
        refused: Callable[[str], None],
        renewal_failed: Callable[[AccessDeniedError | ListenError | TlsError], None],
    ) -> None:
        self.address: tuple[str, str, int] | None = None
        """``(IP address, "IPv4" or "IPv6", port)`` of the first socket while listening; for a Unix
        socket it is ``(path, "unix", 0)``."""
        self.renewal: Renewal | None = None
        """Keeps the files of TLS as they are on the disk."""
        self._place = place
        self._answer_plain = answer_plain
        self._refused = refused
        self._renewal_failed = renewal_failed
        self._servers: list[Accepting] = []
        self._crowd: Crowd | None = None
        self._claim: ports.Claim | None = None

    @property
    def is_accepting(self) -> bool:
        """Whether there are sockets that accept."""
        return bool(self._servers)

    async def start(self, accept: Callable[[], asyncio.Protocol]) -> int:
        """Listen.

        Args:
            accept: makes the protocol of a connection.

        Returns:
            The port; 0 for a Unix socket.

        Raises:
            AccessDeniedError: it may not listen there.
            ListenError: the name cannot be resolved, or the port cannot be bound.
            TlsError: the context for TLS cannot be made.
            RuntimeError: already listening.
        """
        if self._servers:
            raise RuntimeError("this listener is listening already")
        loop, place = asyncio.get_running_loop(), self._place
        # Before anything is awaited: claims are counted in the order of the starts.
        location = ports.Location(
            place.host, place.port, shared=place.reuse_port, mode=place.socket_mode
        )
        claim = ports.ports.claim(location)
        renewal = await self._read_certificate()
        addresses = await resolve(place.host, place.port)
        if place.permit is not None:
            found = [address for _, address in addresses]
            place.permit.check_listen(place.host, place.port, found)
        sockets = await claim.bind(addresses)
        self._claim, self.renewal = claim, renewal
        make_protocol = accept if renewal is None else self._secured(accept, renewal)
        self._crowd = self._crowd or Crowd(loop.time)
        try:
            for sock in sockets:
                self._servers.append(await serve(loop, sock, make_protocol, self._crowd))
        except BaseException:
            self.stop()
            for sock in sockets:
                sock.close()
            raise
        host, port = addresses[0][1], 0
        if not location.is_path:
            host, port = sockets[0].getsockname()[:2]
        self.address = (host, family_name(sockets[0].family), port)
        logger.debug("listening on %s", [sock.getsockname()[:2] for sock in sockets])
        return int(port)

    def look(self, transport: asyncio.BaseTransport, connections: int) -> None:
        """Say so in the log when a connection has got the last file.

        Args:
            transport: of the new connection.
            connections: how many there are.
        """
        if self._crowd is not None:
            self._crowd.look(transport, connections)

    def reload(self) -> None:
        """Read the files of TLS again, if there are any; no connection is touched."""
        if self.renewal is not None:
            self.renewal.renew()

    def stop(self) -> None:
        """Accept no more; nothing when not listening."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        self.address = None
        if self.renewal is not None:
            self.renewal.close()
            self.renewal = None
        if self._claim is not None:
            self._claim.release()
            self._claim = None

    def _secured(
        self, accept: Callable[[], asyncio.Protocol], renewal: Renewal
    ) -> Callable[[], asyncio.Protocol]:
        # Imported late: servers without TLS do without.
        from .tls.transport import SecureTransport

        answer_plain, refused = self._answer_plain(), self._refused
        return lambda: SecureTransport(renewal.context, accept(), answer_plain, renewal, refused)

    async def _read_certificate(self) -> Renewal | None:
        place = self._place
        if place.tls is None:
            return None
        # Imported late: servers without TLS do without.
        from .tls.renewal import Renewal

        renewal = Renewal(place.tls, self._renewal_failed, place.permit)
        await renewal.start()
        return renewal
