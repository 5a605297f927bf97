"""One UDP socket: datagrams in, a share in each iteration of the loop, and out.

Not asyncio's own: it reads one datagram in an iteration, and queues what cannot leave without end.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypeAlias

from .hosts import read_address
from .shares import SHARE_FRAMES

if TYPE_CHECKING:
    from .permits import DatagramPermit

__all__ = [
    "MAX_DATAGRAM",
    "MAX_NAMES",
    "MAX_UNSENT",
    "MAX_UNSENT_BYTES",
    "NAME_LIFETIME",
    "Address",
    "Datagrams",
    "Receiver",
    "UnsentError",
    "families",
]

MAX_DATAGRAM = 65_535
"""Bytes of a datagram that is received: more do not fit into one (RFC 768), but for jumbograms."""

MAX_UNSENT = 1_000
"""Datagrams that wait until the system takes them, or until their names are resolved."""

MAX_UNSENT_BYTES = 4 * 1024 * 1024
"""Bytes of these."""

MAX_NAMES = 1_000
"""Places to send to whose addresses are remembered, and peers that may answer."""

NAME_LIFETIME = 30.0
"""Seconds for which the address of a name is used: resolving takes longer than sending."""

Address: TypeAlias = "tuple[str, int] | tuple[str, int, int, int]"
"""As the system writes it: IP address, port, and more for IPv6."""

Sent: TypeAlias = "Callable[[Exception | None], None]"
"""Takes that a datagram was handed to the system; or why not."""

families = {"udp4": socket.AF_INET, "udp6": socket.AF_INET6}
"""Families of addresses, by the names that Node has for them."""

_MAX_HOPS = 255

_MEMBERSHIP = {
    (socket.AF_INET, True): socket.IP_ADD_MEMBERSHIP,
    (socket.AF_INET, False): socket.IP_DROP_MEMBERSHIP,
    (socket.AF_INET6, True): socket.IPV6_JOIN_GROUP,
    (socket.AF_INET6, False): socket.IPV6_LEAVE_GROUP,
}


class UnsentError(OSError):
    """Report that a datagram was not sent, as too many wait already."""


class Receiver(Protocol):
    """Take what happens to a UDP socket."""

    def received(self, data: bytes, address: Address) -> None:
        """Take a datagram."""

    def failed(self, error: OSError) -> None:
        """Take that one could not be received, or that an earlier one did not arrive."""

    def oversized(self, address: Address) -> None:
        """Take that one was dropped, as it has more bytes than are received."""


class Datagrams:
    """A UDP socket.

    Args:
        loop: the running event loop.
        family: AF_INET or AF_INET6.
        receiver: takes what happens.
        broadcast: whether datagrams may go to broadcast addresses.
        permit: decides where it may listen and send; None is anywhere.
        max_datagram: bytes of a datagram that is received.

    Raises:
        OSError: the system gives no socket.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        family: socket.AddressFamily,
        receiver: Receiver,
        *,
        broadcast: bool = False,
        permit: DatagramPermit | None = None,
        max_datagram: int = MAX_DATAGRAM,
    ) -> None:
        self.is_bound = False
        """Whether it listens, so that datagrams of anybody are welcome."""
        self.dropped = 0
        """Datagrams that came and were not delivered, as far as is known here."""
        self._loop = loop
        self._family = family
        self._receiver = receiver
        self._permit = permit
        self._max_datagram = max_datagram
        self._targets: dict[tuple[str, int], tuple[Address, float]] = {}
        self._peers: dict[str, None] = {}  # addresses that were sent to, while that matters
        self._resolving: dict[tuple[str, int], list[tuple[bytes, Sent]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._queue: deque[tuple[bytes, Address, Sent]] = deque()
        self._waiting = 0
        self._waiting_bytes = 0
        self._is_reading = False
        self._is_paused = False
        self._is_writing = False
        self._sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._sock.setblocking(False)
            if family == socket.AF_INET6:
                self._sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if broadcast:
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        except BaseException:
            self._sock.close()
            raise

    @property
    def address(self) -> Address:
        """Return where it is bound."""
        bound: Address = self._sock.getsockname()
        return bound

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._sock.fileno() < 0

    async def bind(self, host: str, port: int) -> int:
        """Listen, and return the port.

        Args:
            host: name or IP address of an interface.
            port: 0 takes any free one.

        Raises:
            AccessDeniedError: it may not listen there.
            OSError: the name cannot be resolved, or the port cannot be bound.
        """
        address = self._numeric(host, port) or await self._look_up(host, port, passive=True)
        if self._permit is not None:
            self._permit.check_listen(host, port, [_without_zone(address)], udp=True)
        if self.is_closed:
            raise OSError("the socket was closed")
        self._sock.bind(address)
        self.is_bound = True
        self._read()
        return int(self._sock.getsockname()[1])

    def send(self, data: bytes, host: str, port: int, sent: Sent) -> None:
        """Send a datagram; those to one place leave in their order.

        Args:
            data: its bytes.
            host: name or IP address.
            port: of the receiver.
            sent: takes that it was handed to the system, or why not; perhaps before this returns.
        """
        key = (host, port)
        target = self._targets.get(key)
        if target is not None and target[1] > self._loop.time():
            self._send(data, target[0], sent)
            return
        try:
            if self._permit is not None:
                self._permit.check_name(host, port, udp=True)
            address = self._numeric(host, port)
            if address is not None:
                self._know(key, address, float("inf"))
                self._send(data, address, sent)
                return
        except Exception as error:
            sent(error)
            return
        if self._is_full(data, sent):
            return
        self._wait(data)
        if key in self._resolving:
            self._resolving[key].append((data, sent))
            return
        self._resolving[key] = [(data, sent)]
        task = self._loop.create_task(self._resolve(host, port))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def set_membership(self, group: str, interface: str, *, is_member: bool) -> None:
        """Join a multicast group, or leave it.

        Args:
            group: its IP address.
            interface: address of an interface, or its name for IPv6; empty leaves it to the system.
            is_member: whether to join.

        Raises:
            OSError: the system does not do it.
        """
        packed = socket.inet_pton(self._family, group)
        if self._family == socket.AF_INET:
            packed += socket.inet_pton(socket.AF_INET, interface or "0.0.0.0")  # noqa: S104 (any)
            level = socket.IPPROTO_IP
        else:
            packed += struct.pack("@I", socket.if_nametoindex(interface) if interface else 0)
            level = socket.IPPROTO_IPV6
        self._sock.setsockopt(level, _MEMBERSHIP[self._family, is_member], packed)

    def set_multicast(self, *, hops: int | None = None, loopback: bool | None = None) -> None:
        """Set how multicast datagrams are sent.

        Args:
            hops: routers that they may pass (time to live); None leaves it.
            loopback: whether sockets of this machine get them; None leaves it.

        Raises:
            OSError: the system does not do it.
            ValueError: there cannot be so many.
        """
        is_ipv4 = self._family == socket.AF_INET
        level = socket.IPPROTO_IP if is_ipv4 else socket.IPPROTO_IPV6
        if hops is not None:
            if not 0 <= hops <= _MAX_HOPS:
                raise ValueError(f"{hops} is no number of routers")
            name = socket.IP_MULTICAST_TTL if is_ipv4 else socket.IPV6_MULTICAST_HOPS
            self._sock.setsockopt(level, name, hops)
        if loopback is not None:
            name = socket.IP_MULTICAST_LOOP if is_ipv4 else socket.IPV6_MULTICAST_LOOP
            self._sock.setsockopt(level, name, int(loopback))

    def pause(self) -> None:
        """Read no more; what comes waits in the system, which drops what it has no room for."""
        self._is_paused = True
        self._read()

    def resume(self) -> None:
        """Read again."""
        self._is_paused = False
        self._read()

    def close(self) -> None:
        """Close the socket; what waits to be sent is dropped, and told."""
        if self.is_closed:
            return
        for task in self._tasks:
            task.cancel()
        self._is_paused = True
        self._read()
        self._write(False)
        self._sock.close()
        waiting = [(data, sent) for pairs in self._resolving.values() for data, sent in pairs]
        waiting += [(data, sent) for data, _, sent in self._queue]
        self._resolving.clear()
        self._queue.clear()
        for _, sent in waiting:
            sent(UnsentError("the socket was closed before the datagram was sent"))

    def lost_in_system(self) -> int | None:
        """Return how many datagrams the system had no room for; None where it does not say."""
        name = "/proc/net/udp6" if self._family == socket.AF_INET6 else "/proc/net/udp"
        with suppress(OSError, ValueError, IndexError):
            inode = str(os.fstat(self._sock.fileno()).st_ino)
            with open(name, encoding="ascii") as file:
                for line in file:
                    fields = line.split()
                    if fields[9] == inode:
                        return int(fields[-1])
        return None

    # Receiving.

    def _read(self) -> None:
        """Watch the socket, or stop that."""
        wanted = not self._is_paused and not self.is_closed
        if wanted == self._is_reading:
            return
        self._is_reading = wanted
        if wanted:
            self._loop.add_reader(self._sock, self._receive)
        else:
            self._loop.remove_reader(self._sock)

    def _receive(self) -> None:
        receive, size, receiver = self._sock.recvfrom, self._max_datagram, self._receiver
        for _ in range(SHARE_FRAMES):
            try:
                data, address = receive(size + 1)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                # What an earlier datagram met on its way: nobody listens there, for example.
                receiver.failed(error)
                return
            if self._permit is not None and not self.is_bound and address[0] not in self._peers:
                # Who may not listen hears those only that were spoken to.
                self.dropped += 1
            elif len(data) > size:
                self.dropped += 1
                receiver.oversized(address)
            else:
                receiver.received(data, address)
            if not self._is_reading:
                return

    # Sending.

    def _send(self, data: bytes, address: Address, sent: Sent) -> None:
        if self._queue:
            self._enqueue(data, address, sent)
            return
        try:
            self._sock.sendto(data, address)
        except (BlockingIOError, InterruptedError):
            self._enqueue(data, address, sent)
            return
        except OSError as error:
            sent(error)
            return
        if not (self._is_reading or self._is_paused):
            # The system has bound it: there may be answers.
            self._read()
        sent(None)

    def _enqueue(self, data: bytes, address: Address, sent: Sent) -> None:
        if not self._is_full(data, sent):
            self._wait(data)
            self._queue.append((data, address, sent))
            self._write(True)

    def _is_full(self, data: bytes, sent: Sent) -> bool:
        if self._waiting < MAX_UNSENT and self._waiting_bytes + len(data) <= MAX_UNSENT_BYTES:
            return False
        sent(UnsentError(f"{self._waiting} datagrams wait to be sent already"))
        return True

    def _wait(self, data: bytes) -> None:
        self._waiting += 1
        self._waiting_bytes += len(data)

    def _wait_no_more(self, data: bytes) -> None:
        self._waiting -= 1
        self._waiting_bytes -= len(data)

    def _write(self, wanted: bool) -> None:
        if wanted == self._is_writing:
            return
        self._is_writing = wanted
        if wanted:
            self._loop.add_writer(self._sock, self._send_queued)
        else:
            self._loop.remove_writer(self._sock)

    def _send_queued(self) -> None:
        for _ in range(SHARE_FRAMES):
            if not self._queue:
                break
            data, address, sent = self._queue[0]
            failure: OSError | None = None
            try:
                self._sock.sendto(data, address)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                failure = error
            self._queue.popleft()
            self._wait_no_more(data)
            sent(failure)
        if not self._queue:
            self._write(False)
            self._read()

    # Names.

    def _numeric(self, host: str, port: int) -> Address | None:
        """Return the address that a host is, without asking anybody; None if it is a name."""
        if host == "localhost":
            # RFC 6761 section 6.3, whatever a resolver says.
            host = "127.0.0.1" if self._family == socket.AF_INET else "::1"
        if read_address(host) is None:
            return None
        try:
            found = socket.getaddrinfo(
                host, port, self._family, socket.SOCK_DGRAM, 0, socket.AI_NUMERICHOST
            )
        except (OSError, UnicodeError):
            return None
        return found[0][4]  # type: ignore[return-value]

    async def _look_up(self, host: str, port: int, *, passive: bool = False) -> Address:
        flags = socket.AI_PASSIVE if passive else 0
        try:
            found = await self._loop.getaddrinfo(
                host, port, family=self._family, type=socket.SOCK_DGRAM, flags=flags
            )
        except UnicodeError as error:
            raise socket.gaierror(socket.EAI_NONAME, f"not a host name: {error}") from None
        return found[0][4]  # type: ignore[return-value]

    async def _resolve(self, host: str, port: int) -> None:
        """Resolve the name that datagrams wait for, once, and send them."""
        key = (host, port)
        failure: Exception | None = None
        address: Address | None = None
        try:
            address = await self._look_up(host, port)
            self._know(key, address, self._loop.time() + NAME_LIFETIME)
        except Exception as error:
            failure = error
        for data, sent in self._resolving.pop(key, []):
            self._wait_no_more(data)
            if address is None or failure is not None:
                sent(failure)
            else:
                self._send(data, address, sent)

    def _know(self, key: tuple[str, int], address: Address, until: float) -> None:
        """Remember an address that may be sent to.

        Raises:
            AccessDeniedError: it may not.
        """
        if self._permit is not None:
            self._permit.check_connect(*key, [_without_zone(address)], udp=True)
            if not self.is_bound:
                if len(self._peers) >= MAX_NAMES:
                    del self._peers[next(iter(self._peers))]
                self._peers[address[0]] = None
        if len(self._targets) >= MAX_NAMES:
            self._targets.clear()
        self._targets[key] = address, until


def _without_zone(address: Address) -> str:
    return str(address[0]).partition("%")[0]
