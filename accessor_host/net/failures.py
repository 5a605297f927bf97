"""Codes for what goes wrong on the way to a server, as scripts know them from Node."""

from __future__ import annotations

import errno
import socket
import ssl

__all__ = ["failure_of"]


def failure_of(error: OSError) -> tuple[str, str] | None:
    """Return code and reason of a failure.

    Args:
        error: what connecting, sending or receiving raised.

    Returns:
        For example ``("ECONNREFUSED", "connection refused")``; None when the error names none.
    """
    if isinstance(error, socket.gaierror):
        return "ENOTFOUND", f"no such host: {error.strerror}"
    if isinstance(error, ssl.SSLError):
        return "ERR_TLS", str(error)
    if error.errno is None:
        return None
    return errno.errorcode.get(error.errno, "EIO"), (error.strerror or str(error)).lower()
