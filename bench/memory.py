"""What a process takes in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Memory"]


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes in memory.

    Args:
        rss: all that is resident.
        pss: the same, but what it shares with other processes counted in part; 0 when the kernel
            does not say.
        uss: what is its own; 0 as well.
    """

    rss: int
    pss: int = 0
    uss: int = 0

    @classmethod
    def of(cls, pid: int) -> Memory:
        """Measure a process."""
        try:
            found = _kibibytes(Path(f"/proc/{pid}/smaps_rollup").read_text())
        except PermissionError:
            return cls(_kibibytes(Path(f"/proc/{pid}/status").read_text())["VmRSS"] * 1024)
        return cls(
            found["Rss"] * 1024,
            found["Pss"] * 1024,
            (found["Private_Clean"] + found["Private_Dirty"]) * 1024,
        )


def _kibibytes(text: str) -> dict[str, int]:
    found = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if value.endswith(" kB"):
            found[name] = int(value.removesuffix(" kB"))
    return found
