"""JavaScript text as coarse tokens: enough to find comments, brackets and declarations.

It is no parser. Whether a slash divides or begins a regular expression is guessed from the token
before it, which is right for all but contrived text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

__all__ = ["Kind", "Lexer", "Token"]

Kind: TypeAlias = Literal["comment", "mark", "name", "number", "regex", "string", "template"]

# Both of these match at any place of any text.
_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>//[^\n\r\u2028\u2029]*|/\*[\s\S]*?(?:\*/|\Z))
    | (?P<string>"(?:[^"\\\n]|\\[\s\S])*"?|'(?:[^'\\\n]|\\[\s\S])*'?)
    | (?P<number>\.?\d[\w.]*)
    | (?P<name>(?:[^\W\d]|[$\#])[\w$]*)
    | (?P<mark>=>|\.\.\.|[\s\S])
    """,
    re.VERBOSE,
)
_TEMPLATE_PART = re.compile(r"(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(`|\$\{)?")
_REGEX = re.compile(r"/(?![*/])(?:[^\\/\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[\w$]*")
_LINE_BREAK = re.compile(r"[\n\r\u2028\u2029]")

_CLOSERS = {"(": ")", "[": "]", "{": "}"}

# After one of these words comes a value, as after an operator.
_OPERATOR_WORDS = re.compile(
    "await|case|delete|do|else|extends|in|instanceof|new|of|return|throw|typeof|void|yield"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Args:
        kind: what it is. A template with substitutions is one token for each part of its text.
        text: as it stands in the source.
        start: where it starts.
        depth: how many brackets are open around it.
        after_line_break: whether a line ends between the token before it and this one.
    """

    kind: Kind
    text: str
    start: int
    depth: int
    after_line_break: bool

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)

    @property
    def ends_value(self) -> bool:
        """Whether a value can end here, so that an operator or a new statement follows."""
        if self.kind == "mark":
            return self.text in (")", "]", "}")
        if self.kind == "template":
            return self.text.endswith("`")
        return self.kind != "name" or not _OPERATOR_WORDS.fullmatch(self.text)


class Lexer:
    """Splits a text into tokens, comments included.

    Args:
        text: the source text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        # The closing brackets that are waited for; a backtick after the ${ of a template.
        self._waiting: list[str] = []
        self._is_broken = False
        self._ends_inside = False

    @property
    def is_unfinished(self) -> bool:
        """Whether the text, once gone through, needs more: of a bracket, a template, a comment."""
        return not self._is_broken and (bool(self._waiting) or self._ends_inside)

    def __iter__(self) -> Iterator[Token]:
        at = 0
        before: Token | None = None
        after_line_break = False
        while at < len(self._text):
            match = cast("re.Match[str]", _TOKEN.match(self._text, at))
            if match.lastgroup == "space":
                after_line_break |= bool(_LINE_BREAK.search(match[0]))
                at = match.end()
                continue
            token = self._token(match, before, after_line_break)
            yield token
            at = token.end
            if token.kind == "comment":
                after_line_break |= bool(_LINE_BREAK.search(token.text))
            else:
                before, after_line_break = token, False

    def _token(self, match: re.Match[str], before: Token | None, after_line_break: bool) -> Token:
        text, start = match[0], match.start()
        kind = match.lastgroup
        if text == "/" and (before is None or not before.ends_value):
            regex = _REGEX.match(self._text, start)
            if regex is not None:
                return Token("regex", regex[0], start, len(self._waiting), after_line_break)
        if text == "`" or (text == "}" and self._waiting[-1:] == ["`"]):
            return self._template_part(text, start, after_line_break)
        if kind == "mark":
            return Token("mark", text, start, self._depth_of(text), after_line_break)
        if kind == "comment":
            self._ends_inside = text.startswith("/*") and (len(text) < 4 or text[-2:] != "*/")
        name: Kind = kind  # type: ignore[assignment]
        return Token(name, text, start, len(self._waiting), after_line_break)

    def _template_part(self, opening: str, start: int, after_line_break: bool) -> Token:
        if opening == "}":
            self._waiting.pop()
        depth = len(self._waiting)
        part = cast("re.Match[str]", _TEMPLATE_PART.match(self._text, start + 1))
        if part[1] == "${":
            self._waiting.append("`")
        self._ends_inside = part[1] is None
        return Token("template", opening + part[0], start, depth, after_line_break)

    def _depth_of(self, mark: str) -> int:
        """Return the depth of a mark, and take account of it if it is a bracket."""
        depth = len(self._waiting)
        if mark in _CLOSERS:
            self._waiting.append(_CLOSERS[mark])
        elif mark in _CLOSERS.values():
            if self._waiting[-1:] != [mark]:
                self._is_broken = True
                return depth
            self._waiting.pop()
            depth -= 1
        return depth
