"""Hooks of MkDocs (``mkdocs.yml``): the roles of docstrings become links."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["on_page_content"]

_ROLE = re.compile(r":(?:attr|class|data|func|meth|mod):<code>~?([\w.]+)</code>")


def on_page_content(html: str, **_: Any) -> str:
    """Link what a docstring names, such as ``:class:`accessor_host.Host```, if the page has it.

    Args:
        html: the page.
    """

    def link(match: re.Match[str]) -> str:
        code = f"<code>{match[1].rpartition('.')[2]}</code>"
        return f'<a href="#{match[1]}">{code}</a>' if f'id="{match[1]}"' in html else code

    return _ROLE.sub(link, html)
