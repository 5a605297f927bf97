"""Topics and filters of topics.

``modules/mqtt/mqtt.js`` checks the same, so that an error reaches the line that gave them.

Source: MQTT 3.1.1, section 4.7.
"""

from __future__ import annotations

__all__ = ["MAX_TEXT", "filter_fault", "topic_fault"]

MAX_TEXT = 65_535
"""Bytes of a topic in UTF-8 (MQTT 3.1.1 section 1.5.3)."""


def topic_fault(topic: str) -> str | None:
    """Say what is wrong with a topic to publish to; None when nothing is.

    Args:
        topic: as the script gives it.
    """
    if "+" in topic or "#" in topic:
        return "it has a wildcard"
    return _text_fault(topic)


def filter_fault(topic: str) -> str | None:
    """Say what is wrong with a topic to subscribe to, perhaps with wildcards; None when nothing is.

    Args:
        topic: as the script gives it.
    """
    levels = topic.split("/")
    if any("#" in level for level in levels[:-1]) or ("#" in levels[-1] and levels[-1] != "#"):
        return "'#' is not its last level"
    if any("+" in level and level != "+" for level in levels):
        return "'+' is not a whole level"
    return _text_fault(topic)


def _text_fault(topic: str) -> str | None:
    if not topic:
        return "it is empty"
    if "\0" in topic:
        return "it has a NUL"
    try:
        size = len(topic.encode("utf-8"))
    except UnicodeEncodeError:
        return "it has half a surrogate pair"
    return f"it has more than {MAX_TEXT} bytes" if size > MAX_TEXT else None
