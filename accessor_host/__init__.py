"""A Python accessor host: runs accessor JavaScript and gives it the modules it requires."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import (
    AccessorError,
    AccessorHostError,
    ConnectError,
    ConnectionFault,
    DecodingError,
    EncodingError,
    EngineError,
    ListenError,
    ModuleError,
    OptionError,
    ScriptError,
    TlsError,
    UnknownTypeError,
    UnsentError,
)

if TYPE_CHECKING:
    from .accessor import Accessor, Composite
    from .accessor_ports import Port
    from .client import Client
    from .host import Host
    from .python.base import PythonAccessor
    from .runner import run
    from .server import Server, Socket

__all__ = [
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
    "ModuleError",
    "OptionError",
    "Port",
    "PythonAccessor",
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
    "Accessor": "accessor",
    "Client": "client",
    "Composite": "accessor",
    "Host": "host",
    "Port": "accessor_ports",
    "PythonAccessor": "python.base",
    "Server": "server",
    "Socket": "server",
    "run": "runner",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_LAZY[name]}", __name__), name)
    globals()[name] = value
    return value
