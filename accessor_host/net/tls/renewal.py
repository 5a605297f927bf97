"""The certificate of a server that goes on while its files are replaced.

The files are looked at when a client begins its TLS handshake. Those who watch files all the time
need a thread or a descriptor for it, and find changes that no client would see.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from ...errors import AccessDeniedError, TlsError
from .contexts import server_context

if TYPE_CHECKING:
    from ssl import SSLContext

    from ..permits import ListenPermit
    from .settings import ServerTls

__all__ = ["LOOK_INTERVAL", "PATIENCE", "SETTLING_TIME", "Renewal", "RenewalError"]

logger = logging.getLogger("accessor_host.tls")

LOOK_INTERVAL = 1.0
"""Seconds between two looks at the files: four calls of stat take 10 us, a handshake 1 ms."""

PATIENCE = 2.0
"""Seconds for which handshakes wait for new files to be read; then they get the old certificate.

Reading takes milliseconds. A file system that hangs must not keep clients out.
"""

SETTLING_TIME = 1.0
"""Seconds after which files that cannot be used are an error, unless they have changed again.

A key and its certificate are replaced one after the other: in between they do not belong together.
"""

RenewalError: TypeAlias = AccessDeniedError | TlsError
"""Why files cannot be used."""

_Stamp: TypeAlias = "tuple[tuple[int, int, int] | None, ...]"


class Renewal:
    """The context of a server, and a new one whenever its files have changed.

    Args:
        settings: name the files.
        failed: takes why changed files cannot be used; the certificate stays as it was.
        permit: decides which files may be read; None is any.
    """

    def __init__(
        self,
        settings: ServerTls,
        failed: Callable[[RenewalError], None],
        permit: ListenPermit | None = None,
    ) -> None:
        self._settings = settings
        self._failed = failed
        self._permit = permit
        self._paths = settings.paths
        self._context: SSLContext | None = None
        self._stamp: _Stamp = ()
        self._looked_at = 0.0
        self._work: asyncio.Task[None] | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._settling: asyncio.TimerHandle | None = None

    @property
    def context(self) -> SSLContext:
        """Return the context for handshakes that begin now."""
        if self._context is None:
            raise RuntimeError("the files were not read yet")
        return self._context

    async def start(self) -> None:
        """Read the files.

        Raises:
            TlsError: one cannot be used; the message names it.
        """
        self._loop = asyncio.get_running_loop()
        # Before they are read: what changes meanwhile is found later.
        self._stamp = self._look_at_files()
        self._context = await asyncio.to_thread(server_context, self._settings)
        self._looked_at = self._loop.time()

    def close(self) -> None:
        """Look at the files no more."""
        if self._settling is not None:
            self._settling.cancel()
        if self._work is not None:
            self._work.cancel()
        self._let_go()

    def look(self) -> asyncio.Future[None] | None:
        """Look at the files, unless that was done lately.

        Returns:
            What a handshake has to wait for to get the newest certificate; None if it has it.
        """
        now = self._loop.time()
        if self._work is None and now - self._looked_at >= LOOK_INTERVAL:
            self._looked_at = now
            stamp = self._look_at_files()
            if stamp != self._stamp:
                self._read(stamp, is_asked=False)
        return self._waiting

    def renew(self) -> None:
        """Read the files now, changed or not."""
        if self._work is None:
            self._read(self._look_at_files(), is_asked=True)
        else:
            self._looked_at = -LOOK_INTERVAL  # the next handshake finds what has changed since

    def _look_at_files(self) -> _Stamp:
        return tuple(map(_stamp_of, self._paths))

    def _read(self, stamp: _Stamp, *, is_asked: bool) -> None:
        self._stamp = stamp
        self._waiting = self._loop.create_future()
        self._patience = self._loop.call_later(PATIENCE, self._let_go)
        self._work = self._loop.create_task(self._replace(is_asked))

    async def _replace(self, is_asked: bool) -> None:
        try:
            if self._permit is not None:
                self._permit.check_files(self._paths)
            # In a thread: reading takes milliseconds, which open connections would wait for.
            self._context = await asyncio.to_thread(server_context, self._settings)
            logger.info("the certificate was read again: %s", ", ".join(map(repr, self._paths)))
        except (AccessDeniedError, TlsError) as error:
            if is_asked:
                self._failed(error)
            else:
                self._settling = self._loop.call_later(
                    SETTLING_TIME, self._settle, error, self._stamp
                )
        except Exception:
            logger.exception("the certificate could not be read again")
        finally:
            self._work = None
            self._let_go()

    def _settle(self, error: RenewalError, stamp: _Stamp) -> None:
        """Tell of files that cannot be used, unless they were replaced meanwhile."""
        if self._work is not None or self._stamp != stamp:
            return
        now = self._look_at_files()
        if now == stamp:
            self._failed(error)
        else:
            self._read(now, is_asked=False)

    def _let_go(self) -> None:
        """Have handshakes wait no longer, neither for these files nor by the time for them."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if self._waiting is not None:
            self._waiting.set_result(None)
            self._waiting = None


def _stamp_of(path: str) -> tuple[int, int, int] | None:
    """Return what is another for another file; None where there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
