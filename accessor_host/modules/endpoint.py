"""What the Python faces of server and client have in common: options, and codecs for messages."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..codecs.values import codec_for, require_supported_types
from ..core.emitter import Emitter
from ..options import OptionWarning, option_name, validate

__all__ = ["Endpoint", "running_loop"]


class Endpoint(Emitter):
    """One end of connections, with options.

    Args:
        schema: name of the schema of its options.
        options: by the names of the module specification, camelCase.
        keyword: more options, in snake_case or camelCase; they win.

    Raises:
        OptionError: a value is not allowed.
        TypeError: ``options`` is not a mapping.
    """

    def __init__(
        self, schema: str, options: Mapping[str, object] | None, keyword: Mapping[str, object]
    ) -> None:
        super().__init__()
        if options is not None and not isinstance(options, Mapping):
            raise TypeError(f"options must be a mapping, not {type(options).__name__}")
        named = {option_name(schema, name): value for name, value in keyword.items()}
        given = {**(options or {}), **named}
        resolved = validate(schema, given)
        for warning in resolved.warnings:
            # The caller of the subclass's constructor.
            warnings.warn(warning, OptionWarning, stacklevel=3)
        values = resolved.values
        self._complete(values)
        require_supported_types(values)
        self.options: Mapping[str, Any] = MappingProxyType(values)
        """The resolved options, by their camelCase names; read-only."""
        self._receive = codec_for(values["receiveType"], values["maxImagePixels"])
        self._send = codec_for(values["sendType"], values["maxImagePixels"])

    def _complete(self, values: dict[str, Any]) -> None:
        """Change options that follow from others.

        Args:
            values: each option by its camelCase name.

        Raises:
            OptionError: two of them contradict each other.
        """


def running_loop(what: str) -> asyncio.AbstractEventLoop:
    """Return the running event loop.

    Args:
        what: names the call that needs it, for the error.

    Raises:
        RuntimeError: no asyncio loop is running.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(f"{what} needs a running asyncio loop") from None
