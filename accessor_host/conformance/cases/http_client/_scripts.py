"""How the scripts of these cases begin, and the places that they cite."""

from __future__ import annotations

__all__ = ["ANSWER", "BEGIN", "DECISION", "FUNCTIONS", "OPTIONS", "REQUEST"]

_MODULE = "http-client, version 2: "
FUNCTIONS = _MODULE + "request, get, post, put"
OPTIONS = _MODULE + "options"
REQUEST = _MODULE + "ClientRequest"
ANSWER = _MODULE + "IncomingMessage"
DECISION = "decision of accessor-host"

BEGIN = """
var http = require('@modules/http-client');
var url = 'http://127.0.0.1:' + PORT;
"""
