"""The Python half of ``getResource`` and its relatives (``runtime/accessors/resources.js``).

What a callback waits for comes from the web without a thread, and from a file with one. What the
script itself waits for stops the loop, for no longer than :data:`MAX_WAIT`.
"""

from __future__ import annotations

import asyncio
import json
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any

from ...errors import AccessDeniedError
from .files import ResourceFiles
from .resource import Resource, ResourceError, timed_out

if TYPE_CHECKING:
    from ...core.permissions import Permissions
    from ...core.services import Services
    from ...http.client.client import Client
    from .web import WebRequest

__all__ = ["MAX_RAW_SIZE", "MAX_REQUESTS", "MAX_WAIT", "Resources"]

MAX_REQUESTS = 16
"""Resources that one host gets at a time for callbacks; further ones wait their turn."""

MAX_WAIT = 8.0
"""Seconds that a script waits in the middle of an event, whatever it says: everything else in the
process waits with it. A callback may take 10 s by default: the script gets an error before the
watchdog ends the process."""

MAX_RAW_SIZE = 4 * 1024 * 1024
"""Most bytes of a resource that is an array in the script, with 16 bytes of heap for each."""


class Resources:
    """The resources that the scripts of one host ask for."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._files = ResourceFiles(services.folders, services.permissions)
        self._client: Client | None = None
        self._turn = asyncio.Semaphore(MAX_REQUESTS)
        self.operations: Mapping[str, Callable[..., None]] = {"resource.get": self._get}
        self.questions: Mapping[str, Callable[..., Any]] = {
            "resource": self._read,
            "http": self._request,
        }

    async def stop(self) -> None:
        """Cut what the host has given up already."""
        if self._client is not None:
            await self._client.close()

    def _read(self, request: dict[str, Any]) -> str:
        wanted = Wanted(request)
        wanted.seconds = min(wanted.seconds, MAX_WAIT)
        if wanted.is_web:
            return _content(_fetch_waiting(wanted, self._services.permissions), wanted)
        return _content(_wait(partial(_load, wanted, self._files), wanted), wanted)

    def _request(self, request: dict[str, Any]) -> str:
        wanted = Wanted(request)
        wanted.seconds = min(wanted.seconds, MAX_WAIT)
        return _fetch_waiting(wanted, self._services.permissions).text(None)

    def _get(self, target: int, call: int, request: dict[str, Any]) -> None:
        self._services.spawn(self._answer(target, call, Wanted(request)))

    async def _answer(self, target: int, call: int, wanted: Wanted) -> None:
        try:
            async with self._turn:
                if wanted.is_web:
                    resource = await self._fetch(wanted)
                else:
                    loading = asyncio.wrap_future(_begin(partial(_load, wanted, self._files)))
                    resource = await asyncio.wait_for(loading, wanted.seconds)
            content = _content(resource, wanted)
        except (AccessDeniedError, ResourceError) as error:
            self._services.post((target, "failed", call, error.code))
        except TimeoutError:
            self._services.post((target, "failed", call, wanted.timed_out().code))
        else:
            # As JSON: engines end a text at a NUL.
            self._services.post((target, "content", call, json.dumps(content, ensure_ascii=False)))

    async def _fetch(self, wanted: Wanted) -> Resource:
        # Imported late: most hosts never fetch anything, and it takes longer than all of theirs.
        from ...http.client.client import Client
        from .web import fetch

        if self._client is None:
            services = self._services
            self._client = Client(
                services.loop, flusher=services.flusher, permit=services.permissions
            )
        return await fetch(self._client, wanted.for_web())


class Wanted:
    """What a script asks for.

    Args:
        request: as the script says.

    Raises:
        ResourceError: a part of it is missing, or of the wrong type.
    """

    def __init__(self, request: dict[str, Any]) -> None:
        def part(name: str, kinds: type | tuple[type, ...], default: Any = None) -> Any:
            value = request.get(name, default)
            if not isinstance(value, kinds):
                raise ResourceError("EINVAL", f"{name!r} of a resource is a {type(value).__name__}")
            return value

        self.uri: str = part("uri", str)
        self.seconds: float = part("timeout", (int, float)) / 1000
        self.directory: str = part("directory", str, ".")
        self.raw: bool = part("raw", bool, False)
        self.encoding: str | None = part("encoding", (str, type(None)))
        self.method: str = part("method", str, "GET")
        self.headers: dict[str, str] = part("headers", dict, {})
        self.body: str | None = part("body", (str, type(None)))
        if not all(isinstance(value, str) for value in self.headers.values()):
            raise ResourceError("EINVAL", "a header of a resource is no text")
        if not 0 < self.seconds <= threading.TIMEOUT_MAX:
            raise ResourceError("EINVAL", "'timeout' of a resource is no number of milliseconds")

    @property
    def is_web(self) -> bool:
        """Tell whether it is not a file."""
        return self.uri.lower().startswith(("http:", "https:"))

    def for_web(self) -> WebRequest:
        """Return the request that it is on the web."""
        from .web import WebRequest

        body = None if self.body is None else self.body.encode("utf-8", "replace")
        return WebRequest(self.uri, self.seconds, self.method, self.headers, body)

    def timed_out(self) -> ResourceError:
        """Make the error of a resource that took too long."""
        return timed_out(self.uri, self.seconds)


def _fetch_waiting(wanted: Wanted, permissions: Permissions | None) -> Resource:
    from .web import fetch_waiting

    return fetch_waiting(wanted.for_web(), permissions)


# In a thread, which may outlive the host: it must not hold it, nor the engine.


def _load(wanted: Wanted, files: ResourceFiles) -> Resource:
    return Resource(files.read(wanted.uri, wanted.directory))


def _content(resource: Resource, wanted: Wanted) -> str:
    """Return the text, or base64 of the bytes."""
    if not wanted.raw:
        return resource.text(wanted.encoding)
    if len(resource.data) > MAX_RAW_SIZE:
        raise ResourceError("EFBIG", f"{wanted.uri}: more than {MAX_RAW_SIZE} raw bytes")
    return b64encode(resource.data).decode()


def _wait(load: Callable[[], Resource], wanted: Wanted) -> Resource:
    try:
        return _begin(load).result(wanted.seconds)
    except TimeoutError:
        raise wanted.timed_out() from None


def _begin(load: Callable[[], Resource]) -> Future[Resource]:
    # Threads of an executor would keep the process from its end.
    future: Future[Resource] = Future()

    def work() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(load())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, name="accessor-host-resource", daemon=True).start()
    return future
