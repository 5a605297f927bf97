"""Codes of what goes wrong on the way to a server."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from accessor_host.net.failures import failure_of


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (
            ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
            ("ECONNREFUSED", "connection refused"),
        ),
        (
            socket.gaierror(socket.EAI_NONAME, "Name not known"),
            ("ENOTFOUND", "no such host: Name not known"),
        ),
        (ssl.SSLError(1, "bad record"), ("ERR_TLS", "bad record")),
        (OSError(123_456, "Strange"), ("EIO", "strange")),
        (OSError("no number"), None),
    ],
)
def test_each_has_a_code_and_a_reason(error: OSError, failure: tuple[str, str] | None) -> None:
    assert failure_of(error) == failure
