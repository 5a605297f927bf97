"""What a line declares at its top level, made to last beyond the line.

Each line is evaluated as global code. There, ``var`` and ``function`` make properties of the
global object, while ``let``, ``const`` and ``class`` end with the line. So those are rewritten to
``var``, as the consoles of browsers do: a name can be declared again, and a constant changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from ...scripts.lexer import Lexer, Token

__all__ = ["lasting"]

_Edit: TypeAlias = tuple[int, int, str]
"""Start and end of a part of the text, and what takes its place."""


def lasting(text: str) -> str:
    """Rewrite the declarations at the top level of a line.

    Args:
        text: JavaScript, complete.

    Returns:
        The text with ``var`` instead of ``let``, ``const`` and ``class``; lines stay lines.
    """
    tokens = [token for token in Lexer(text) if token.kind != "comment"]
    edits: list[_Edit] = []
    for index, token in enumerate(tokens):
        if token.depth > 0 or not _begins_declaration(tokens, index):
            continue
        if token.text == "class":
            edits += _class(tokens[index:])
        else:
            edits.append((token.start, token.end, "var"))
        if token.text == "let":
            edits += _initializers(tokens[index + 1 :])
    return _apply(text, edits)


def _begins_declaration(tokens: Sequence[Token], index: int) -> bool:
    token = tokens[index]
    if token.kind != "name" or token.text not in ("let", "const", "class"):
        return False
    # In the middle of an expression it is a class without a statement of its own, or a mere name.
    before = tokens[index - 1] if index > 0 else None
    if before is not None and before.text != ";" and not before.ends_value:
        return False
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if after is None or (token.text == "class" and after.kind != "name"):
        return False
    return after.kind == "name" or after.text in ("[", "{")


def _initializers(tokens: Sequence[Token]) -> Iterator[_Edit]:
    """Give the names of a ``let`` without a value one: else a variable would keep its old value."""
    begins = True
    for index, token in enumerate(tokens):
        if token.depth > 0:
            continue
        before = tokens[index - 1] if index > 0 else None
        if token.text == ";" or (before is not None and _begins_statement(token, before)):
            return
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        ends = after is None or after.text in (",", ";") or _begins_statement(after, token)
        if begins and token.kind == "name" and ends:
            yield token.end, token.end, " = undefined"
        begins = token.text == ","


def _begins_statement(token: Token, before: Token) -> bool:
    """Tell whether a line break ends a statement although there is no semicolon."""
    continues = token.kind == "mark" or token.text in ("in", "instanceof")
    return token.after_line_break and before.ends_value and not continues


def _class(tokens: Sequence[Token]) -> Iterator[_Edit]:
    """Make ``class A … { … }`` to ``var A = class A … { … };``."""
    keyword, name = tokens[:2]
    body = None
    for before, token in pairwise(tokens[1:]):
        if token.depth > 0:
            continue
        if token.text == "{" and before.text != "extends":
            body = token
        elif token.text == "}" and body is not None:
            yield keyword.start, keyword.start, f"var {name.text} = "
            yield token.end, token.end, ";"
            return


def _apply(text: str, edits: Sequence[_Edit]) -> str:
    parts = []
    at = 0
    for start, end, replacement in sorted(edits):
        parts += [text[at:start], replacement]
        at = end
    return "".join([*parts, text[at:]])
