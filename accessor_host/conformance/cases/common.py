"""What several files of cases share: how scripts begin, and the places that they cite."""

from __future__ import annotations

__all__ = [
    "CLIENT_CLASS",
    "CLIENT_EVENTS",
    "CLIENT_OPTIONS",
    "DECISION",
    "EMITTER",
    "MODULE_FUNCTIONS",
    "SERVER",
    "SERVER_CLASS",
    "SERVER_EVENTS",
    "SERVER_FUNCTIONS",
    "SERVER_OPTIONS",
    "SOCKET_EVENTS",
    "SOCKET_FUNCTIONS",
    "TYPES",
    "USAGE",
    "client",
    "server",
]

SERVER = "web-socket-server"

_SERVER = "web-socket-server, version 2: "
MODULE_FUNCTIONS = _SERVER + "Module Functions"
SERVER_CLASS = _SERVER + "Server Class"
SERVER_OPTIONS = _SERVER + "Server Class, options"
SERVER_EVENTS = _SERVER + "Server Class, events"
SERVER_FUNCTIONS = _SERVER + "Server Class, functions"
USAGE = _SERVER + "Server Class, typical usage pattern"
SOCKET_EVENTS = _SERVER + "Socket Class, events"
SOCKET_FUNCTIONS = _SERVER + "Socket Class, functions"

_CLIENT = "web-socket-client, version 2: "
CLIENT_OPTIONS = _CLIENT + "Client Class, options"
CLIENT_CLASS = _CLIENT + "Client Class, functions"
CLIENT_EVENTS = _CLIENT + "Client Class, events"

TYPES = "both modules, version 2: receiveType and sendType"
EMITTER = "events, built-in module"
DECISION = "decision of accessor-host"


def server(options: str = "") -> str:
    """Return the begin of a script: a server on PORT.

    Args:
        options: more of them, as in an object literal.
    """
    more = f", {options}" if options else ""
    return f"""
var webSocket = require('@modules/web-socket-server');
var server = new webSocket.Server({{port: PORT, hostInterface: '127.0.0.1'{more}}});
"""


def client(options: str = "") -> str:
    """Return the begin of a script: a client for PORT; arguments as for :func:`server`."""
    more = f", {options}" if options else ""
    return f"""
var webSocket = require('@modules/web-socket-client');
var client = new webSocket.Client({{host: '127.0.0.1', port: PORT{more}}});
"""
