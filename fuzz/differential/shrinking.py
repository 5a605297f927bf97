"""Smaller cases that may show the same as a large one."""

from __future__ import annotations

from collections.abc import Iterator

from .cases import Case
from .frames import split

__all__ = ["shrink"]


def shrink(case: Case) -> Iterator[Case]:
    """Yield cases that are smaller in one respect: fewer reads, or fewer frames.

    Args:
        case: shows a disagreement.
    """
    if case.cuts:
        yield case._replace(cuts=())
        if case.cuts != (len(case.head),):
            yield case._replace(cuts=(len(case.head),))
    frames = [frame.data for frame in split(case.stream)]
    for index in range(len(frames)):
        yield case._replace(stream=b"".join(frames[:index] + frames[index + 1 :]))
    if len(case.cuts) > 1:
        yield case._replace(cuts=case.cuts[:-1])
