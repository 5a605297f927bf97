"""Every case, in the order of the reports."""

from __future__ import annotations

from functools import cache

from ..case import Case

__all__ = ["MODULES", "all_cases"]

MODULES = ("web-socket-server", "web-socket-client")
"""Modules that there are cases for."""


@cache
def all_cases() -> tuple[Case, ...]:
    """Return every case."""
    from .web_socket_client import (
        closing as client_closing,
    )
    from .web_socket_client import (
        messages as client_messages,
    )
    from .web_socket_client import (
        opening as client_opening,
    )
    from .web_socket_client import (
        options as client_options,
    )
    from .web_socket_client import (
        retries as client_retries,
    )
    from .web_socket_client import (
        tls as client_tls,
    )
    from .web_socket_server import (
        closing as server_closing,
    )
    from .web_socket_server import (
        connections as server_connections,
    )
    from .web_socket_server import (
        emitter as server_emitter,
    )
    from .web_socket_server import (
        errors as server_errors,
    )
    from .web_socket_server import (
        exports as server_exports,
    )
    from .web_socket_server import (
        framing as server_framing,
    )
    from .web_socket_server import (
        listening as server_listening,
    )
    from .web_socket_server import (
        options as server_options,
    )
    from .web_socket_server import (
        receiving as server_receiving,
    )
    from .web_socket_server import (
        sending as server_sending,
    )
    from .web_socket_server import (
        snippets as server_snippets,
    )
    from .web_socket_server import (
        stopping as server_stopping,
    )
    from .web_socket_server import (
        tls as server_tls,
    )

    suites = (
        server_exports.suite,
        server_options.suite,
        server_listening.suite,
        server_connections.suite,
        server_receiving.suite,
        server_sending.suite,
        server_framing.suite,
        server_closing.suite,
        server_stopping.suite,
        server_errors.suite,
        server_emitter.suite,
        server_tls.suite,
        server_snippets.suite,
        client_options.suite,
        client_opening.suite,
        client_messages.suite,
        client_closing.suite,
        client_retries.suite,
        client_tls.suite,
    )
    return tuple(case for suite in suites for case in suite)
