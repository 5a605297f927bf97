"""What ``require('@modules/web-socket-server')`` returns."""

from __future__ import annotations

from ...case import Suite
from ...values import AN_ERROR, FUNCTION
from ..common import DECISION, MODULE_FUNCTIONS, SERVER_CLASS, SOCKET_FUNCTIONS

__all__ = ["suite"]

suite = Suite("web-socket-server", "server")

_REQUIRE = "var webSocket = require('@modules/web-socket-server');\n"

suite.reports(
    "exports/server",
    "must",
    "The module exports the constructor Server.",
    SERVER_CLASS,
    _REQUIRE + "report('Server', typeof webSocket.Server);",
    ("Server", "function"),
)

suite.reports(
    "exports/functions",
    "must",
    "The module exports two functions that list types.",
    MODULE_FUNCTIONS,
    _REQUIRE + "report('types', webSocket.supportedReceiveTypes, webSocket.supportedSendTypes);",
    ("types", FUNCTION, FUNCTION),
)

suite.reports(
    "exports/same-module",
    "must",
    "Requiring the module twice gives the same object.",
    "module resolution, CommonJS",
    _REQUIRE + "report('same', require('@modules/web-socket-server') === webSocket);",
    ("same", True),
)

suite.reports(
    "exports/npm-name",
    "extra",
    "@accessors-modules/web-socket-server is the same module.",
    DECISION,
    _REQUIRE + "report('same', require('@accessors-modules/web-socket-server') === webSocket);",
    ("same", True),
)

for direction in ("Receive", "Send"):
    suite.reports(
        f"types/{direction.lower()}-array",
        "must",
        f"supported{direction}Types() returns an array of strings that is not empty.",
        MODULE_FUNCTIONS,
        _REQUIRE
        + f"""
var types = webSocket.supported{direction}Types();
report('types', Array.isArray(types), types.length > 0, types.every(function (type) {{
  return typeof type === 'string';
}}));
""",
        ("types", True, True, True),
    )
    suite.reports(
        f"types/{direction.lower()}-json",
        "must",
        f"supported{direction}Types() lists application/json.",
        MODULE_FUNCTIONS,
        _REQUIRE
        + f"""
report('json', webSocket.supported{direction}Types().indexOf('application/json') >= 0);
""",
        ("json", True),
    )
    suite.reports(
        f"types/{direction.lower()}-text",
        "must",
        f"supported{direction}Types() lists a text type.",
        MODULE_FUNCTIONS,
        _REQUIRE
        + f"""
report('text', webSocket.supported{direction}Types().some(function (type) {{
  return /^text[/]/.test(type);
}}));
""",
        ("text", True),
    )
    suite.reports(
        f"types/{direction.lower()}-image",
        "should",
        f"supported{direction}Types() lists an image type by its MIME name.",
        MODULE_FUNCTIONS,
        _REQUIRE
        + f"""
report('image', webSocket.supported{direction}Types().some(function (type) {{
  return /^image[/]/.test(type);
}}));
""",
        ("image", True),
    )

suite.reports(
    "types/all-accepted",
    "should",
    "A Server can be made with each type that the module lists.",
    MODULE_FUNCTIONS,
    _REQUIRE
    + """
webSocket.supportedReceiveTypes().forEach(function (type) {
  new webSocket.Server({receiveType: type});
});
webSocket.supportedSendTypes().forEach(function (type) {
  new webSocket.Server({sendType: type});
});
report('all accepted');
""",
    ("all accepted",),
)

suite.reports(
    "types/own-array",
    "should",
    "Changing a returned list does not change what the module lists.",
    MODULE_FUNCTIONS,
    _REQUIRE
    + """
webSocket.supportedReceiveTypes().length = 0;
webSocket.supportedSendTypes().length = 0;
report('lengths', webSocket.supportedReceiveTypes().length > 0,
  webSocket.supportedSendTypes().length > 0);
""",
    ("lengths", True, True),
)

suite.reports(
    "exports/server-functions",
    "must",
    "A Server has the functions start and stop.",
    SERVER_CLASS,
    _REQUIRE
    + """
var server = new webSocket.Server({port: PORT});
report('functions', typeof server.start, typeof server.stop);
""",
    ("functions", "function", "function"),
)

suite.reports(
    "exports/socket-not-constructed",
    "extra",
    "A script cannot make a Socket: Server does.",
    SOCKET_FUNCTIONS + "; " + DECISION,
    _REQUIRE + "attempt('new', function () { return new webSocket.Socket(); });",
    ("new", "threw", AN_ERROR),
)
