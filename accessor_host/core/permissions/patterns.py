"""Rules of the powers whose values are texts: files, devices, variables, topics, modules."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import NamedTuple

from ..folders import is_inside

__all__ = ["TextRule", "parse_path", "parse_pattern", "parse_topic"]


class TextRule(NamedTuple):
    """One rule.

    Args:
        text: as it was written.
        means: tells whether it means a value.
        touches: tells whether a value that is a filter has anything in common with it; None when
            no value is a filter.
    """

    text: str
    means: Callable[[str], bool]
    touches: Callable[[str], bool] | None = None


def parse_path(text: str) -> TextRule:
    """Read a rule of ``read`` or ``write``: a folder with all that is below, or a file.

    Args:
        text: the path; a relative one starts in the current directory of this moment.

    Raises:
        ValueError: it is empty, or no path.
    """
    if not text:
        raise ValueError("it is empty")
    folder = os.path.realpath(text)
    return TextRule(text, lambda path: is_inside(path, folder))


def parse_pattern(text: str, but: str = "") -> TextRule:
    """Read a rule in which ``*`` stands for any text.

    Args:
        text: for example ``MQTT_*``.
        but: characters that ``*`` does not stand for.

    Raises:
        ValueError: it is empty.
    """
    if not text:
        raise ValueError("it is empty")
    any_text = f"[^{re.escape(but)}]*" if but else "(?s:.*)"
    pattern = re.compile(any_text.join(map(re.escape, text.split("*"))))
    return TextRule(text, lambda value: pattern.fullmatch(value) is not None)


def parse_topic(text: str) -> TextRule:
    """Read a rule of ``mqtt``: ``publish:`` or ``subscribe:``, and a filter of topics.

    Args:
        text: for example ``subscribe:home/+/temperature``.

    Raises:
        ValueError: it does not begin with one of these words.
    """
    verb, _, topics = text.partition(":")
    if verb not in ("publish", "subscribe") or not topics:
        raise ValueError("it is not publish:TOPIC or subscribe:FILTER")
    levels = topics.split("/")

    def means(value: str) -> bool:
        asked, _, wanted = value.partition(":")
        return asked == verb and _covers(levels, wanted.split("/"))

    def touches(value: str) -> bool:
        asked, _, wanted = value.partition(":")
        return asked == verb and _overlap(levels, wanted.split("/"))

    return TextRule(text, means, touches)


def _covers(rule: list[str], wanted: list[str]) -> bool:
    """Tell whether a filter covers a topic, or another filter, level by level."""
    for at, level in enumerate(rule):
        if level == "#":
            return True
        if at >= len(wanted) or wanted[at] == "#":
            return False
        if level not in ("+", wanted[at]):
            return False
    return len(rule) == len(wanted)


def _overlap(rule: list[str], wanted: list[str]) -> bool:
    """Tell whether there is a topic that two filters both mean."""
    for one, other in zip(rule, wanted, strict=False):
        if "#" in (one, other):
            return True
        if one != other and "+" not in (one, other):
            return False
    longer = max(rule, wanted, key=len)
    return len(rule) == len(wanted) or longer[min(len(rule), len(wanted))] == "#"
