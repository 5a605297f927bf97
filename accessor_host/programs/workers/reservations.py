"""The ports that a supervisor keeps for its workers."""

from __future__ import annotations

import errno
import os
import socket
from dataclasses import dataclass, field
from typing import NamedTuple

from ...errors import ListenError
from ...net.addresses import Address, reserve

__all__ = ["Place", "Reservations"]


class Place(NamedTuple):
    """What makes two servers of different workers the same one."""

    host: str
    """Name or IP address of the interface."""
    port: int
    """TCP port; 0 is any free one."""
    ordinal: int
    """Which one it is of those with port 0; 0 for other ports."""


@dataclass
class _Reservation:
    guards: list[socket.socket]
    holders: set[int] = field(default_factory=set)

    @property
    def port(self) -> int:
        return int(self.guards[0].getsockname()[1])


class Reservations:
    """Ports that nobody can take but the workers."""

    def __init__(self) -> None:
        self._reservations: dict[Place, _Reservation] = {}

    def claim(self, worker: int, place: Place, addresses: list[Address]) -> int:
        """Let a worker listen.

        Args:
            worker: number of the worker.
            place: the server.
            addresses: where to listen.

        Returns:
            The port.

        Raises:
            ListenError: the port is taken by another program, or by another server of the script.
        """
        host, port, _ = place
        reservation = self._reservations.get(place)
        if reservation is None:
            reservation = _Reservation(reserve(host, addresses, port))
            self._reservations[place] = reservation
        elif worker in reservation.holders:
            code = errno.EADDRINUSE
            raise ListenError(errno.errorcode[code], host, port, os.strerror(code))
        reservation.holders.add(worker)
        return reservation.port

    def release(self, worker: int, place: Place) -> None:
        """Take back a worker's right to listen; nothing when it has none."""
        reservation = self._reservations.get(place)
        if reservation is None:
            return
        reservation.holders.discard(worker)
        # A port that the system chose is kept: a worker that starts anew has to find it again.
        if not reservation.holders and place.port:
            del self._reservations[place]
            _close(reservation)

    def forget(self, worker: int) -> None:
        """Take back all rights of a worker that is gone."""
        for place in list(self._reservations):
            self.release(worker, place)

    def close(self) -> None:
        """Keep no port any longer."""
        for reservation in self._reservations.values():
            _close(reservation)
        self._reservations.clear()


def _close(reservation: _Reservation) -> None:
    for guard in reservation.guards:
        guard.close()
