"""The arithmetic: medians, ratios of what was measured in the same round, and targets."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

__all__ = ["better", "median", "pairwise", "reaches", "spread"]


def pairwise(values: Sequence[float], baseline: Sequence[float]) -> list[float]:
    """Return the ratio of each value to what the baseline had in the same round.

    Args:
        values: one for each round.
        baseline: one for each round, too.
    """
    return [value / base for value, base in zip(values, baseline, strict=True)]


def spread(values: Sequence[float]) -> float:
    """Return how far the values lie from their median at most, as a part of it."""
    middle = median(values)
    return max(abs(value - middle) for value in values) / middle if middle else 0.0


def reaches(ratio: float, target: float, *, higher: bool) -> bool:
    """Return whether a ratio is as good as its target.

    Args:
        ratio: of medians or of one round.
        target: from the table of scenarios.
        higher: whether more is better.
    """
    return ratio >= target if higher else ratio <= target


def better(ratio: float, *, higher: bool) -> float:
    """Return a ratio that is the larger, the better: of times and sizes it is the inverse."""
    if higher:
        return ratio
    return 1 / ratio if ratio > 0 else float("inf")
