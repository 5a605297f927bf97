"""What players, captures and clips have in common: a device that is opened and closed aside.

To open or close a device can take long, so that threads do it. Whatever is stopped meanwhile is
closed once it is open, and nobody hears of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..errors import AccessDeniedError
from .sound_devices import SoundError

if TYPE_CHECKING:
    from ..core.services import Services

__all__ = ["End"]


class _Closable(Protocol):
    def close(self) -> None: ...


T = TypeVar("T", bound=_Closable)


class End:
    """The Python half of one object of a script.

    Args:
        services: of the host.
        target: of the object.
    """

    def __init__(self, services: Services, target: int) -> None:
        self.services = services
        self.target = target
        self.answered = 0
        """Operations that were done, for the end of the lease."""
        self._epoch = 0
        self._device: _Closable | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._opening = 0

    @property
    def is_open(self) -> bool:
        """Whether it has a device, is about to, or has not given one back yet."""
        return self._device is not None or self._opening > 0 or bool(self._closing)

    def stop(self) -> None:
        """Give up what is under way, and the device."""
        self._epoch += 1
        device, self._device = self._device, None
        if device is not None:
            self._close(device)
        self.services.release(self)

    async def wait_closed(self) -> None:
        """Wait until all devices have been given back."""
        while self._closing:
            await asyncio.wait(self._closing)

    def post(self, event: str, *details: str | int | float) -> None:
        """Tell the script something."""
        self.services.post((self.target, event, *details))

    def fail(self, error: SoundError | AccessDeniedError) -> None:
        """Tell the script what is wrong."""
        if isinstance(error, AccessDeniedError):
            self.post("denied", error.reason, error.permission, error.resource)
        else:
            self.post("failed", error.code, error.reason)

    def settle(self) -> None:
        """Offer the end of the lease when nothing is under way."""
        if not self.is_open:
            self.post("idle", self.answered)

    async def open_device(self, make: Callable[[], T]) -> T | None:
        """Open a device in a thread, and keep it until :meth:`stop`.

        Args:
            make: opens it.

        Returns:
            None if it was stopped meanwhile.

        Raises:
            SoundError: it cannot be opened.
        """
        epoch = self._epoch
        self._opening += 1
        making = asyncio.ensure_future(asyncio.to_thread(make))
        try:
            device = await asyncio.shield(making)
        except asyncio.CancelledError:
            # The thread goes on, and what it opens is nobody's.
            making.add_done_callback(_discard)
            raise
        finally:
            self._opening -= 1
        if epoch != self._epoch:
            self._close(device)
            return None
        self._device = device
        return device

    def is_current(self, epoch: int) -> bool:
        """Tell whether nothing was stopped since an epoch."""
        return epoch == self._epoch

    @property
    def epoch(self) -> int:
        """Return a number that changes whenever something is stopped."""
        return self._epoch

    def _close(self, device: _Closable) -> None:
        task = self.services.loop.create_task(asyncio.to_thread(device.close))
        self._closing.add(task)
        task.add_done_callback(self._on_closed)

    def _on_closed(self, task: asyncio.Task[None]) -> None:
        self._closing.discard(task)
        self.settle()


def _discard(making: asyncio.Future[Any]) -> None:
    if not making.cancelled() and making.exception() is None:
        making.result().close()
