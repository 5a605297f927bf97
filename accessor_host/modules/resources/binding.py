"""The Python half of ``getResource`` and its relatives (``runtime/accessors/resources.js``).

Each resource is got in a thread of its own, which nobody waits for longer than the script says:
looking up a name can be neither cancelled nor hurried.
"""

from __future__ import annotations

import asyncio
import json
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from .files import read_resource_file
from .resource import Resource, ResourceError, timed_out

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["MAX_RAW_SIZE", "MAX_REQUESTS", "Resources"]

MAX_REQUESTS = 16
"""Resources that one host gets at a time for callbacks; further ones wait their turn."""

MAX_RAW_SIZE = 4 * 1024 * 1024
"""Most bytes of a resource that is an array in the script, with 16 bytes of heap for each."""


class Resources:
    """The resources that the scripts of one host ask for."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._turn = asyncio.Semaphore(MAX_REQUESTS)
        self.operations: Mapping[str, Callable[..., None]] = {"resource.get": self._get}
        self.questions: Mapping[str, Callable[..., Any]] = {
            "resource": self._read,
            "http": self._request,
        }

    async def stop(self) -> None:
        """Nothing is to be stopped in order: the host gives up what callbacks wait for."""

    def _read(self, request: dict[str, Any]) -> str:
        return _content(_wait(lambda: _load(request), request["uri"], request), request)

    def _request(self, request: dict[str, Any]) -> str:
        return _wait(lambda: _fetch(request), request["uri"], request).text(None)

    def _get(self, target: int, call: int, request: dict[str, Any]) -> None:
        self._services.spawn(self._answer(target, call, request))

    async def _answer(self, target: int, call: int, request: dict[str, Any]) -> None:
        uri = request["uri"]
        try:
            async with self._turn:
                loading = asyncio.wrap_future(_begin(lambda: _load(request)))
                resource = await asyncio.wait_for(loading, _seconds(request))
            content = _content(resource, request)
        except ResourceError as error:
            self._services.post((target, "failed", call, error.code))
        except TimeoutError:
            self._services.post((target, "failed", call, timed_out(uri, _seconds(request)).code))
        else:
            # As JSON: engines end a text at a NUL.
            self._services.post((target, "content", call, json.dumps(content, ensure_ascii=False)))


def _load(request: dict[str, Any]) -> Resource:
    uri = request["uri"]
    if uri.lower().startswith(("http:", "https:")):
        return _fetch(request)
    return Resource(read_resource_file(uri, request["directory"]))


def _fetch(request: dict[str, Any]) -> Resource:
    # Imported late: most hosts never fetch anything, and it takes longer than all of theirs.
    from .web import WebRequest, fetch

    body = request.get("body")
    return fetch(
        WebRequest(
            request["uri"],
            _seconds(request),
            method=request.get("method", "GET"),
            headers=request.get("headers", {}),
            body=None if body is None else body.encode("utf-8", "replace"),
        )
    )


def _content(resource: Resource, request: dict[str, Any]) -> str:
    """Return the text, or base64 of the bytes."""
    if not request["raw"]:
        return resource.text(request["encoding"])
    if len(resource.data) > MAX_RAW_SIZE:
        raise ResourceError("EFBIG", f"{request['uri']}: more than {MAX_RAW_SIZE} raw bytes")
    return b64encode(resource.data).decode()


def _seconds(request: dict[str, Any]) -> float:
    seconds: float = request["timeout"] / 1000
    return seconds


def _wait(load: Callable[[], Resource], what: str, request: dict[str, Any]) -> Resource:
    try:
        return _begin(load).result(_seconds(request))
    except TimeoutError:
        raise timed_out(what, _seconds(request)) from None


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
