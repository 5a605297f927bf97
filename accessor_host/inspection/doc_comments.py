"""What the comments of an accessor say about it.

An accessor is documented by one comment in the manner of JSDoc::

    /** What it does, in any number of lines.
     *  @accessor net/Thermostat
     *  @input {number} temperature In degrees Celsius.
     *  @output heating Whether it should heat.
     *  @parameter {number} hysteresis How far ...
     *  @author ...
     *  @version ...
     */

A type in braces, before the name or after it, is taken from the code rather than from here; other
tags are of no interest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..scripts.lexer import Lexer

__all__ = ["Documentation", "read_documentation"]

_TAG = re.compile(r"@(\w+):?(?:\s+(.*))?$")
_PORT = re.compile(
    r"""
    (?: \{ (?: [^{}] | \{[^{}]*\} )* \} \s* )?
    [\['"`]? (?P<name> [\w$.-]*[\w$] ) [\]'"`]? :? (?: \s+ | $ )
    (?: \{ (?: [^{}] | \{[^{}]*\} )* \} \s* )?
    (?: [-:] \s+ )? (?P<text> .* )
    """,
    re.VERBOSE,
)
_STAR = re.compile(r"^\s*\* ?")

_PORT_TAGS = {
    "input": "inputs",
    "output": "outputs",
    "param": "parameters",
    "parameter": "parameters",
}


@dataclass
class Documentation:
    """The documentation of one accessor; texts are empty where it says nothing."""

    description: str = ""
    """What stands before the first tag, its lines as they are."""
    accessor: str = ""
    """The class that it says it is."""
    author: str = ""
    version: str = ""
    modules: list[str] = field(default_factory=list)
    """Modules that it says it needs."""
    inputs: dict[str, str] = field(default_factory=dict)
    """What it says about inputs, by name; each on one line, like the next two."""
    outputs: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)


def read_documentation(source: str) -> Documentation:
    """Find the comment that documents an accessor, and read it.

    Args:
        source: the JavaScript text.
    """
    best = Documentation()
    best_rank = 0
    for comment, before_code in _doc_comments(source):
        documentation = _parse(comment)
        rank = _rank(documentation, before_code)
        if rank > best_rank:
            best, best_rank = documentation, rank
    return best


def _doc_comments(source: str) -> Iterator[tuple[str, bool]]:
    """Give the text of each comment ``/** … */``, and whether no code stands before it."""
    before_code = True
    for token in Lexer(source):
        if token.kind != "comment":
            before_code = False
        elif token.text.startswith("/**") and len(token.text) > len("/**/"):
            yield token.text[3:].removesuffix("*/"), before_code


def _rank(documentation: Documentation, before_code: bool) -> int:
    if documentation.accessor:
        return 3
    if before_code and (documentation.inputs or documentation.outputs or documentation.parameters):
        return 2
    return 1 if before_code and documentation.description else 0


def _parse(comment: str) -> Documentation:
    lines = [_STAR.sub("", line, count=1).rstrip() for line in comment.strip("*").splitlines()]
    documentation = Documentation()
    at = next((i for i, line in enumerate(lines) if _TAG.match(line.strip())), len(lines))
    documentation.description = _dedent(lines[:at])
    name, texts = "", [""]
    for line in lines[at:]:
        match = _TAG.match(line.strip())
        if match is None:
            texts.append(line)
            continue
        _note(documentation, name, " ".join(" ".join(texts).split()))
        name, texts = match[1].lower(), [match[2] or ""]
    _note(documentation, name, " ".join(" ".join(texts).split()))
    return documentation


def _note(documentation: Documentation, tag: str, text: str) -> None:
    if tag in _PORT_TAGS:
        port = _PORT.match(text)
        if port is not None:
            getattr(documentation, _PORT_TAGS[tag]).setdefault(port["name"], port["text"])
    elif tag == "module" and text:
        documentation.modules.append(text)
    elif tag in ("accessor", "author", "authors", "version"):
        attribute = tag.removesuffix("s")
        said = getattr(documentation, attribute)
        setattr(documentation, attribute, f"{said}, {text}" if said and text else said or text)


def _dedent(lines: list[str]) -> str:
    indents = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    margin = min(indents, default=0)
    text = [lines[0].strip() if lines else "", *(line[margin:] for line in lines[1:])]
    return "\n".join(text).strip()
