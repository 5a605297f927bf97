"""paho on a pipe: what is not its public interface, and what the module needs of it."""

from __future__ import annotations

import asyncio
import sys
import threading

import pytest

from accessor_host.core.bindings import _make
from accessor_host.errors import ManifestError
from accessor_host.manifests import own_modules, read_manifest
from accessor_host.modules.mqtt.session import Session, SessionOwner
from accessor_host.modules.mqtt.settings import client_settings
from accessor_host.net.flusher import Flusher
from accessor_host.options import validate
from accessor_host.package_files import MODULES

from .wire import CONNACK

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")


class Transport(asyncio.Transport):
    """Keep what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        pass


def test_paho_asks_for_its_socket_where_it_is_given_one() -> None:
    """Fails when a new paho-mqtt has another way: then :class:`_Client` needs another, too."""

    async def main() -> None:
        told: list[str] = []

        class Owner(SessionOwner):
            def connected(self, has_session: bool) -> None:
                told.append("connected")

        threads = threading.active_count()
        settings = client_settings("broker.test", 1, validate("mqtt", {"clientId": "me"}).values)
        session, transport = Session(Owner(), settings, Flusher()), Transport()
        connection = session.protocol()
        connection.connection_made(transport)
        connection.flush()
        assert transport.written == b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02me"
        connection.data_received(CONNACK)
        assert told == ["connected"]
        assert threading.active_count() == threads

    asyncio.run(main())


def test_without_paho_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = read_manifest(str(MODULES / "mqtt"), "accessor-host")
    assert "mqtt" in own_modules()
    for name in [name for name in sys.modules if name.startswith("accessor_host.modules.mqtt.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    assert manifest.binding is not None
    with pytest.raises(ManifestError, match=r"pip install 'accessor-host\[mqtt\]'"):
        _make(manifest, manifest.binding, None)  # type: ignore[arg-type]
