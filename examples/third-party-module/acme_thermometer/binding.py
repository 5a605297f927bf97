"""The Python half of ``@modules/thermometer``: where the readings come from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from itertools import cycle
from typing import Any

from accessor_host.core.services import Services
from accessor_host.options import validate

__all__ = ["Thermometers"]

READINGS = (20.0, 20.5, 21.0)
"""Degrees Celsius; a real one would ask a device, with ``services.spawn`` or a thread."""


class Thermometers:
    """All thermometers of one host's scripts.

    Args:
        services: of the host.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._thermometers: dict[int, _Thermometer] = {}
        self.operations: Mapping[str, Callable[..., None]] = {
            "thermometer.start": self._start,
            "thermometer.stop": lambda target: self._thermometers[target].stop(),
            "thermometer.forget": self._thermometers.pop,
        }

    async def stop(self) -> None:
        """Stop them all: the host ends."""
        for thermometer in list(self._thermometers.values()):
            thermometer.close()

    def _start(self, target: int, options: dict[str, Any]) -> None:
        # What a script says is a request: the options are checked again, here.
        values = validate("thermometer", options).values
        thermometer = self._thermometers.get(target)
        if thermometer is None:
            thermometer = _Thermometer(self._services, target, values["period"], values["unit"])
            self._thermometers[target] = thermometer
        thermometer.start()


class _Thermometer:
    def __init__(self, services: Services, target: int, period: int, unit: str) -> None:
        self._services = services
        self._target = target
        self._period = period / 1000
        self._fahrenheit = unit == "fahrenheit"
        self._readings = cycle(READINGS)
        self._answered = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._answered += 1
        if self._timer is None and not self._services.is_stopping:
            # The run goes on as long as something is held.
            self._services.hold(self)
            self._arm()
        else:
            self._offer()

    def stop(self) -> None:
        self._answered += 1
        self.close()
        self._offer()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._services.release(self)
            self._services.post((self._target, "closed"))

    def _arm(self) -> None:
        self._timer = self._services.loop.call_later(self._period, self._read)

    def _read(self) -> None:
        degrees = next(self._readings)
        value = degrees * 9 / 5 + 32 if self._fahrenheit else degrees
        self._services.post((self._target, "reading", value))
        self._arm()

    def _offer(self) -> None:
        # Both halves forget each other when neither has anything more to say.
        if self._timer is None:
            self._services.post((self._target, "idle", self._answered))
