"""So many at once, and so many in a second: token buckets."""

from __future__ import annotations

__all__ = ["Bucket"]


class Bucket:
    """Let pass what comes no faster than a rate; as many as come in a second may come at once.

    The rate is handed in each time: it is the same for all buckets of one kind.

    Args:
        rate: how many pass in a second.
        now: loop time in seconds.
    """

    __slots__ = ("_left", "used_at")

    def __init__(self, rate: int, now: float) -> None:
        self.used_at = now
        """Loop time at which something was taken last."""
        self._left = float(rate)

    def take(self, count: int, rate: int, now: float) -> int:
        """Return how many of some pass now.

        Args:
            count: of them.
            rate: how many pass in a second.
            now: loop time in seconds.
        """
        # What was excused may be more than a second's worth; it does not grow, and is used up.
        left = max(self._left, min(float(rate), self._left + (now - self.used_at) * rate))
        passed = min(count, int(left))
        self._left = left - passed
        self.used_at = now
        return passed

    def excuse(self, rate: int, now: float) -> None:
        """Let pass at once what may have come since something was taken: we did not look.

        Args:
            rate: how many pass in a second.
            now: loop time in seconds.
        """
        self._left = max(self._left, (now - self.used_at) * rate)
        self.used_at = now
