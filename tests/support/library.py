"""Accessor classes that tests write, and runs of them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accessor_host.programs.invoke import Start, Step, run_accessors

from .programs import Ended


def write_library(folder: Path, classes: Mapping[str, str]) -> Path:
    """Write classes into a folder, by name, and return the folder."""
    for name, source in classes.items():
        path = folder / f"{name}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return folder


def run_here(library: Path, *steps: Step | str, **settings: Any) -> Ended:
    """Run accessors in this process: sooner than as a program, and without its words."""
    stdout, stderr = io.StringIO(), io.StringIO()
    code = run_accessors(
        [Start(step) if isinstance(step, str) else step for step in steps],
        library=[library],
        stdout=stdout,
        stderr=stderr,
        **settings,
    )
    return Ended(code, stdout.getvalue(), stderr.getvalue())
