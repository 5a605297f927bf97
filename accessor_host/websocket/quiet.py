"""A logger for the Sans-I/O layer, which says nothing.

The library would log each connection at INFO, with its own words. We log what matters.
"""

from __future__ import annotations

import logging

__all__ = ["quiet"]

quiet = logging.Logger("accessor_host.websocket.protocol", logging.CRITICAL + 1)
