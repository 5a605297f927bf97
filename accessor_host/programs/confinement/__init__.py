"""Permissions that the kernel holds as well, so that a hole in an engine is none in the system."""

from . import landlock
from .confine import MODES, confine, describe, hold, make_plan
from .plan import MAX_PORTS, Plan
from .system_files import search_path

__all__ = [
    "MAX_PORTS",
    "MODES",
    "Plan",
    "confine",
    "describe",
    "hold",
    "landlock",
    "make_plan",
    "search_path",
]
