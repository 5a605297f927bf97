"""What the program tesseract writes, as scripts get it."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any

__all__ = ["detected", "recognized"]

_WORD = "5"
_COLUMNS = 12


def recognized(table: str) -> dict[str, Any]:
    """Return text, words and lines of a table that ``tesseract - - tsv`` wrote.

    Args:
        table: a line for each part of the page, with tabs between the columns.
    """
    words: list[dict[str, Any]] = []
    for line in table.splitlines()[1:]:
        columns = line.split("\t")
        if len(columns) == _COLUMNS and columns[0] == _WORD and columns[11].strip():
            words.append(_word(columns))
    lines = [_joined(list(group)) for _, group in groupby(words, itemgetter("_line"))]
    paragraphs = [
        "".join(f"{line['text']}\n" for line in group)
        for _, group in groupby(lines, lambda line: line["_line"][:2])
    ]
    return {
        "text": "\n".join(paragraphs),
        "confidence": _mean(words),
        "words": [_shown(word) for word in words],
        "lines": [_shown(line) for line in lines],
    }


def detected(text: str) -> dict[str, Any]:
    """Return what ``tesseract - - --psm 0`` wrote about orientation and script.

    Args:
        text: lines ``Name: value``.

    Raises:
        ValueError: something is missing.
    """
    lines = (line.partition(":") for line in text.splitlines())
    values = {name.strip(): value.strip() for name, _, value in lines}
    try:
        return {
            "orientation_degrees": int(values["Orientation in degrees"]),
            "orientation_confidence": float(values["Orientation confidence"]),
            "script": values["Script"],
            "script_confidence": float(values["Script confidence"]),
        }
    except KeyError as error:
        raise ValueError(f"there is no {error}") from None


def _word(columns: list[str]) -> dict[str, Any]:
    left, top, width, height = map(int, columns[6:10])
    return {
        "text": columns[11],
        "confidence": float(columns[10]),
        "bbox": {"x0": left, "y0": top, "x1": left + width, "y1": top + height},
        "_line": tuple(map(int, columns[2:5])),
    }


def _joined(words: list[dict[str, Any]]) -> dict[str, Any]:
    boxes = [word["bbox"] for word in words]
    box = {side: min(one[side] for one in boxes) for side in ("x0", "y0")}
    box |= {side: max(one[side] for one in boxes) for side in ("x1", "y1")}
    return {
        "text": " ".join(word["text"] for word in words),
        "confidence": _mean(words),
        "bbox": box,
        "_line": words[0]["_line"],
    }


def _mean(words: list[dict[str, Any]]) -> float:
    return round(sum(word["confidence"] for word in words) / len(words), 2) if words else 0.0


def _shown(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if not name.startswith("_")}
