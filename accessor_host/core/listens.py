"""Whether a run serves, or had a server that could not listen."""

from __future__ import annotations

__all__ = ["Listens"]


class Listens:
    """The starts of the servers of one host, so far as the end of a run depends on them.

    A failed start is made up for by a server that begins to start afterwards, the same or another
    one, and listens: a script may try a second port. One that was starting already does not count.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._made_up_for = 0

    @property
    def has_failed(self) -> bool:
        """Whether a server could not listen, and none has listened that was started later."""
        return self._failures > self._made_up_for

    def begin(self) -> int:
        """Take that a server begins to start; return what :meth:`succeeded` is to be told."""
        return self._failures

    def failed(self) -> None:
        """Take that a server could not listen."""
        self._failures += 1

    def succeeded(self, begun: int) -> None:
        """Take that a server listens.

        Args:
            begun: as :meth:`begin` returned it.
        """
        self._made_up_for = max(self._made_up_for, begun)
