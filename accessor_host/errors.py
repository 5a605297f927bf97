"""Every exception that accessor-host raises.

The tree, each class with what it says::

    AccessorHostError             the root: catch this to catch everything of ours
    ├── AccessDeniedError         a script may not do what it wants
    ├── OptionError               an option has a value that is not allowed
    ├── UnknownTypeError          a MIME type that this host does not encode or decode
    ├── EncodingError             a value has no representation in the chosen MIME type, or as JSON
    ├── DecodingError             a message is not what its MIME type says
    ├── ListenError               a server could not start listening
    ├── ConnectError              a client could not connect
    ├── UnsentError               messages that a client was given were not sent
    ├── TlsError                  TLS cannot start: a key or certificate file cannot be used
    ├── ConnectionFault           one peer broke the protocol, a limit or its transport
    ├── ModuleError               a script asked for a module that cannot be found or read
    │   └── ManifestError         a module of another package is not as it must be
    ├── EngineError               the JavaScript engine is missing, or can no longer be used
    ├── AccessorError             an accessor of Python's is not as it must be, or used wrongly
    └── ScriptError               an uncaught error in a script, with its JavaScript stack
"""

from __future__ import annotations

__all__ = [
    "AccessDeniedError",
    "AccessorError",
    "AccessorHostError",
    "ConnectError",
    "ConnectionFault",
    "DecodingError",
    "EncodingError",
    "EngineError",
    "ListenError",
    "ManifestError",
    "ModuleError",
    "OptionError",
    "ScriptError",
    "TlsError",
    "UnknownTypeError",
    "UnsentError",
]


class AccessorHostError(Exception):
    """Root of every exception that accessor-host raises on purpose."""


class _CodedError(AccessorHostError):
    """Give an error a code for programs and a reason for people."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(code, reason)

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"


class AccessDeniedError(AccessorHostError):
    """Report what a script may not do.

    Args:
        permission: the power that it lacks, for example ``"listen"``.
        resource: on what, in the form in which it can be allowed, for example ``"*:8082"``.
        reason: what is not permitted, and how to permit it, in words.
    """

    code = "ERR_ACCESS_DENIED"
    """Node's name for the same."""

    def __init__(self, permission: str, resource: str, reason: str) -> None:
        self.permission = permission
        self.resource = resource
        self.reason = reason
        super().__init__(permission, resource, reason)

    def __str__(self) -> str:
        return self.reason


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
        supported = ", ".join(self.supported)
        return f"unsupported type {self.mime_type!r}; supported are {supported}"


class EncodingError(AccessorHostError, TypeError):
    """Report a value that has no representation in the chosen MIME type, or as JSON."""


class DecodingError(_CodedError, ValueError):
    """Report a message that is not what its MIME type says; it is dropped.

    Args:
        code: stable machine-readable name, for example ``"WS_BAD_IMAGE"``.
        reason: the fault in words.
    """


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
        place = self.host if self.host.startswith("unix:") else f"{self.host}:{self.port}"
        return f"listen {self.code}: cannot listen on {place}: {self.reason}"


class ConnectError(_CodedError, OSError):
    """Report that a client could not connect, or was closed before it could.

    Args:
        code: stable machine-readable name, for example ``"WS_CONNECT_FAILED"``.
        reason: address, number of attempts and cause of the last failure in words.
    """


class UnsentError(_CodedError):
    """Report messages that a client was given and that were not sent.

    Args:
        code: stable machine-readable name, for example ``"WS_QUEUE_FULL"``.
        reason: how many, and why, in words.
    """


class TlsError(_CodedError):
    """Report a key, certificate or authority file that TLS cannot start with.

    Args:
        code: stable machine-readable name, for example ``"ERR_TLS_BAD_PASSWORD"``.
        reason: option, file and cause in words.
    """


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


class ManifestError(ModuleError):
    """Report that a module of another package cannot be used.

    Args:
        package: name of the distribution that ships it.
        key: key of its manifest that is wrong, or what else is.
        reason: what is wrong with it.
    """

    def __init__(self, package: str, key: str, reason: str) -> None:
        self.package = package
        self.key = key
        self.reason = reason
        super().__init__(f"module of the package '{package}', {key}: {reason}")


class EngineError(AccessorHostError):
    """Report that a JavaScript engine is missing, or can no longer be used."""


class AccessorError(AccessorHostError):
    """Report an accessor of Python's that is not as it must be, or that is used wrongly.

    The text names the accessor and the port; the exception that led to it, if any, is its cause.
    """


class ScriptError(AccessorHostError):
    """Report an uncaught error in a script, or in an accessor of Python's.

    Args:
        message: the error in one line, for example ``"TypeError: x is null"``.
        stack: the stack, JavaScript's or Python's, which starts with the message; empty if there
            is none.
    """

    def __init__(self, message: str, stack: str = "") -> None:
        self.message = message
        self.stack = stack
        super().__init__(message, stack)

    def __str__(self) -> str:
        return self.stack or self.message
