"""A description for programs; ``schemas/accessor-interface.schema.json`` says what it has."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["json_text"]


def json_text(interface: dict[str, Any]) -> str:
    """Write an interface as JSON.

    Args:
        interface: as :func:`.document.document` returns it.
    """
    return json.dumps(interface, indent=2) + "\n"
