"""A web server for tests, in a thread: pages that are good, and pages that are not."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

TIMEOUT = 20.0
"""Seconds that a page waits for its test; then the test has failed already."""


class Web(ThreadingHTTPServer):
    """The server, and what tests steer it by."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.url = f"http://127.0.0.1:{self.server_port}"
        if context is not None:
            self.url = self.url.replace("http:", "https:")
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.gate = threading.Event()
        """Lets the pages under ``/gate`` answer."""
        self.changed = threading.Lock()
        self.waiting = 0
        self.most_waiting = 0

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that go away in the middle are what some tests are about."""


class _Page(BaseHTTPRequestHandler):
    server: Web

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        kind, _, detail = path.removeprefix("/").partition("/")
        getattr(self, f"page_{kind}")(detail)

    do_POST = do_PUT = do_GET

    def page_text(self, charset: str) -> None:
        """Answer with a text in an encoding."""
        kind = f"text/plain; charset={charset}" if charset else "text/plain"
        self.answer("héllo".encode(charset or "utf-8"), content_type=kind)

    def page_bytes(self, _: str) -> None:
        """Answer with bytes that are no text."""
        self.answer(bytes([0, 10, 127, 128, 255]))

    def page_claims(self, charset: str) -> None:
        """Answer with an ASCII text, and claim an encoding."""
        self.answer(b"plain", content_type=f"text/plain; charset={charset}")

    def page_half(self, _: str) -> None:
        """Answer with half a surrogate pair, which UTF-7 has a form for."""
        self.answer(b"a+2AA-b", content_type="text/plain; charset=utf-7")

    def page_status(self, code: str) -> None:
        """Answer with a status."""
        self.answer(b"the reason why", status=int(code))

    def page_to(self, target: str) -> None:
        """Redirect to a target."""
        self.redirect(target)

    def page_hops(self, count: str) -> None:
        """Redirect so many times, and then answer."""
        if count == "0":
            self.answer(b"arrived")
        else:
            self.redirect(f"/hops/{int(count) - 1}")

    def page_size(self, size: str) -> None:
        """Announce so many bytes, and send none."""
        self.answer(b"", length=int(size))

    def page_endless(self, _: str) -> None:
        """Send zeros until the client goes away."""
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(bytes(64 * 1024))

    def page_trickle(self, _: str) -> None:
        """Send a byte now and then until the client goes away."""
        self.send_response(200)
        self.end_headers()
        while not self.server.gate.wait(0.02):
            self.wfile.write(b".")

    def page_gate(self, detail: str) -> None:
        """Answer only when the gate is opened."""
        server = self.server
        with server.changed:
            server.waiting += 1
            server.most_waiting = max(server.most_waiting, server.waiting)
        server.gate.wait(TIMEOUT)
        with server.changed:
            server.waiting -= 1
        self.answer(detail.encode())

    def page_waiting(self, _: str) -> None:
        """Answer with how many wait for the gate."""
        self.answer(str(self.server.waiting).encode())

    def page_open(self, _: str) -> None:
        """Open the gate."""
        self.server.gate.set()
        self.answer(b"opened")

    def page_echo(self, _: str) -> None:
        """Answer with the request."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        seen = {"method": self.command, "path": self.path, "body": body}
        seen |= {name: self.headers[name] for name in ("X-Test", "Content-Type", "User-Agent")}
        if "Authorization" in self.headers:
            seen["Authorization"] = self.headers["Authorization"]
        self.answer(json.dumps(seen).encode())

    def page_garbage(self, _: str) -> None:
        """Answer with something that is no HTTP."""
        self.wfile.write(b"220 mail ready\r\n")

    def answer(
        self,
        body: bytes,
        *,
        status: int = 200,
        content_type: str = "application/octet-stream",
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def redirect(self, target: str) -> None:
        self.send_response(302)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_details: object) -> None:
        """Write no log."""


@contextmanager
def serving_web(context: ssl.SSLContext | None = None) -> Iterator[Web]:
    """Run the server on a free port; with a context, over TLS."""
    with Web(context) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.gate.set()
            server.shutdown()
            thread.join(TIMEOUT)
