"""The Python half of ``@modules/os``: what a script may know of the machine."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["OperatingSystem"]

_ARCHITECTURES = {
    "aarch64": "arm64",
    "amd64": "x64",
    "armv6l": "arm",
    "armv7l": "arm",
    "i386": "ia32",
    "i686": "ia32",
    "x86_64": "x64",
}
"""What Node calls a processor, where it is not what the system calls it."""


class OperatingSystem:
    """Answer what the scripts of one host ask about the machine."""

    def __init__(self, _services: Services) -> None:
        self.operations: Mapping[str, Callable[..., None]] = {}
        self.questions: Mapping[str, Callable[..., Any]] = {
            "os.hostname": platform.node,
            "os.facts": _facts,
        }

    async def stop(self) -> None:
        """Nothing is to be stopped."""


def _facts() -> dict[str, str]:
    machine = platform.machine().lower()
    system = platform.system()
    return {
        "platform": sys.platform,
        "type": "Windows_NT" if system == "Windows" else system,
        "arch": _ARCHITECTURES.get(machine, machine),
        "endianness": "LE" if sys.byteorder == "little" else "BE",
    }
