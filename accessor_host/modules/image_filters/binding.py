"""The Python half of ``@modules/image-filters``: questions, as ``filter`` returns the image.

The loop waits while an image is filtered. What that can take is bounded by the pixels of an image
and by the ranges of the options.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .limits import MAX_PIXELS

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["ImageFilters"]


class ImageFilters:
    """The filters of one host's scripts; nothing of one call stays for the next."""

    def __init__(self, services: Services) -> None:
        self.operations: Mapping[str, Callable[..., None]] = {}
        self.questions: Mapping[str, Callable[..., Any]] = {
            "image-filters.names": self._names,
            "image-filters.filter": self._filter,
        }

    async def stop(self) -> None:
        """Nothing is to be stopped: a filter ends before its event."""

    def _names(self) -> list[str]:
        from .filters import FILTERS

        return list(FILTERS)

    def _filter(self, payload: list[Any], name: str, options: dict[str, Any]) -> str:
        # Imported late: most scripts filter nothing when they start.
        from ..pictures import picture_of, picture_to_event
        from .filters import find_filter

        function = find_filter(name)
        picture = function(picture_of(payload, MAX_PIXELS), options)
        return picture_to_event(picture)
