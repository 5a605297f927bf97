"""What the kernel has to let be executed, so that scripts can start what they may start."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

from ...core.permissions import Permissions
from ...core.permissions.programs import EVERY_PROGRAM, find_program, has_own, programs_now
from ...manifests import registry

__all__ = ["executables"]

_DEPTH = 5
"""Programs that interpret one another; Linux allows as many."""

_FIRST = 4_096
"""Bytes at the beginning of a program that tell what it takes to start it."""

_INTERPRETER = 3  # PT_INTERP


def executables(permissions: Permissions) -> list[str] | None:
    """Return the files that the power ``run`` allows, with those that run them; None is all.

    What a program is written in, a shell for example, is executed with it, and so is the linker of
    the system.

    Args:
        permissions: of the scripts.
    """
    rules = permissions.allowed("run")
    if rules is None or any(rule.text == EVERY_PROGRAM for rule in rules):
        return None
    found: dict[str, None] = {}
    for rule in rules:
        for path in _programs(rule.text):
            found.update(dict.fromkeys(_chain(path, _DEPTH)))
    return list(found)


def _programs(rule: str) -> Iterator[str]:
    if not rule.startswith("@"):
        yield from programs_now(rule)
        return
    for name, manifest in registry().modules.items():
        if has_own(rule, name):
            yield from filter(None, map(find_program, manifest.programs))


def _chain(path: str, depth: int) -> Iterator[str]:
    """Yield a program, and what the kernel executes to run it."""
    yield path
    try:
        with open(path, "rb") as file:
            first = file.read(_FIRST)
    except OSError:
        return
    for other in _interpreters(first):
        if depth:
            yield from _chain(other, depth - 1)


def _interpreters(first: bytes) -> Iterator[str]:
    if first.startswith(b"#!"):
        words = os.fsdecode(first[2:].partition(b"\n")[0]).split()
        yield from words[:1]
        if words and os.path.basename(words[0]) == "env":
            # It looks for another one on PATH.
            names = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
            yield from filter(None, map(find_program, names[:1]))
    elif first.startswith(b"\x7fELF"):
        try:
            yield from _linker(first)
        except struct.error:
            return


def _linker(first: bytes) -> Iterator[str]:
    """Yield the linker that an ELF file names (elf(5) of the Linux manual pages)."""
    is_64, order = first[4] == 2, "<" if first[5] == 1 else ">"
    start = struct.unpack_from(f"{order}{'Q' if is_64 else 'I'}", first, 32 if is_64 else 28)[0]
    size, count = struct.unpack_from(f"{order}HH", first, 54 if is_64 else 42)
    for at in range(start, start + size * count, size):
        if is_64:
            kind, _, offset, _, _, length = struct.unpack_from(f"{order}IIQQQQ", first, at)
        else:
            kind, offset, _, _, length = struct.unpack_from(f"{order}IIIII", first, at)
        if kind == _INTERPRETER:
            yield os.fsdecode(first[offset : offset + length].rstrip(b"\0"))
