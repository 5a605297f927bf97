"""A Python accessor host: runs accessor JavaScript and gives it the modules it requires."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import (
    AccessDeniedError,
    AccessorError,
    AccessorHostError,
    ConnectError,
    ConnectionFault,
    DecodingError,
    EncodingError,
    EngineError,
    ListenError,
    ManifestError,
    ModuleError,
    OptionError,
    ScriptError,
    TlsError,
    UnknownTypeError,
    UnsentError,
)

if TYPE_CHECKING:
    from .accessors.accessor import Accessor, Composite
    from .accessors.ports import Port
    from .accessors.python.base import PythonAccessor
    from .host import Host
    from .modules.web_socket_client.client import Client
    from .modules.web_socket_server.server import Request, Server, Socket
    from .programs.script import run

__all__ = [
    "AccessDeniedError",
    "Accessor",
    "AccessorError",
    "AccessorHostError",
    "Client",
    "Composite",
    "ConnectError",
    "ConnectionFault",
    "DecodingError",
    "EncodingError",
    "EngineError",
    "Host",
    "ListenError",
    "ManifestError",
    "ModuleError",
    "OptionError",
    "Port",
    "PythonAccessor",
    "Request",
    "ScriptError",
    "Server",
    "Socket",
    "TlsError",
    "UnknownTypeError",
    "UnsentError",
    "run",
]

# Imported when first used: a program that only serves needs no engine, one that only runs
# scripts needs no emitters.
_LAZY = {
    "Accessor": "accessors.accessor",
    "Client": "modules.web_socket_client.client",
    "Composite": "accessors.accessor",
    "Host": "host",
    "Port": "accessors.ports",
    "PythonAccessor": "accessors.python.base",
    "Request": "modules.web_socket_server.server",
    "Server": "modules.web_socket_server.server",
    "Socket": "modules.web_socket_server.server",
    "run": "programs.script",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_LAZY[name]}", __name__), name)
    globals()[name] = value
    return value
