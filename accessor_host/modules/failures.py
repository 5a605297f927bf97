"""What fails in a module, for its script."""

from __future__ import annotations

from ..errors import AccessorHostError

__all__ = ["ModuleError"]


class ModuleError(AccessorHostError):
    """Report to a script what failed in a module; each module has its own kind.

    Args:
        code: stable machine-readable name.
        reason: the cause in words.
    """

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(reason)
