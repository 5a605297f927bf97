"""Files of local-storage: an entry, or named among what is none."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from accessor_host.modules.local_storage.entry_files import EntryFolder, file_name

__all__ = ["SEEDS", "run"]

SEEDS = [
    b'{"key": "key", "value": "value"}\n',
    '{"key": "key", "value": "grüße \\ud800"}'.encode(),
    b'{"key": "other", "value": "value"}',
    b'{"key": 7, "value": ["value"]}',
    b"[" * 100,
    b"\xff\xfe{\0",
]

_NAME = file_name("key")


def run(data: bytes) -> None:
    """Read a folder with one file.

    Args:
        data: its content.
    """
    path = Path(_parent().name, _NAME)
    path.write_bytes(data)
    entries, skipped = EntryFolder(path.parent, 1_000).read()
    if len(entries) + len(skipped) != 1 or entries.keys() - {"key"}:
        raise AssertionError(f"{entries} and {skipped}")
    if any(_NAME not in one or not one.isprintable() for one in skipped):
        raise AssertionError(f"{skipped} does not name the file")


@cache
def _parent() -> tempfile.TemporaryDirectory[str]:
    """Make a folder that lives as long as the process."""
    return tempfile.TemporaryDirectory(prefix="accessor-host-fuzz-")
