"""What the connections of one owner have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ..errors import ConnectionFault
from ..net.deadlines import Deadlines
from ..net.flusher import Flusher
from .limits import Limits

if TYPE_CHECKING:
    from .connection import Connection

__all__ = ["Handler", "Shared"]


class Handler(Protocol):
    """Take what happens to connections; called in the loop's thread, never raises."""

    def opened(self, connection: Connection) -> None:
        """Take a connection whose opening handshake is done."""

    def message(self, connection: Connection, data: str | bytes) -> None:
        """Take a complete message: str from text frames, bytes from binary frames."""

    def fault(self, connection: Connection, fault: ConnectionFault) -> None:
        """Take what the peer did wrong; at most once, and ``closed`` follows."""

    def closed(self, connection: Connection, code: int, reason: str) -> None:
        """Take the end, exactly once after ``opened``; TCP is gone.

        Args:
            connection: of which nothing more is heard.
            code: of the close frame that came, else of the one that was sent, else 1006.
            reason: of the same close frame.
        """


class Shared:
    """What all connections of one owner have in common.

    Args:
        handler: takes what happens.
        limits: for each connection.
        flusher: writes once per loop iteration.
        deadlines: the one timer.
        clock: loop time in seconds.
        made: told when a connection has its TCP.
        lost: told when a connection's TCP is gone.
    """

    __slots__ = (
        "clock",
        "deadlines",
        "flusher",
        "handler",
        "has_idle_timeout",
        "limits",
        "lost",
        "made",
    )

    def __init__(
        self,
        handler: Handler,
        limits: Limits,
        flusher: Flusher,
        deadlines: Deadlines,
        clock: Callable[[], float],
        made: Callable[[Connection], None],
        lost: Callable[[Connection], None],
    ) -> None:
        self.handler = handler
        self.limits = limits
        self.flusher = flusher
        self.deadlines = deadlines
        self.clock = clock
        self.made = made
        self.lost = lost
        # Asked for with every message.
        self.has_idle_timeout = limits.idle_timeout > 0
