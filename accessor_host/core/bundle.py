"""The runtime as every engine gets it: its files, and what it has to know of this host."""

from __future__ import annotations

import json
import os

from ..codecs.mime_types import IMAGE_TYPES, SUPPORTED_TYPES
from ..package_files import RUNTIME, read

__all__ = ["accessor_runtime", "bootstrap", "bundle"]

_SEPARATOR = "\x1e"

_BOOTSTRAP = "core/bootstrap"


def bootstrap() -> str:
    """Return the script that builds the runtime in an engine."""
    return read(RUNTIME, f"{_BOOTSTRAP}.js")


def bundle() -> str:
    """Return the runtime's files and the types of messages as one text.

    A JSON text, and then each source that it names, in the order in which it does: to write and
    read all of them as JSON takes longer than to read the files. What only accessors need is not
    among them, and neither are the modules: a script gets those that it requires.

    Made anew each time: it is large, and a process seldom makes a second host.
    """
    sources = _sources("core", "node", "node/internal", "kit")
    del sources[_BOOTSTRAP]
    types = {"supported": SUPPORTED_TYPES, "image": IMAGE_TYPES}
    head = {"runtime": list(sources), "types": types}
    return _SEPARATOR.join((json.dumps(head), *sources.values()))


def accessor_runtime() -> str:
    """Return the runtime's files for accessors as a JSON text."""
    return json.dumps(_sources("accessors", "accessors/bridge", "accessors/time"))


def _sources(*folders: str) -> dict[str, str]:
    sources = {}
    for folder in folders:
        for file in os.listdir(os.path.join(RUNTIME, folder)):
            name, extension = os.path.splitext(file)
            if extension == ".js":
                sources[f"{folder}/{name}"] = read(RUNTIME, folder, file)
    return sources
