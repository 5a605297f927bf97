"""How scripts of these cases begin, and the places that they cite."""

from __future__ import annotations

__all__ = [
    "CLIENT",
    "CLIENT_OPTIONS",
    "FRAMING",
    "MODULE",
    "RAW",
    "REQUIRE",
    "SERVER",
    "SOCKET",
    "TYPES",
    "client",
    "framed",
    "server",
]

_SOCKET = "socket, version 1: "
MODULE = _SOCKET + "Module Functions"
CLIENT = _SOCKET + "SocketClient, functions and events"
CLIENT_OPTIONS = _SOCKET + "SocketClient, options"
SERVER = _SOCKET + "SocketServer, functions and events"
SOCKET = _SOCKET + "Socket, functions and events"
TYPES = _SOCKET + "types"
FRAMING = _SOCKET + "rawBytes false"
RAW = _SOCKET + "rawBytes true"

REQUIRE = "var socket = require('@modules/socket');\n"


def client(options: str = "") -> str:
    """Return the begin of a script: a client for PORT.

    Args:
        options: as in an object literal.
    """
    return f"{REQUIRE}var client = new socket.SocketClient(PORT, '127.0.0.1', {{{options}}});\n"


def server(options: str = "") -> str:
    """Return the begin of a script: a server on PORT; arguments as for :func:`client`."""
    more = f", {options}" if options else ""
    return (
        f"{REQUIRE}var server = new socket.SocketServer("
        f"{{port: PORT, hostInterface: '127.0.0.1'{more}}});\n"
    )


def framed(payload: bytes) -> bytes:
    """Return a message behind its length."""
    size = len(payload)
    head = bytes((size,)) if size < 255 else b"\xff" + size.to_bytes(4)
    return head + payload
