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
    from . import (
        client_closing,
        client_messages,
        client_opening,
        client_options,
        client_retries,
        client_tls,
        server_closing,
        server_connections,
        server_emitter,
        server_errors,
        server_exports,
        server_framing,
        server_listening,
        server_options,
        server_receiving,
        server_sending,
        server_snippets,
        server_stopping,
        server_tls,
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
