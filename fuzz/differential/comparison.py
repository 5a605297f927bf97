"""Whether two servers agree, and where ours is known to decide otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .cases import LARGEST_MESSAGE, Case
from .frames import BINARY, CLOSE, CONT, LARGEST_CONTROL, TEXT, RawFrame, split
from .ours import Answer
from .theirs import Verdict, judge

__all__ = ["AGREED", "DIFFERENCES", "Difference", "compare", "describe", "fits"]

AGREED = ""
"""Name of no difference."""

_DATA = (CONT, TEXT, BINARY)

_TOO_BIG = 1009


class Difference(NamedTuple):
    """A point in which our server decides otherwise than the library.

    Args:
        name: for reports.
        reason: why it does.
        judge: returns what a server has to answer that decides as ours does; None for a case in
            which the difference cannot show.
    """

    name: str
    reason: str
    judge: Callable[[Case], Verdict | None]


def compare(case: Case, answer: Answer) -> str | None:
    """Compare our answer with the library's verdict.

    Args:
        case: what the client sent.
        answer: ours.

    Returns:
        :data:`AGREED`, or the name of the difference that explains the answer; None when nothing
        does.
    """
    if answer.faults:
        return None
    if fits(answer, judge(case)):
        return AGREED
    for difference in DIFFERENCES:
        verdict = difference.judge(case)
        if verdict is not None and fits(answer, verdict):
            return difference.name
    return None


def fits(answer: Answer, verdict: Verdict) -> bool:
    """Tell whether an answer is one of those that a verdict allows."""
    if answer.accept != verdict.accept:
        return False
    if not any(_is_closed_with(answer.close, close) for close in verdict.closes):
        return False
    if answer.messages != verdict.messages:
        # What comes in one read with the client's close frame is answered too late.
        is_repeated = answer.close is not None and answer.close in verdict.closes
        if not is_repeated or answer.messages != verdict.messages[: len(answer.messages)]:
            return False
    pongs = len(answer.pongs)
    return answer.pongs == verdict.pongs[:pongs] and pongs >= verdict.sure_pongs


def _is_closed_with(payload: bytes | None, close: int | bytes | None) -> bool:
    if isinstance(close, int):
        return payload is not None and int.from_bytes(payload[:2]) == close
    return payload == close


def describe(frames: Sequence[RawFrame]) -> str:
    """Return one line for each frame, for a report."""
    return "\n".join(
        f"  opcode {frame.opcode:2} fin {int(frame.fin)} size {frame.size}"
        f" {'' if frame.is_complete else 'incomplete '}{frame.payload[:24]!r}"
        for frame in frames
    )


def _close_inside_message(case: Case) -> Verdict | None:
    """Judge without the fragments of a message that a close frame interrupts."""
    frames = list(split(case.stream))
    begun: list[int] = []
    for index, frame in enumerate(frames):
        if frame.opcode in _DATA:
            begun = [] if frame.fin else [*begun, index]
        elif frame.opcode == CLOSE and begun:
            rest = [one.data for at, one in enumerate(frames) if at not in begun]
            return judge(case._replace(stream=b"".join(rest)))
    return None


def _announced_too_large(case: Case) -> Verdict | None:
    """Let a frame inside a message pass the limit as soon as it is announced."""
    verdict = judge(case)
    if verdict.is_compressed:
        # Then announced sizes mean the same to both.
        return None
    size, inside = 0, False
    for frame in split(case.stream):
        room = max(LARGEST_MESSAGE - size, LARGEST_CONTROL)
        if inside and frame.size > room:
            return verdict._replace(closes=(_TOO_BIG,))
        if frame.opcode in _DATA:
            inside = not frame.fin
            size = size + frame.size if inside else 0
    return None


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "close inside a message",
        "The library calls a close frame between two fragments a violation (1002). RFC 6455 "
        "section 5.4 allows control frames there and excepts none: ours answers it.",
        _close_inside_message,
    ),
    Difference(
        "announced too large",
        "The library, which is told the limit of a frame here, waits for all of a fragment. Ours "
        "knows what is left for the message, and fails (1009) when a frame inside it is announced "
        "that has no room, whatever else is wrong with that frame: it need not be held first.",
        _announced_too_large,
    ),
)
"""Every point in which the two may differ. Each has a case in ``fuzz/seeds/differential``."""
