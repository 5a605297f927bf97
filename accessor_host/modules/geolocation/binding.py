"""The Python half of ``@modules/geolocation``: the position that the operator gives.

Where a machine is, nobody but its operator knows for certain, and to ask a service on the network
would tell a stranger. So it is an environment variable, and scripts need the power to read it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ...errors import AccessDeniedError
from ..payloads import missing_permission

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["POSITION_VARIABLE", "Geolocation"]

POSITION_VARIABLE = "ACCESSOR_HOST_POSITION"
"""Environment variable with degrees north and degrees east, as in ``37.8756,-122.2588``."""

UNAVAILABLE = "ERR_POSITION_UNAVAILABLE"
"""Code of the error where the operator gives none."""


class Geolocation:
    """Answer where the machine is.

    Args:
        services: of the host.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self.operations: Mapping[str, Callable[..., None]] = {
            "geolocation.get": self._get,
            "geolocation.forget": self._forget,
        }

    async def stop(self) -> None:
        """Nothing is to be stopped."""

    def _get(self, target: int) -> None:
        post, permissions = self._services.post, self._services.permissions
        try:
            if permissions is not None:
                permissions.check("env", POSITION_VARIABLE)
            post((target, "position", *_position()))
        except AccessDeniedError as error:
            post((target, "failed", error.code, error.reason, *missing_permission(error)))
        except ValueError as error:
            post((target, "failed", UNAVAILABLE, str(error)))
        post((target, "idle", 1))

    def _forget(self, target: int) -> None:
        """Nothing was kept for a call."""


def _position() -> tuple[float, float]:
    text = os.environ.get(POSITION_VARIABLE)
    if not text:
        raise ValueError(
            f"the position of this machine is not known; its operator can set {POSITION_VARIABLE} "
            "to degrees north and degrees east, as in 37.8756,-122.2588"
        )
    try:
        north, east = map(float, text.split(","))
    except ValueError:
        north = east = math.nan
    if not (-90 <= north <= 90 and -180 <= east <= 180):
        raise ValueError(
            f"{POSITION_VARIABLE} must be degrees north and degrees east, as in 37.8756,-122.2588"
        )
    return north, east
