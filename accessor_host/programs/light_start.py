"""A lighter start for ``accessor-host run``: modules that are seldom used are loaded when they are.

This file is the one place that meddles with the import system. Without it a server takes 2.1 times
as long as Node's until it listens (2.5 times with dukpy) instead of 1.7, and 0.63 of its memory
(0.67) instead of 0.46 (``bench``, scenarios ``start`` and ``memory``).

It is for a program that somebody waits for. A program that runs for months does without: what it
loads late may have been upgraded or deleted meanwhile, and a failed import belongs at the start. So
the supervisor of ``--workers``, its workers and a gateway import everything as usual.

``ACCESSOR_HOST_LAZY_IMPORTS=0`` in the environment turns it off.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from importlib.abc import Loader

__all__ = ["SWITCH", "import_lazily"]

SWITCH = "ACCESSOR_HOST_LAZY_IMPORTS"
"""Environment variable; ``0`` turns lazy imports off."""

_SELDOM_USED = frozenset(
    {
        # asyncio, for TLS: ours is in net/tls
        "asyncio.sslproto",
        "ssl",
        # the standard library, for tracebacks and other platforms
        "inspect",
        "ipaddress",
        "ntpath",
        "textwrap",
        "tokenize",
        "urllib.parse",
        # websockets: its version where it is not installed, and what opens connections
        "email.utils",
        "hashlib",
        "importlib.metadata",
        "secrets",
        "uuid",
        # dukpy: a package manager beside the interpreter
        "dukpy.install",
    }
)

_FUNCTIONS = {
    "dukpy.install": ("install_jspackage",),
    "inspect": ("iscoroutinefunction", "isgenerator"),
    "urllib.parse": ("quote_from_bytes",),
}
"""Functions that somebody takes from such a module at once: they get one that calls it later."""


def import_lazily(loop: str) -> None:
    """Load seldom used modules when they are first used, from now on.

    Call it before anything else is imported. Modules that are imported already stay as they are.

    Args:
        loop: as for :func:`accessor_host.run`. uvloop is imported here unless it is ``"asyncio"``.
    """
    if os.environ.get(SWITCH) == "0":
        return
    sys.meta_path.insert(0, _LazyFinder())
    if loop != "asyncio":
        _import_uvloop_without_tls()


class _LazyFinder:
    """Find the modules that are seldom used, as the usual finder does, and have them load late."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _SELDOM_USED:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _LateLoader(spec.loader)  # type: ignore[assignment]
        return spec


class _LateLoader:
    """Have a module load when something is missing in it.

    ``importlib.util.LazyLoader`` has it load at any access to an attribute. The import system makes
    one itself when a module is imported a second time, so that hardly any stayed unloaded.

    Args:
        loader: loads it then.
    """

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        spec: Any = module.__spec__
        spec.loader = module.__loader__ = self._loader
        spec.loader_state = _State()
        module.__class__ = _UnloadedModule


class _State:
    def __init__(self) -> None:
        self.lock = RLock()
        self.is_loading = False


class _UnloadedModule(ModuleType):
    """A module whose code has not run yet. It runs when an attribute is not found."""

    def __getattr__(self, name: str) -> Any:
        if name == "__path__":
            # The import system asks every module for it; a package has it by now.
            raise AttributeError(name)
        if name in _FUNCTIONS.get(self.__name__, ()):
            return partial(_call, self, name)
        _load(self)
        return ModuleType.__getattribute__(self, name)


def _load(module: _UnloadedModule) -> None:
    spec: Any = module.__spec__
    state: _State = spec.loader_state
    with state.lock:
        # Another thread may have loaded it; this one may be in the middle of it, and what is
        # missing then is missing indeed.
        if type(module) is _UnloadedModule and not state.is_loading:
            state.is_loading = True
            try:
                spec.loader.exec_module(module)
                module.__class__ = ModuleType  # type: ignore[assignment]
            finally:
                state.is_loading = False


def _call(module: _UnloadedModule, function: str, *values: Any, **named: Any) -> Any:
    _load(module)
    return getattr(module, function)(*values, **named)


# uvloop takes its names of ssl at once, which would load it: 7 ms and 4 MiB for a TLS that no
# connection of this package uses (net/tls).


def _import_uvloop_without_tls() -> None:
    """Import uvloop, if it is installed, in such a way that its own TLS is refused.

    It is refused with an error that says so, wherever a loop is asked for it.
    """
    if "uvloop" in sys.modules:
        return
    # It comes first, with the ssl that it is to have.
    import_module("asyncio")
    ssl = import_module("ssl")
    sys.modules["ssl"] = _RefusedTls("ssl")
    try:
        with suppress(ImportError):
            import_module("uvloop")
    finally:
        sys.modules["ssl"] = ssl


def _refuse(*_arguments: object, **_named: object) -> NoReturn:
    raise RuntimeError(
        "this program imported uvloop without TLS, to start sooner; "
        f"set {SWITCH}=0 in the environment to have it"
    )


class _Refusal(type):
    """The type of names that stand for TLS: whatever is done with one is refused."""

    __call__ = _refuse
    __instancecheck__ = _refuse


class _RefusedTls(ModuleType):
    """What uvloop sees of ``ssl``: names of which it can make nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name.startswith("SSL_ERROR_"):
            return -1
        # uvloop catches errors by their classes. Nobody raises these, as nothing has TLS.
        return _Refusal(name, (Exception,), {})
