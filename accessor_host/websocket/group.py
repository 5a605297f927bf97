"""What the connections of one owner have in common: a listener's, or a client's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..net.deadlines import Deadlines
from ..net.flusher import Flusher
from ..net.shares import Shares
from .framing import LastText
from .limits import Limits

if TYPE_CHECKING:
    from .handler import Handler

__all__ = ["ConnectionGroup"]


class ConnectionGroup:
    """What all connections of one owner have in common.

    Args:
        handler: takes what happens.
        limits: for each connection.
        flusher: writes once per loop iteration.
        deadlines: the one timer.
        shares: bounds what each peer gets of an iteration of the loop.
        clock: loop time in seconds.
        refusals: what peers were refused, counted by its kind: a status of HTTP as ``HTTP 403``,
            the code of a :class:`~accessor_host.errors.ConnectionFault`, or what was too late.
    """

    __slots__ = (
        "clock",
        "deadlines",
        "flusher",
        "handler",
        "has_idle_timeout",
        "last_text",
        "limits",
        "max_message_size",
        "refusals",
        "shares",
        "watches_messages",
    )

    def __init__(
        self,
        handler: Handler,
        limits: Limits,
        flusher: Flusher,
        deadlines: Deadlines,
        shares: Shares,
        clock: Callable[[], float],
        refusals: Counter[str],
    ) -> None:
        self.handler = handler
        self.limits = limits
        self.flusher = flusher
        self.deadlines = deadlines
        self.refusals = refusals
        self.shares = shares
        self.clock = clock
        self.last_text = LastText(flusher)
        # Asked for with every message.
        self.max_message_size = limits.max_message_size
        self.has_idle_timeout = limits.idle_timeout > 0
        self.watches_messages = self.has_idle_timeout or limits.message_rate > 0
