"""How long to wait before a worker that died is started again."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = [
    "DELAY_FACTOR",
    "FIRST_DELAY",
    "MAX_DEATHS",
    "MAX_DELAY",
    "STEADY_AFTER",
    "Backoff",
]

FIRST_DELAY = 0.2
"""Seconds before the first new start: a lone crash costs clients next to nothing."""

DELAY_FACTOR = 2.0
"""What each further death in a row multiplies the delay by."""

MAX_DELAY = 10.0
"""Most seconds before a new start: what made the worker die is found out soon after it is over."""

STEADY_AFTER = 10.0
"""Seconds that a worker has to live for its earlier deaths to be forgotten: far longer than a
start takes, so that what dies sooner is likely to die again."""

MAX_DEATHS = 8
"""Deaths in a row that are too many: seven new starts over 22 seconds did not help."""


@dataclass
class Backoff:
    """The delays of one worker.

    Args:
        first_delay: seconds before the first new start.
        factor: growth of the delay with each death in a row.
        max_delay: most seconds.
        steady_after: seconds that a worker has to live for its earlier deaths to be forgotten.
        max_deaths: deaths in a row after which there is no new start.
    """

    first_delay: float = FIRST_DELAY
    factor: float = DELAY_FACTOR
    max_delay: float = MAX_DELAY
    steady_after: float = STEADY_AFTER
    max_deaths: int = MAX_DEATHS
    deaths: int = field(default=0, init=False)
    """Deaths in a row so far."""

    def delay(self, alive: float) -> float | None:
        """Take a death into account.

        Args:
            alive: seconds that the worker lived.

        Returns:
            Seconds until it is to be started again, or ``None`` when it is to stay dead.
        """
        if alive >= self.steady_after:
            self.deaths = 0
        self.deaths += 1
        if self.deaths >= self.max_deaths:
            return None
        delay: float = self.first_delay * self.factor ** (self.deaths - 1)
        return min(delay, self.max_delay)
