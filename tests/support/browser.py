"""Any page in headless Chromium, seen through its debugging port (Chrome DevTools Protocol)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

from websockets.sync.client import ClientConnection, connect

from .peers import BROWSER_FLAGS, PAGE_TIMEOUT, browser
from .programs import Program

POLL = 0.05
"""Seconds between two looks at a page."""


class Tab:
    """One page.

    Args:
        connection: with its debugger.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._calls = 0
        self.complaints: list[str] = []
        """What the page wrote as errors on its console, and what it threw."""
        for domain in ("Runtime", "Log"):
            self._call(f"{domain}.enable")

    def value(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """Wait until an expression is true in the page, and return its value."""
        deadline = time.monotonic() + PAGE_TIMEOUT
        # While a page is loaded, what an expression looks at may not be there.
        attempt = f"(() => {{ try {{ return {expression} }} catch {{ return null }} }})()"
        while not (value := self.value(attempt)):
            if time.monotonic() > deadline:
                shown = self.value("document.body.innerText")
                raise AssertionError(f"{expression} was never true; the page shows:\n{shown}")
            time.sleep(POLL)
        return value

    def _call(self, method: str, **parameters: object) -> Any:
        self._calls += 1
        call = {"id": self._calls, "method": method, "params": parameters}
        self._connection.send(json.dumps(call))
        while True:
            answer = json.loads(self._connection.recv(timeout=PAGE_TIMEOUT))
            if answer.get("id") == self._calls:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self._note(answer)

    def _note(self, event: dict[str, Any]) -> None:
        details = event.get("params", {})
        if event["method"] == "Runtime.exceptionThrown":
            self.complaints.append(str(details["exceptionDetails"]))
        elif event["method"] == "Log.entryAdded" and details["entry"]["level"] == "error":
            entry = details["entry"]
            self.complaints.append(f"{entry['text']} {entry.get('url', '')}".strip())


@contextmanager
def open_tab(url: str) -> Iterator[Tab]:
    """Open a page.

    Args:
        url: where it is.
    """
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        Program(
            [
                browser(),
                *BROWSER_FLAGS,
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
                url,
            ],
            env={"DBUS_SESSION_BUS_ADDRESS": "disabled:", "HOME": profile},
        ) as program,
    ):
        program.wait_for("DevTools listening on", stream="stderr")
        found = re.search(r"DevTools listening on ws://([^/]+)/", program.stderr)
        assert found is not None
        with connect(_debugger(found[1], url), max_size=None, proxy=None) as connection:
            yield Tab(connection)


def _debugger(address: str, url: str) -> str:
    """Return the address of the debugger of a page."""
    deadline = time.monotonic() + PAGE_TIMEOUT
    while time.monotonic() < deadline:
        with urlopen(f"http://{address}/json/list") as answer:
            for page in json.load(answer):
                if page["type"] == "page" and page["url"].startswith(url):
                    return str(page["webSocketDebuggerUrl"])
        time.sleep(POLL)
    raise AssertionError(f"Chromium does not show {url}")
