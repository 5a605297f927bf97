"""Peers that are not Python: Node with npm packages, and a page in headless Chromium.

Both are optional on a developer's machine and required in CI (``ACCESSOR_HOST_REQUIRE_PEERS=1``).
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import pytest

from .programs import TIMEOUT, Program, run

REPOSITORY = Path(__file__).resolve().parents[2]

PAGE_TIMEOUT = 40.0
"""Seconds for a page, the start of the browser included: it is slow on a busy machine."""


# Headless, as root, in a container, without a word to the outside.
BROWSER_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
)


def node_modules(package: str = "ws") -> Path:
    """Return a ``node_modules`` folder that has a package, or skip the test.

    Args:
        package: name of the npm package that the test needs.
    """
    if shutil.which("node") is None:
        missing("node is not installed; on Debian: apt-get install nodejs npm")
    given = os.environ.get("ACCESSOR_HOST_NODE_MODULES")
    folder = Path(given) if given else REPOSITORY / "node_modules"
    if not (folder / package).is_dir():
        missing(
            f"{folder} has no {package}; in {REPOSITORY}: npm install --no-save {package}, "
            "or set ACCESSOR_HOST_NODE_MODULES to a folder that has it"
        )
    return folder


def run_node(script: str, *args: str, package: str = "ws") -> Any:
    """Run a script with Node and return what it printed, parsed as JSON.

    Args:
        script: JavaScript text; ``process.argv.slice(1)`` are the arguments.
        args: arguments.
        package: npm package that it requires.
    """
    modules = node_modules(package)
    ended = run(["node", "-e", script, *args], env={"NODE_PATH": str(modules)})
    assert ended.code == 0, f"node ended with {ended.code}\n{ended.stdout}\n{ended.stderr}"
    return json.loads(ended.stdout)


def browser() -> str:
    """Return the path of Chromium, or skip the test."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        missing("chromium is not installed; on Debian: apt-get install chromium")
    return found


def chromium_page(script: str) -> Any:
    """Run a script in a page of headless Chromium and return its result.

    Args:
        script: body of an asynchronous function without parameters; what it returns must have
            a JSON form.
    """
    with (
        _page_server(script) as (address, reports),
        TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        Program(
            [browser(), *BROWSER_FLAGS, f"--user-data-dir={profile}", address],
            env={"DBUS_SESSION_BUS_ADDRESS": "disabled:", "HOME": profile},
        ) as program,
    ):
        try:
            report = reports.get(timeout=PAGE_TIMEOUT)
        except queue.Empty:
            raise AssertionError(
                f"the page said nothing within {PAGE_TIMEOUT:g} s\n{program.stderr}"
            ) from None
    assert "error" not in report, f"the page failed: {report['error']}"
    return report["result"]


_PAGE = """<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<script>
const run = async () => { %s };
const report = (value) => fetch('/report', { method: 'POST', body: JSON.stringify(value) });
run().then(
  (result) => report({ result: result === undefined ? null : result }),
  (error) => report({ error: String(error && error.stack || error) })
);
</script>
"""


@contextmanager
def _page_server(script: str) -> Iterator[tuple[str, queue.Queue[dict[str, Any]]]]:
    """Serve the page, and take its report: no debugging port, no virtual time."""
    reports: queue.Queue[dict[str, Any]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer((_PAGE % script).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(b"")
            reports.put(json.loads(body))

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/", reports
        finally:
            server.shutdown()
            thread.join(TIMEOUT)


def missing(reason: str) -> NoReturn:
    """Skip the test for want of a peer, or fail it where peers are required."""
    if os.environ.get("ACCESSOR_HOST_REQUIRE_PEERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
