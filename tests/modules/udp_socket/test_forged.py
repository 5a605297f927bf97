"""Requests that the modules of TCP and UDP do not make: refused, and nothing else happens."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from accessor_host import Host
from accessor_host.core.bindings import Bindings
from accessor_host.manifests import OWN_PACKAGE, read_manifest
from accessor_host.package_files import MODULES

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

FORGED: list[tuple[str, tuple[Any, ...]]] = [
    ("udp.create", (1, "tcp4", False, "string")),
    ("udp.create", (1, "udp4", False, "wbmp")),
    ("udp.place", (2, 1, 99_999, "127.0.0.1")),
    ("udp.bind", (2, -1, "127.0.0.1")),
    ("udp.bind", (2, 70_000, "127.0.0.1")),
    ("udp.bind", (2, 0, "no\0name")),
    ("udp.send", (2, "x", 99_999, "127.0.0.1", 0)),
    ("udp.send", (2, "x", 9, "no\0name", 7)),
    ("udp.send", (2, ["elements", "int", "[[["], 9, "127.0.0.1", 0)),
    ("udp.send", (2, ["elements", ["int"], "1"], 9, "127.0.0.1", 0)),
    ("udp.text", (2, "for no place")),
    ("udp.receive", (2, -7, "wbmp")),
    ("udp.membership", (2, "no\0group", "", True)),
    ("udp.membership", (2, "239.1.1.1", "no\0interface", True)),
    ("udp.multicast", (2, 10**30, None)),
    ("tcp-client.create", (3, 0, "localhost", {})),
    ("tcp-client.create", (3, 10**9, "localhost", {})),
    ("tcp-client.create", (3, 80, "localhost", {"receiveType": "wbmp"})),
    ("tcp-client.create", (3, 80, "localhost", {"idleTimeout": -1})),
    ("tcp-client.send", (4, ["image", "AA==", "image/none", 5])),
    ("tcp-server.start", (5, {"receiveType": "wbmp"})),
    ("tcp-socket.send", (-6, "nobody")),
]


def test_nothing_comes_of_them(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with Host(engine="quickjs") as host:
            bindings: Bindings = host._bindings  # type: ignore[attr-defined]
            for name in ("socket", "udp-socket"):
                bindings.use(read_manifest(str(MODULES / name), OWN_PACKAGE))
            bindings.operations["udp.create"](2, "udp4", False, "string")
            bindings.operations["tcp-client.create"](4, 80, "localhost", {})
            for name, details in FORGED:
                bindings.operations[name](*details)
            await asyncio.sleep(0.05)
            assert host.exit_code in (0, 1)

    asyncio.run(asyncio.wait_for(main(), 10))
    assert [record for record in caplog.records if record.exc_info] == []
