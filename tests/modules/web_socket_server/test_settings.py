"""Every option of a server reaches its settings, in the unit that these have."""

from __future__ import annotations

from typing import Any

import pytest

from accessor_host.modules.web_socket_server.settings import server_settings
from accessor_host.options import validate

OPTIONS: list[tuple[str, object, str, object]] = [
    ("hostInterface", "192.0.2.1", "host", "192.0.2.1"),
    ("port", 4711, "port", 4711),
    ("allowedOrigins", ["https://example.org"], "allowed_origins", ["https://example.org"]),
    ("maxConnections", 7, "max_connections", 7),
    ("maxConnectionsPerHost", 8, "max_connections_per_host", 8),
    ("connectionRate", 9, "connection_rate", 9),
    ("messageRate", 10, "limits.message_rate", 10),
    ("maxMessageSize", 70_000, "limits.max_message_size", 70_000),
    ("maxFragments", 9, "limits.max_fragments", 9),
    ("openingTimeout", 1500, "limits.opening_timeout", 1.5),
    ("pingInterval", 2500, "limits.ping_interval", 2.5),
    ("pingTimeout", 3500, "limits.ping_timeout", 3.5),
    ("closingTimeout", 4500, "limits.closing_timeout", 4.5),
    ("idleTimeout", 5500, "limits.idle_timeout", 5.5),
    ("maxUnsentBytes", 80_000, "limits.max_unsent_bytes", 80_000),
    ("compression", True, "limits.compression", True),
]


def setting(options: dict[str, object], path: str) -> object:
    found: Any = server_settings(validate("web-socket-server", options).values)
    for name in path.split("."):
        found = getattr(found, name)
    return found


@pytest.mark.parametrize(("option", "given", "path", "expected"), OPTIONS)
def test_an_option_is_a_setting(option: str, given: object, path: str, expected: object) -> None:
    assert setting({}, path) != expected
    assert setting({option: given}, path) == expected


def test_tls_has_its_files_and_their_names() -> None:
    options = {
        name: name
        for name in (
            "pfxKeyCertPath",
            "pfxKeyCertPassword",
            "pemKeyPath",
            "pemCertPath",
            "pemKeyPassword",
        )
    }
    assert setting(dict(options), "tls") is None
    tls: Any = setting({"sslTls": True, **options}, "tls")
    assert tls[:5] == tls.names[1:6]
    asking = {"clientCACertPath": "devices.pem", "requestClientCert": "request"}
    tls = setting({"sslTls": True, **asking}, "tls")
    assert {tls.names[6]: tls.client_authorities, tls.names[7]: tls.client_certificate} == asking
    assert tls.names.tls == "sslTls"
    assert tls.alpn == ("http/1.1",)
