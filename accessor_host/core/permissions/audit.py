"""Learning what scripts need: every use is noted, and nothing is refused."""

from __future__ import annotations

import json
from typing import TextIO

__all__ = ["MAX_VALUES", "Audit"]

MAX_VALUES = 10_000
"""Values of one power that are kept: a script that needs more needs a rule with a wildcard."""


class Audit:
    """Note what scripts use, and write a line for each value that would be refused.

    Args:
        stream: where the lines go.
        as_json: whether a line is a JSON object rather than a sentence.
    """

    def __init__(self, stream: TextIO, *, as_json: bool = False) -> None:
        self._stream = stream
        self._as_json = as_json
        self._used: dict[str, dict[str, None]] = {}
        self._told: set[tuple[str, str]] = set()

    def use(self, power: str, value: str) -> None:
        """Note a use.

        Args:
            power: for example ``"listen"``.
            value: as a rule has it.
        """
        values = self._used.setdefault(power, {})
        if len(values) < MAX_VALUES:
            values[value] = None

    def tell(self, power: str, value: str, what: str) -> None:
        """Write that something would be refused, once for each value.

        Args:
            power: that it takes.
            value: as a rule has it.
            what: it is, in words.
        """
        key = (power, value)
        if key in self._told or len(self._told) >= MAX_VALUES:
            return
        self._told.add(key)
        if self._as_json:
            line = json.dumps({"permission": power, "resource": value, "action": what})
        else:
            line = f"accessor-host: {what} would be refused"
        self._stream.write(f"{line}\n")
        self._stream.flush()

    @property
    def smallest(self) -> dict[str, list[str]]:
        """Return the smallest grants with which the same run is refused nothing."""
        return {power: _without_covered(power, values) for power, values in self._used.items()}


def _without_covered(power: str, values: dict[str, None]) -> list[str]:
    def is_covered(value: str) -> bool:
        if power == "listen":
            return f"*:{value}" in values
        if power in ("read", "write"):
            return any(value.startswith(f"{other}/") for other in values)
        return False

    return sorted(value for value in values if not is_covered(value))
