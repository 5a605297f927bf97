"""What is offered and accepted of permessage-deflate (RFC 7692).

Without context takeover a connection holds no compressor between messages. A server, which may
have thousands of connections, has it so in both directions; a client has one connection, and
compresses better with the memory of earlier messages, if the server lets it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from websockets.extensions.permessage_deflate import (
        ClientPerMessageDeflateFactory,
        ServerPerMessageDeflateFactory,
    )

__all__ = ["accepted", "offered"]

_WINDOW_BITS = 12
"""A window of 4 KiB: 32 KiB for a compressor instead of 256, at little loss for short messages."""

_MEMORY_LEVEL = 5
"""zlib's ``memLevel`` to match that window."""


def accepted(compression: bool) -> list[ServerPerMessageDeflateFactory] | None:
    """Return what a server accepts; None for nothing."""
    if not compression:
        return None
    # Imported late, here and below: few servers and clients compress.
    from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

    return [
        ServerPerMessageDeflateFactory(
            server_no_context_takeover=True,
            client_no_context_takeover=True,
            server_max_window_bits=_WINDOW_BITS,
            client_max_window_bits=_WINDOW_BITS,
            compress_settings={"memLevel": _MEMORY_LEVEL},
        )
    ]


def offered(compression: bool) -> list[ClientPerMessageDeflateFactory] | None:
    """Return what a client offers; None for nothing.

    Nothing in it binds the server, so that no server has to refuse it.
    """
    if not compression:
        return None
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

    return [
        ClientPerMessageDeflateFactory(
            client_max_window_bits=_WINDOW_BITS, compress_settings={"memLevel": _MEMORY_LEVEL}
        )
    ]
