"""How the scripts of these cases begin, and the places that they cite."""

from __future__ import annotations

__all__ = ["BEGIN", "DECISION", "EVENTS", "FUNCTIONS", "OPTIONS", "answering", "server"]

_MODULE = "http-server, version 1: "
OPTIONS = _MODULE + "HttpServer, options"
FUNCTIONS = _MODULE + "HttpServer, functions"
EVENTS = _MODULE + "HttpServer, events"
DECISION = "decision of accessor-host"

BEGIN = "var http = require('@modules/http-server');\n"


def server(options: str = "") -> str:
    """Return the begin of a script: a server on PORT.

    Args:
        options: more of them, as in an object literal.
    """
    more = f", {options}" if options else ""
    place = f"port: PORT, hostInterface: '127.0.0.1'{more}"
    return f"{BEGIN}var server = new http.HttpServer({{{place}}});\n"


def answering(answer: str, options: str = "") -> str:
    """Return a script: a server that does something with each request.

    Args:
        answer: what it does with ``request`` and ``id``, its number.
        options: as for :func:`server`.
    """
    return (
        f"{server(options)}server.on('request', function (request) {{\n"
        f"  var id = request.requestID;\n  {answer}\n}});\nserver.start();\n"
    )
