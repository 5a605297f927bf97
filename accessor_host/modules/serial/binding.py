"""The Python half of ``@modules/serial``: the ports of scripts.

Scripts speak of a port by its target, and its events go there, each with the number of the opening
that it belongs to: what comes from an earlier one is not told.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...net.listing import MAX_SHOWN, more_than_shown
from ...net.quoting import printable
from .links import LOOPBACK

if TYPE_CHECKING:
    from ...core.services import Services
    from .port import Port

__all__ = ["SerialPorts"]


class SerialPorts:
    """All ports of one host's scripts.

    Args:
        services: of the host.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._ports: dict[int, Port] = {}
        self._users: dict[str, Port] = {}
        self.operations: Mapping[str, Callable[..., None]] = {
            "serial.create": self._create,
            "serial.open": self._open,
            "serial.send": self._send,
            "serial.receive": self._receive,
            "serial.close": self._close,
            "serial.forget": self._forget,
        }
        self.questions: Mapping[str, Callable[..., Any]] = {"serial.ports": self._list}

    async def stop(self) -> None:
        """Close every port; what was sent leaves before."""
        ports = list(self._ports.values())
        for port in ports:
            port.close()
        for port in ports:
            await port.wait_closed()

    def state(self) -> list[str]:
        """Describe the ports that are in use."""
        users = list(self._users.items())
        shown = [
            f"  {printable(name)} of {printable(port.owner) or '?'}: {port.unsent} bytes unsent"
            for name, port in users[:MAX_SHOWN]
        ]
        return [f"serial ports: {len(users)}", *shown, *more_than_shown(len(users))]

    def _create(
        self, target: int, name: str, owner: str, timeout: float, options: dict[str, Any]
    ) -> None:
        # Imported late: a script may only ask which ports there are.
        from .port import Port

        if target not in self._ports:
            self._ports[target] = Port(
                self._services, self._users, target, name, owner, timeout, options
            )

    def _open(self, target: int, opening: int) -> None:
        if target in self._ports:
            self._ports[target].open(opening)

    def _send(self, target: int, payload: list[Any]) -> None:
        if target in self._ports:
            self._ports[target].send(payload)

    def _receive(self, target: int, kind: str) -> None:
        if target in self._ports:
            self._ports[target].receive(kind)

    def _close(self, target: int) -> None:
        if target in self._ports:
            self._ports[target].end()

    def _forget(self, target: int) -> None:
        port = self._ports.get(target)
        if port is not None and port.is_idle:
            del self._ports[target]

    def _list(self) -> list[str]:
        permissions = self._services.permissions
        rules = None if permissions is None else permissions.allowed("serial")
        if rules == []:
            return [LOOPBACK]
        try:
            from serial.tools.list_ports import comports
        except ImportError:
            return [LOOPBACK]
        names = sorted(str(port.device) for port in comports())
        if rules is not None:
            names = [one for one in names if any(r.means(os.path.realpath(one)) for r in rules)]
        return [LOOPBACK, *names]
