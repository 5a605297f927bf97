"""The Python half of ``@modules/http-server``: the HTTP servers of scripts.

Scripts speak of a request by its number, which is unique in the process. A request that was
answered, has timed out, or whose client has left, has none any more: an answer to it is dropped.
"""

from __future__ import annotations

import json
from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...core.rounds import Fence
from ...errors import AccessDeniedError, EncodingError, OptionError
from ...http.server import answers
from ...http.server.server import HttpServing
from ...options import validate
from ..payloads import Payload, frame_of, missing_permission
from ..server_tls import FILES
from .settings import http_server_settings

if TYPE_CHECKING:
    from ...core.services import Services
    from ...http.server.handler import HttpPeer
    from ...net.handover import Door
    from ...net.serving import StartError
    from .files import StaticFiles

__all__ = ["HttpServers"]

_OK = 200
_FAILED = 500

_TEXT_TYPES = ("text/", "message/", "multipart/")
"""Types whose bodies are texts; also those that end as these do:"""
_TEXT_ENDS = ("json", "xml", "javascript", "x-www-form-urlencoded", "yaml", "csv")

_HTML = ("Content-Type", "text/html; charset=utf-8")
_HTML_ALONE = (_HTML,)
_BYTES = ("Content-Type", "application/octet-stream")


