"""Every exception that accessor-host raises.

The tree, each class with what it says::

    AccessorHostError             the root: catch this to catch everything of ours
    ├── OptionError               an option has a value that is not allowed
    ├── UnknownTypeError          a MIME type that this host does not encode or decode
    ├── EncodingError             a value has no representation in the chosen MIME type
    ├── ListenError               a server could not start listening
    ├── ConnectionFault           one peer broke the protocol, a limit or its transport
    ├── ModuleError               a script asked for a module that cannot be found or read
    ├── EngineError               the JavaScript engine is missing, or can no longer be used
    └── ScriptError               an uncaught error in a script, with its JavaScript stack
"""

from __future__ import annotations

__all__ = [
    "AccessorHostError",
    "ConnectionFault",
    "EncodingError",
    "EngineError",
    "ListenError",
    "ModuleError",
    "OptionError",
    "ScriptError",
    "UnknownTypeError",
]


class AccessorHostError(Exception):
    """Root of every exception that accessor-host raises on purpose."""


class OptionError(AccessorHostError, ValueError):
    """Report an option whose value is not allowed.

    Args:
        option: name of the option as the documentation spells it.
        value: the value that was given.
        allowed: what would be accepted, as the end of a sentence, for example
            ``"an integer from 0 to 65535"``.
    """

    def __init__(self, option: str, value: object, allowed: str) -> None:
        self.option = option
        self.value = value
        self.allowed = allowed
        super().__init__(option, value, allowed)

    def __str__(self) -> str:
        return f"option {self.option!r}: {self.value!r} is not allowed; expected {self.allowed}"


class UnknownTypeError(AccessorHostError, ValueError):
    """Report a MIME type that this host cannot encode or decode.

    Args:
        mime_type: the type that was asked for.
        supported: the types that work.
    """

    def __init__(self, mime_type: str, supported: tuple[str, ...]) -> None:
        self.mime_type = mime_type
        self.supported = supported
        super().__init__(mime_type, supported)

    def __str__(self) -> str:
        return f"unsupported type {self.mime_type!r}; supported are {', '.join(self.supported)}"


class EncodingError(AccessorHostError, TypeError):
    """Report a value that has no representation in the chosen MIME type."""


class ListenError(AccessorHostError, OSError):
    """Report that a server could not start listening.

    Args:
        code: symbolic name of the cause, as in Node, for example ``"EADDRINUSE"``.
        host: interface that was to be bound.
        port: TCP port that was to be bound.
        reason: the cause in words.
    """

    def __init__(self, code: str, host: str, port: int, reason: str) -> None:
        self.code = code
        self.host = host
        self.port = port
        self.reason = reason
        super().__init__(code, host, port, reason)

    def __str__(self) -> str:
        return f"listen {self.code}: cannot listen on {self.host}:{self.port}: {self.reason}"


class ConnectionFault(AccessorHostError):
    """Report what one peer did wrong, or what its connection suffered.

    Args:
        code: stable machine-readable name, for example ``"WS_MESSAGE_TOO_BIG"``.
        close_code: close code that ends the connection (RFC 6455 section 7.4).
        reason: the fault in words.
    """

    def __init__(self, code: str, close_code: int, reason: str) -> None:
        self.code = code
        self.close_code = close_code
        self.reason = reason
        super().__init__(code, close_code, reason)

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"


class ModuleError(AccessorHostError):
    """Report a module that a script requires and that cannot be found or read."""


class EngineError(AccessorHostError):
    """Report that a JavaScript engine is missing, or can no longer be used."""


class ScriptError(AccessorHostError):
    """Report an uncaught error in a script.

    Args:
        message: the JavaScript error in one line, for example ``"TypeError: x is null"``.
        stack: the JavaScript stack, which starts with the message; empty if there is none.
    """

    def __init__(self, message: str, stack: str = "") -> None:
        self.message = message
        self.stack = stack
        super().__init__(message, stack)

    def __str__(self) -> str:
        return self.stack or self.message
