"""Every option of a client reaches its settings, in the unit that these have."""

from __future__ import annotations

from typing import Any

import pytest

from accessor_host.modules.web_socket_client.settings import client_settings
from accessor_host.options import validate

OPTIONS: list[tuple[str, object, str, object]] = [
    ("host", "bücher.example", "host", "xn--bcher-kva.example"),
    ("port", 4711, "port", 4711),
    ("path", "/chat?room=1", "path", "/chat?room=1"),
    ("connectTimeout", 1500, "connect_timeout", 1.5),
    ("numberOfRetries", 3, "retries", 3),
    ("timeBetweenRetries", 2500, "retry_pause", 2.5),
    ("throttleFactor", 40, "throttle", 0.04),
    ("discardMessagesBeforeOpen", True, "discards", True),
    ("maxQueuedMessages", 5, "max_queued_messages", 5),
    ("maxMessageSize", 70_000, "limits.max_message_size", 70_000),
    ("maxFragments", 9, "limits.max_fragments", 9),
    ("pingInterval", 2500, "limits.ping_interval", 2.5),
    ("pingTimeout", 3500, "limits.ping_timeout", 3.5),
    ("closingTimeout", 4500, "limits.closing_timeout", 4.5),
    ("maxUnsentBytes", 80_000, "limits.max_unsent_bytes", 80_000),
    ("compression", True, "limits.compression", True),
    ("headers", {"A": ["1", "2"], "B": ""}, "headers", (("A", "1"), ("A", "2"), ("B", ""))),
    ("subprotocols", ["b", "a"], "subprotocols", ("b", "a")),
    ("proxy", "direct", "proxy", "direct"),
    ("serverName", "bücher.example", "server_name", "xn--bcher-kva.example"),
]


def setting(options: dict[str, object], path: str) -> object:
    found: Any = client_settings(validate("web-socket-client", options).values)
    for name in path.split("."):
        found = getattr(found, name)
    return found


@pytest.mark.parametrize(("option", "given", "path", "expected"), OPTIONS)
def test_an_option_is_a_setting(option: str, given: object, path: str, expected: object) -> None:
    assert setting({}, path) != expected
    assert setting({option: given}, path) == expected


def test_tls_says_whom_to_trust() -> None:
    trusting = {"trustAll": True, "trustedCACertPath": "ca.pem"}
    assert setting(dict(trusting), "tls") is None
    tls: Any = setting({"sslTls": True, **trusting}, "tls")
    assert tls[:2] == (True, "ca.pem")
    assert tls.names[:3] == ("trustAll", "trustedCACertPath", "ws")


@pytest.mark.parametrize(
    ("option", "field"),
    [
        ("pfxKeyCertPath", "pfx_path"),
        ("pfxKeyCertPassword", "pfx_password"),
        ("pemKeyPath", "pem_key_path"),
        ("pemCertPath", "pem_path"),
        ("pemKeyPassword", "pem_password"),
    ],
)
def test_tls_says_who_the_client_is(option: str, field: str) -> None:
    tls: Any = setting({"sslTls": True, option: "given"}, "tls")
    assert getattr(tls, field) == "given"
    assert getattr(tls.names, field) == option
    assert tls.names.tls == "sslTls"
    assert tls.has_identity == (option in ("pfxKeyCertPath", "pemKeyPath", "pemCertPath"))


def test_an_address_is_what_a_browser_would_be_given() -> None:
    assert setting({"host": "::1", "port": 80}, "url") == "ws://[::1]:80/"
    assert setting({"host": "x", "port": 443, "sslTls": True}, "url") == "wss://x:443/"