class HttpServers:
    """All HTTP servers of one host's scripts."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._servers: dict[int, _Server] = {}
        self.operations: Mapping[str, Callable[..., None]] = {
            "http-server.start": self._start,
            "http-server.stop": self._stop,
            "http-server.respond": self._respond,
            "http-server.text": self._respond_text,
            "http-server.forget": self._forget,
        }

    async def stop(self) -> None:
        """Stop every server, all at a time."""
        servers = list(self._servers.values())
        for server in servers:
            server.serving.stop()
        for server in servers:
            await server.serving.wait_inactive()

    def state(self) -> list[str]:
        """Describe the servers and their connections."""
        # Imported late: hardly anybody asks.
        from ...net.listing import MAX_SHOWN, more_than_shown

        servers = list(self._servers.values())
        lines = [line for one in servers[:MAX_SHOWN] for line in one.serving.state()]
        return [*lines, *more_than_shown(len(servers))]

    def reload(self) -> None:
        """Read the files of TLS again; nobody is disconnected."""
        for server in self._servers.values():
            server.serving.reload()

    def _start(self, target: int, options: dict[str, Any], door: int) -> None:
        server = self._servers.get(target)
        if server is None:
            try:
                server = _Server(self._services, target, options, door)
            except OptionError as error:
                # JavaScript checks what the schema says; what is more, the start fails for.
                self._services.post((target, "failed", "ERR_INVALID_ARG_VALUE", str(error)))
                self._services.post((target, "idle", 1))
                return
            self._servers[target] = server
            self._services.senders[f"http-server.text {target}"] = server.respond_text
        server.start()

    def _stop(self, target: int) -> None:
        if target in self._servers:
            self._servers[target].stop()

    def _respond(
        self, target: int, request: int, status: int, headers: list[Any], payload: Any
    ) -> None:
        if target in self._servers:
            self._servers[target].respond(request, status, headers, payload)

    def _respond_text(self, target: int, text: str) -> None:
        if target in self._servers:
            self._servers[target].respond_text(text)

    def _forget(self, target: int) -> None:
        server = self._servers.get(target)
        if server is not None and not server.serving.is_active:
            server.forget()
            del self._servers[target]
            del self._services.senders[f"http-server.text {target}"]


class _Server:
    """One server of a script."""

    def __init__(self, services: Services, target: int, options: dict[str, Any], door: int) -> None:
        self._services = services
        self._target = target
        self._answered = 0
        self._begun = 0
        self._number = door
        self._door: Door | None = services.doors.door(door) if door else None
        self._waiting: dict[int, HttpPeer] = {}
        self._files: StaticFiles | None = None
        values = validate("http-server", options).values
        settings = http_server_settings(values, services.permissions, self._door)
        self.serving = HttpServing(self, settings, services.flusher)
        self._tls_files = [values[name] for name in FILES if values["sslTls"] and values[name]]
        self._static: str = values["static"]

    def start(self) -> None:
        """Listen, once what was asked for before is done."""
        self._answered += 1
        self._begun = self._services.listens.begin()
        if self._services.is_stopping:
            self._post("failed", "ERR_HOST_STOPPING", "the host is stopping; no server can start")
            self._settle()
            return
        try:
            self._check_files()
        except AccessDeniedError as error:
            self.failed(error)
            return
        except OSError as error:
            reason = f"the folder of 'static' cannot be served: {error.strerror}"
            self.failed(self.serving.error("ERR_HTTP_STATIC", reason))
            return
        self.serving.start(self._services.loop)
        self._services.hold(self)

    def stop(self) -> None:
        """Stop listening."""
        self._answered += 1
        self.serving.stop()
        self._settle()

    def forget(self) -> None:
        """Let go of what is shared with others."""
        if self._number:
            self._services.doors.forget(self._number)

    def respond(self, request: int, status: int, headers: list[Any], payload: Payload) -> None:
        """Answer a request; nothing for one that waits no more.

        Args:
            request: its number.
            status: 200 to 599.
            headers: pairs of texts.
            payload: the body, a text or what a codec in JavaScript made of bytes or an image.
        """
        connection = self._waiting.get(request)
        if connection is None:
            return
        fields = _pairs(headers)
        answers.check_fields(fields)
        if not 200 <= status <= 599:
            raise ValueError(f"the status of an answer must be 200 to 599, not {status}")
        try:
            frame = frame_of(payload)
        except EncodingError as error:
            self._post("failed", "ERR_HTTP_BODY", str(error))
            frame, status, fields = "The answer of this server cannot be sent.\n", _FAILED, []
        del self._waiting[request]
        if isinstance(frame, str):
            body, default = frame.encode("utf-8", "replace"), _HTML
        else:
            body, default = frame, _BYTES
        if status not in answers.NO_BODY and not any(
            name.lower() == "content-type" for name, _ in fields
        ):
            fields.insert(0, default)
        self._answer(connection, status, fields, body)

    def respond_text(self, text: str) -> None:
        """Answer a request with a text and nothing else; its number and a newline stand before it.

        Raises:
            ValueError: there is no number.
        """
        number, _, body = text.partition("\n")
        connection = self._waiting.pop(int(number), None)
        if connection is not None:
            self._answer(connection, _OK, _HTML_ALONE, body.encode("utf-8", "replace"))

    def _answer(
        self, connection: HttpPeer, status: int, fields: Sequence[tuple[str, str]], body: bytes
    ) -> None:
        if not connection.answer(status, fields, body):
            reason = f"an answer of {len(body)} bytes is larger than maxUnsentBytes allows"
            self._post("failed", "ERR_HTTP_BODY_TOO_LARGE", reason)

    # Called by the server.

    def requested(self, connection: HttpPeer, body: bytes) -> None:
        if self._files is not None and self._files.may_have(connection.head):
            self._services.spawn(
                self._serve_file(self._files, connection, connection.request, body)
            )
        else:
            self._ask(connection, body)

    def abandoned(self, connection: HttpPeer) -> None:
        self._waiting.pop(connection.request, None)

    def listening(self, port: int) -> None:
        self._services.listens.succeeded(self._begun)
        if self.serving.address is not None:
            address, family, _ = self.serving.address
            self._post("listening", port, address, family)

    def failed(self, error: StartError) -> None:
        # One that is started twice goes on listening.
        if not self.serving.is_active:
            self._services.listens.failed()
            if self._door is not None:
                self._door.fail(error)
        self._post("failed", error.code, str(error), *missing_permission(error))
        self._settle()

    def renewal_failed(self, error: StartError) -> None:
        self._post("failed", error.code, str(error), *missing_permission(error))

    def stopped(self) -> None:
        # Requests that came before go first.
        self._services.post(Fence((self._target, "stopped")))
        self._settle()

    def _ask(self, connection: HttpPeer, body: bytes) -> None:
        """Ask the script for an answer."""
        head = connection.head
        if head is None:
            return
        kind, text = _body(head.fields.get("content-type", ""), body)
        if not head.told:
            head.told = json.dumps([head.method, head.path, head.query, head.fields])
        rest: list[object] = [connection.remote_host, kind, text]
        if connection.is_secure:
            rest.append(connection.client_certificate())
        facts = f"[{connection.request}, {head.told}, {json.dumps(rest)}]"
        self._waiting[connection.request] = connection
        self._services.post((self._target, "request", facts))

    async def _serve_file(
        self, files: StaticFiles, connection: HttpPeer, request: int, body: bytes
    ) -> None:
        if not await files.serve(connection, request) and connection.request == request:
            self._ask(connection, body)

    def _check_files(self) -> None:
        permissions = self._services.permissions
        if permissions is not None:
            permissions.check_files(self._tls_files)
        if self._static:
            # Imported late: most servers have no files.
            from .files import StaticFiles

            self._files = StaticFiles(self._static, self._services.loop, permissions)

    def _post(self, name: str, *details: str | int) -> None:
        self._services.post((self._target, name, *details))

    def _settle(self) -> None:
        if not self.serving.is_active:
            self._services.release(self)
            self._post("idle", self._answered)


def _pairs(headers: Sequence[Any]) -> list[tuple[str, str]]:
    pairs = []
    for pair in headers:
        match pair:
            case [str() as name, str() as value]:
                pairs.append((name, value))
            case _:
                raise ValueError("the headers of an answer are no pairs of texts")
    return pairs


def _body(content_type: str, body: bytes) -> tuple[str, str]:
    """Return how a body crosses, and its text: by its type, it is one, or it is bytes."""
    if not body:
        return "", ""
    kind = content_type.partition(";")[0].strip().lower()
    if not kind or kind.startswith(_TEXT_TYPES) or kind.endswith(_TEXT_ENDS):
        return "text", body.decode("utf-8", "replace")
    return "bytes", b2a_base64(body, newline=False).decode()
