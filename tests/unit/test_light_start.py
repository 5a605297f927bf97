"""A program of ours leaves out imports that nobody uses, and harms nobody who does."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from accessor_host.light_start import import_lightly
import_lightly()
import accessor_host.runner, websockets
assert "importlib.metadata" not in sys.modules, "it is loaded after all"
assert "jsonschema" not in sys.modules and "cryptography" not in sys.modules
import importlib.metadata
assert importlib.metadata.version("websockets") == websockets.__version__
import_lightly()
assert importlib.metadata.version("websockets") == websockets.__version__
"""


def test_what_nobody_uses_is_not_imported() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=30)
