"""What the connections of a server need, loaded behind its start: it listens sooner then."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module

__all__ = ["DELAY", "prepare"]

DELAY = 0.01
"""Seconds from when a server listens until this is loaded: whoever waits for it hears first that it
listens. It takes 15 ms; a client that comes in between waits for it. It is not left to the first
client, as by then files may be opened no more."""

prepare: Callable[[], object] = partial(import_module, ".server_connection", __package__)
"""Loads it; a program of ours puts another function here (``programs/light_start.py``)."""
