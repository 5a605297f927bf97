"""Descriptions of an accessor: for people, for programs, and as a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .dot import dot
from .json_text import json_text
from .svg import svg
from .text import text

__all__ = ["FORMATS"]

FORMATS: dict[str, Callable[[dict[str, Any]], str]] = {
    "text": text,
    "json": json_text,
    "dot": dot,
    "svg": svg,
}
"""What makes each format out of a description (:mod:`accessor_host.inspection.document`)."""
