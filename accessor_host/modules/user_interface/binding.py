"""The Python half of ``@modules/user-interface``: pages in browsers, each with a web socket."""

from __future__ import annotations

import json
from binascii import a2b_base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...http.server import answers
from ...http.server.server import HttpServing
from ...http.server.settings import HttpServerSettings
from ...net.handover import Door
from ...options import validate
from ...websocket.opening import read_fields
from ...websocket.server import ServerLifecycle
from ...websocket.settings import ServerSettings
from ..payloads import missing_permission
from .page import SOCKET, Page

if TYPE_CHECKING:
    from ...core.services import Services
    from ...errors import ConnectionFault
    from ...http.server.handler import HttpPeer
    from ...net.serving import StartError
    from ...websocket.handler import Peer
    from ...websocket.opening import Applicant

__all__ = ["UserInterfaces"]

_HTML = ("Content-Type", "text/html; charset=utf-8")
_PLAIN = ("Content-Type", "text/plain; charset=utf-8")
_FRESH = ("Cache-Control", "no-store")


class UserInterfaces:
    """All user interfaces of one host's scripts."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pages: dict[int, _Interface] = {}
        self.operations: Mapping[str, Callable[..., None]] = {
            "user-interface.create": self._create,
            "user-interface.start": self._start,
            "user-interface.display": self._display,
            "user-interface.update": self._update,
            "user-interface.resource": self._resource,
            "user-interface.stop": self._stop,
            "user-interface.forget": self._forget,
        }

    async def stop(self) -> None:
        """Stop them all at a time."""
        for page in list(self._pages.values()):
            page.serving.stop()
        for page in list(self._pages.values()):
            await page.serving.wait_inactive()
            await page.sockets.wait_inactive()

    def state(self) -> list[str]:
        """Describe the servers of the pages."""
        # Imported late: hardly anybody asks.
        from ...net.listing import MAX_SHOWN, more_than_shown

        pages = list(self._pages.values())
        lines = [line for one in pages[:MAX_SHOWN] for line in one.serving.state()]
        return [*lines, *more_than_shown(len(pages))]

    def _create(self, target: int, options: dict[str, Any], header: str, content: str) -> None:
        if target not in self._pages:
            page = Page(header, content)
            self._pages[target] = _Interface(self._services, target, options, page)

    def _start(self, target: int, content: str) -> None:
        if target in self._pages:
            self._pages[target].start(content)

    def _display(self, target: int, content: str) -> None:
        if target in self._pages:
            self._pages[target].display(content)

    def _update(self, target: int, element: str, name: str, content: str) -> None:
        if target in self._pages:
            self._pages[target].update(element, name, content)

    def _resource(self, target: int, path: str, data: str, kind: str) -> None:
        if target in self._pages:
            self._pages[target].add_resource(path, a2b_base64(data), kind)

    def _stop(self, target: int) -> None:
        if target in self._pages:
            self._pages[target].stop()

    def _forget(self, target: int) -> None:
        page = self._pages.get(target)
        if page is not None and not page.is_active:
            del self._pages[target]


class _Sockets:
    """Take what happens to the web sockets of pages.

    Args:
        interface: whose pages.
    """

    def __init__(self, interface: _Interface) -> None:
        self._interface = interface

    def verify(self, applicant: Applicant) -> None:
        fields = dict(read_fields(applicant.head))
        if _is_own(fields):
            applicant.admit()
        else:
            applicant.refuse(403, "another site's page")

    def forget(self, applicant: Applicant) -> None:
        """Do nothing: nobody waits."""

    def opened(self, peer: Peer) -> None:
        self._interface.opened(peer)

    def message(self, peer: Peer, data: str | bytes) -> None:
        self._interface.message(peer, data)

    def listening(self, port: int) -> None:
        """Do nothing: the page says so."""

    def failed(self, error: StartError) -> None:
        """Do nothing: the page says so."""

    def renewal_failed(self, error: StartError) -> None:
        """Do nothing: there are no files."""

    def stopped(self) -> None:
        self._interface.settle()

    def violated(self, peer: Peer) -> None:
        """Do nothing."""

    def drained(self, peer: Peer) -> None:
        """Do nothing: what a page misses, it gets when it is loaded again."""

    def ponged(self, peer: Peer, data: bytes) -> None:
        """Do nothing."""

    def fault(self, peer: Peer, fault: ConnectionFault) -> None:
        """Do nothing: the page connects again."""

    def closed(self, peer: Peer, code: int, reason: str) -> None:
        """Do nothing: the page is gone, or connects again."""


class _Interface:
    """One user interface of a script."""

    def __init__(
        self, services: Services, target: int, options: dict[str, Any], page: Page
    ) -> None:
        self._services = services
        self._target = target
        self._page = page
        self._answered = 0
        self._begun = 0
        self._resources: dict[str, tuple[bytes, str]] = {}
        values = validate("user-interface", options).values
        self._max_bytes: int = values["maxResourceBytes"]
        door = Door()
        host, port = values["hostInterface"], values["port"]
        self.serving = HttpServing(
            self,
            HttpServerSettings(
                host, port, max_connections=1000, permit=services.permissions, door=door
            ),
            services.flusher,
        )
        sockets = _Sockets(self)
        self.sockets = ServerLifecycle(
            sockets,
            ServerSettings(host, port, path=SOCKET, verifier=sockets, guest=door.guest(SOCKET)),
            services.flusher,
        )
        self._host = host

    @property
    def is_active(self) -> bool:
        """Whether something of it still runs."""
        return self.serving.is_active or self.sockets.is_active

    def start(self, content: str) -> None:
        """Listen, and show something."""
        self._answered += 1
        self._page.display(content)
        self._begun = self._services.listens.begin()
        if self._services.is_stopping:
            self._post("failed", "ERR_HOST_STOPPING", "the host is stopping; no server can start")
            self.settle()
            return
        self.serving.start(self._services.loop)
        self.sockets.start(self._services.loop)
        self._services.hold(self)

    def display(self, content: str) -> None:
        """Show something else."""
        self._answered += 1
        self._tell(self._page.display(content))
        self.settle()

    def update(self, element: str, name: str, content: str) -> None:
        """Change an element of the pages."""
        self._answered += 1
        self._tell(self._page.update(element, name, content))
        self.settle()

    def add_resource(self, path: str, data: bytes, kind: str) -> None:
        """Serve something at a path."""
        self._answered += 1
        name = f"/{path.removeprefix('/')}"
        answers.check_fields([("Content-Type", kind)])
        others = sum(len(one) for key, (one, _) in self._resources.items() if key != name)
        if others + len(data) > self._max_bytes:
            reason = f"the resources would have more than {self._max_bytes} bytes"
            self._services.post((self._target, "failed", "ERR_RESOURCES_TOO_LARGE", reason))
        else:
            self._resources[name] = data, kind
        self.settle()

    def stop(self) -> None:
        """Stop listening."""
        self._answered += 1
        self.serving.stop()
        self.sockets.stop()
        self.settle()

    def settle(self) -> None:
        """Offer to forget each other, when nothing runs any more."""
        if not self.is_active:
            self._services.release(self)
            self._post("idle", self._answered)

    def _tell(self, frame: str) -> None:
        for peer in self.sockets.peers:
            peer.send_text(frame)

    def _post(self, name: str, *details: str | int) -> None:
        self._services.post((self._target, name, *details))

    # Called for pages.

    def opened(self, peer: Peer) -> None:
        for frame in self._page.changes:
            peer.send_text(frame)
        self._post("opened")

    def message(self, peer: Peer, data: str | bytes) -> None:
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        self._services.turns.post_message(self._target, text)
        if self._services.turns.is_behind:
            peer.pause()
            self._services.turns.when_served(self._target, peer.resume)

    def requested(self, connection: HttpPeer, body: bytes) -> None:
        head = connection.head
        if head is None:
            return
        resource = self._resources.get(head.path)
        if head.method == "POST":
            if not _is_own(head.fields):
                connection.answer(403, [_PLAIN], b"another site's page\n")
                return
            text = json.dumps(body.decode("utf-8", "replace"))
            self._post("post", head.path, text)
            connection.answer(204, [], b"")
        elif head.method not in ("GET", "HEAD"):
            connection.answer(405, [("Allow", "GET, HEAD, POST")], b"")
        elif resource is not None:
            data, kind = resource
            connection.answer(200, [("Content-Type", kind), _FRESH], data)
        elif head.path == "/":
            html = self._page.html.encode("utf-8", "replace")
            connection.answer(200, [_HTML, _FRESH], html)
        else:
            connection.answer(404, [_PLAIN], b"There is nothing here.\n")

    def abandoned(self, connection: HttpPeer) -> None:
        """Do nothing: answers are given at once."""

    def listening(self, port: int) -> None:
        self._services.listens.succeeded(self._begun)
        host = f"[{self._host}]" if ":" in self._host else self._host
        self._post("listening", port, f"http://{host}:{port}/")

    def failed(self, error: StartError) -> None:
        if not self.serving.is_active:
            self._services.listens.failed()
            self.sockets.stop()
        self._post("failed", error.code, str(error), *missing_permission(error))
        self.settle()

    def renewal_failed(self, error: StartError) -> None:
        """Do nothing: there are no files."""

    def stopped(self) -> None:
        self._post("stopped")
        self.settle()


def _is_own(fields: Mapping[str, str]) -> bool:
    """Tell whether a request comes from this page, or from no page at all (RFC 6454)."""
    origin = fields.get("origin")
    return origin is None or origin.partition("://")[2] == fields.get("host")
