"""The shell: JavaScript typed line by line, while accessors run."""

from __future__ import annotations

from .session import Session

__all__ = ["Session"]
