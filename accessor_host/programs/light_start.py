"""What a program of ours does before its imports: it starts sooner and takes less memory.

Packages import modules that they use seldom or never. While such a package is imported, stand-ins
take the places of these modules; the real ones are imported when they are first used.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["import_argparse", "import_lightly"]

# What is wanted of a module before any of it is used: functions that are bound to names, ...
_LATER = {
    "asyncio.sslproto": (),
    "hashlib": (),
    # From Python 3.12 on every dataclass needs it, and has it.
    "inspect": ("iscoroutinefunction", "isgenerator"),
    "ntpath": (),
    "secrets": (),
    "subprocess": (),
    "textwrap": (),
    "tokenize": (),
    "urllib.parse": ("quote_from_bytes",),
    "uuid": (),
    # dukpy ships a package manager and compilers beside the engine.
    "dukpy.babel": ("jsx_compile",),
    "dukpy.install": ("install_jspackage",),
    "dukpy.lessc": ("less_compile",),
    "dukpy.tsc": ("typescript_compile",),
}
# ... and values: defaults of arguments, and an error that nobody raises.
_VALUES: dict[str, dict[str, object]] = {
    "subprocess": {"PIPE": -1, "STDOUT": -2, "DEVNULL": -3, "SubprocessError": Exception},
}


class _Later(ModuleType):
    """Stand in for a module: whatever is wanted of it, the real one has, imported then.

    Args:
        name: of the module.
        known: what can be had without it.
    """

    def __init__(self, name: str, known: Mapping[str, object]) -> None:
        super().__init__(name)
        self.__dict__.update(known)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        value = getattr(import_module(self.__name__), name)
        setattr(self, name, value)
        return value


def import_argparse() -> None:
    """Import ``argparse`` without what translates its words.

    It would look for a translation in the file system whenever it uses a word; there is none.
    """
    words = ModuleType("gettext")
    words.__dict__["gettext"] = str
    words.__dict__["ngettext"] = lambda one, many, count: one if count == 1 else many
    with _standing_in({"gettext": words}):
        import_module("argparse")


def import_lightly(engine: str, loop: str) -> None:
    """Import asyncio, the packages of an engine and a loop, and the host.

    asyncio and uvloop know no TLS then: no connection of ours has its TLS from its loop. Call
    this before there are threads; who imports a module later gets the real one as ever.

    Args:
        engine: as for :class:`accessor_host.Host`.
        loop: as for :func:`accessor_host.run`.
    """
    # What is imported stays: to look for garbage in it takes time, now and ever after.
    gc.disable()
    with _standing_in(_stand_ins()):
        # asyncio copes without.
        with _standing_in({"ssl": None}):
            import_module("asyncio")
        import_module("pathlib")
        # A release knows its version, yet imports what would look it up. What is no release is
        # imported with all that it wants.
        with (
            _standing_in({"importlib.metadata": ModuleType("importlib.metadata")}),
            suppress(AttributeError, ImportError),
        ):
            import_module("websockets.version")
        if loop != "asyncio":
            with _standing_in({"ssl": _tls_for_uvloop()}), suppress(ImportError):
                import_module("uvloop")
        if engine != "quickjs":
            with suppress(ImportError):
                import_module("dukpy")
        import_module("..host", __package__)
    from ..websocket import preparation

    preparation.prepare = _import_connections
    gc.freeze()
    gc.enable()


def _import_connections() -> None:
    """Import what the connections of servers need, as lightly; there may be threads by now.

    One that imports a module with a stand-in meanwhile gets that, which does the same.
    """
    utils = _Later("email.utils", {})
    email = {"email": _Later("email", {"utils": utils}), "email.utils": utils}
    with _standing_in({**_stand_ins(), **email}):
        import_module("..websocket.server_connection", __package__)
    gc.freeze()


def _stand_ins() -> dict[str, ModuleType]:
    return {
        name: _Later(
            name,
            {function: partial(_call, name, function) for function in functions}
            | _VALUES.get(name, {}),
        )
        for name, functions in _LATER.items()
    }


def _tls_for_uvloop() -> ModuleType:
    """Return a module with classes of which there are no objects, and that nobody raises."""
    classes = (
        "CertificateError",
        "MemoryBIO",
        "SSLContext",
        "SSLError",
        "SSLSyscallError",
        "SSLWantReadError",
        "SSLZeroReturnError",
    )
    numbers = ("SSL_ERROR_SYSCALL", "SSL_ERROR_WANT_READ", "SSL_ERROR_WANT_WRITE")
    return _Later(
        "ssl",
        {
            **{name: type(name, (Exception,), {}) for name in classes},
            **dict.fromkeys(numbers, -1),
            "create_default_context": partial(_call, "ssl", "create_default_context"),
        },
    )


def _call(module: str, function: str, *args: Any, **named: Any) -> Any:
    return getattr(import_module(module), function)(*args, **named)


@contextmanager
def _standing_in(stand_ins: Mapping[str, ModuleType | None]) -> Iterator[None]:
    """Put modules in the places of those that are not imported yet."""
    # With None in its place a module cannot be imported.
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]
    placed = {name: module for name, module in stand_ins.items() if name not in modules}
    modules.update(placed)
    try:
        yield
    finally:
        for name, module in placed.items():
            if name in modules and modules[name] is module:
                del modules[name]
