"""Cases for ``@modules/web-socket-server``."""

RANK = 1

TOPICS = (
    "exports",
    "options",
    "listening",
    "connections",
    "verification",
    "receiving",
    "sending",
    "framing",
    "closing",
    "stopping",
    "errors",
    "emitter",
    "tls",
    "operation",
    "limits",
    "flow",
    "snippets",
)
