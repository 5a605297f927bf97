"""What ends a benchmark."""

from __future__ import annotations

__all__ = ["BenchError", "SkippedError"]


class BenchError(Exception):
    """Report that something is missing, or that a measurement failed."""


class SkippedError(Exception):
    """Report that one scenario cannot be measured here."""
