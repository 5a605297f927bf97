"""Reports: results as text, JSON, JUnit XML, a page, or Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..runner import Result
from .html_page import html_page
from .json_text import json_text
from .junit_xml import junit_xml
from .markdown import markdown
from .table import table

__all__ = ["FORMATS", "markdown"]

FORMATS: dict[str, Callable[[Sequence[Result]], str]] = {
    "table": table,
    "json": json_text,
    "junit": junit_xml,
    "html": html_page,
}
"""What makes each format of a report out of results."""
