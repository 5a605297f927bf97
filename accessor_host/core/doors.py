"""The doors of one host: where a server of one module hands connections to one of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..net.handover import Door, Guest

__all__ = ["Doors"]


class Doors:
    """Find the door of a server by the number that scripts' halves of modules know it by.

    Either side may ask first: the one that accepts, and those that take what it hands over.
    """

    def __init__(self) -> None:
        self._doors: dict[int, Door] = {}

    def door(self, number: int) -> Door:
        """Return a door, new if nobody has asked for it yet.

        Args:
            number: of ``runtime/kit/doors.js``.
        """
        door = self._doors.get(number)
        if door is None:
            # Imported late: few servers share their port.
            from ..net.handover import Door

            door = self._doors[number] = Door()
        return door

    def guest(self, number: int, path: str | None) -> Guest:
        """Return a new guest of a door.

        Args:
            number: as for :meth:`door`.
            path: the one that it serves, without query; None is any.
        """
        return self.door(number).guest(path)

    def forget(self, number: int) -> None:
        """Take that the server of a door is gone; its guests stay with the door, if it has any."""
        door = self._doors.get(number)
        if door is not None and door.is_empty:
            del self._doors[number]
