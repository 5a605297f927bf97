"""What ``require('@modules/web-socket-client')`` returns, and the options of Client."""

from __future__ import annotations

from ...case import Suite
from ...values import FUNCTION, UNDEFINED, an_error
from ..common import (
    CLIENT_CLASS,
    CLIENT_EVENTS,
    CLIENT_OPTIONS,
    DECISION,
    MODULE_FUNCTIONS,
    client,
)
from ..emitting import add_emitter_cases

__all__ = ["suite"]

suite = Suite("web-socket-client", "client", held=True)

_REQUIRE = "var webSocket = require('@modules/web-socket-client');\n"

suite.reports(
    "exports",
    "must",
    "The module exports the constructor Client and two functions that list types.",
    CLIENT_CLASS,
    _REQUIRE
    + """
report('exports', webSocket.Client, webSocket.supportedReceiveTypes,
  webSocket.supportedSendTypes);
""",
    ("exports", FUNCTION, FUNCTION, FUNCTION),
)

suite.reports(
    "exports/npm-name",
    "extra",
    "@accessors-modules/web-socket-client is the same module.",
    DECISION,
    _REQUIRE + "report('same', require('@accessors-modules/web-socket-client') === webSocket);",
    ("same", True),
)

for kind, level, pattern in (
    ("json", "must", "^application[/]json$"),
    ("text", "must", "^text[/]"),
    ("image", "should", "^image[/]"),
):
    suite.reports(
        f"types/{kind}",
        "must" if level == "must" else "should",
        f"Both lists of types have {kind}, by its MIME name.",
        MODULE_FUNCTIONS,
        _REQUIRE
        + f"""
function matches(type) {{ return /{pattern}/.test(type); }}
report('lists', webSocket.supportedReceiveTypes().some(matches),
  webSocket.supportedSendTypes().some(matches));
""",
        ("lists", True, True),
    )

suite.reports(
    "exports/functions",
    "must",
    "A Client has the functions open, send and close.",
    CLIENT_CLASS,
    client() + "report('functions', typeof client.open, typeof client.send, typeof client.close);",
    ("functions", "function", "function", "function"),
)

suite.reports(
    "options/missing",
    "must",
    "The options argument is optional.",
    CLIENT_OPTIONS,
    _REQUIRE + "attempt('new', function () { return typeof new webSocket.Client(); });",
    ("new", "returned", "object"),
)

suite.reports(
    "options/empty",
    "must",
    "Every field of the options is optional.",
    CLIENT_OPTIONS,
    _REQUIRE + "attempt('new', function () { return typeof new webSocket.Client({}); });",
    ("new", "returned", "object"),
)

for option, default in (
    ("host", "localhost"),
    ("port", 80),
    ("receiveType", "application/json"),
    ("sendType", "application/json"),
    ("connectTimeout", 1000),
    ("numberOfRetries", 10),
    ("timeBetweenRetries", 500),
    ("discardMessagesBeforeOpen", False),
    ("throttleFactor", 0),
    ("sslTls", False),
    ("trustAll", False),
    ("trustedCACertPath", ""),
):
    suite.reports(
        f"options/default-{option}",
        "should",
        f"{option} is {default!r} unless told otherwise, and is a property of the Client.",
        CLIENT_OPTIONS,
        _REQUIRE + f"report('default', new webSocket.Client({{}}).{option});",
        ("default", default),
    )

suite.reports(
    "options/zero-kept",
    "must",
    "numberOfRetries 0 is no retry, and timeBetweenRetries 0 no time: neither is the default.",
    CLIENT_OPTIONS,
    _REQUIRE
    + """
var client = new webSocket.Client({numberOfRetries: 0, timeBetweenRetries: 0});
report('values', client.numberOfRetries, client.timeBetweenRetries);
""",
    ("values", 0, 0),
)

suite.reports(
    "options/null",
    "should",
    "An option that is null or undefined has its default.",
    CLIENT_OPTIONS,
    _REQUIRE
    + """
var client = new webSocket.Client({port: null, host: undefined, numberOfRetries: null});
report('values', client.port, client.host, client.numberOfRetries);
""",
    ("values", 80, "localhost", 10),
)

for option, value in (
    ("port", "65536"),
    ("numberOfRetries", "-1"),
    ("sslTls", "'yes'"),
    ("receiveType", "'application/unheard-of'"),
):
    suite.reports(
        f"options/refused-{option}",
        "extra",
        f"{option} {value} is refused with a TypeError that names the option.",
        DECISION,
        _REQUIRE
        + f"attempt('new', function () {{ return new webSocket.Client({{{option}: {value}}}); }});",
        ("new", "threw", an_error(name="TypeError", says=option)),
    )

suite.reports(
    "functions/return-nothing",
    "should",
    "open(), send() and close() return undefined, at once.",
    CLIENT_CLASS,
    client("numberOfRetries: 0")
    + """
client.on('error', function () {});
attempt('open', function () { return client.open(); });
attempt('send', function () { return client.send(1); });
attempt('close', function () { return client.close(); });
""",
    ("open", "returned", UNDEFINED),
    ("send", "returned", UNDEFINED),
    ("close", "returned", UNDEFINED),
)

add_emitter_cases(
    suite,
    "Client",
    """
var webSocket = require('@modules/web-socket-client');
var emitter = new webSocket.Client({port: PORT});
var other = new webSocket.Client({port: OTHER_PORT});
""",
    CLIENT_EVENTS,
)
