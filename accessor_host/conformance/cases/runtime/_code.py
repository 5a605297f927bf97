"""How the scripts of these cases are put together."""

from __future__ import annotations

import json

__all__ = ["COMMON", "SPECIFICATION", "accessor", "instance", "quoted"]

SPECIFICATION = "accessor specification, version 1: "
COMMON = "common host: "


def accessor(setup: str = "", *, initialize: str = "", fire: str = "", wrapup: str = "") -> str:
    """Return the code of an accessor that has these functions.

    Args:
        setup: body of the function; likewise the others. One that is empty is left out.
    """
    bodies = {"setup": setup, "initialize": initialize, "fire": fire, "wrapup": wrapup}
    return "\n".join(
        f"exports.{name} = function () {{\n{_indented(body)}\n}};"
        for name, body in bodies.items()
        if body
    )


def instance(name: str, code: str) -> str:
    """Return a statement that makes a contained accessor, as a variable of its name.

    Args:
        name: of the instance.
        code: of the accessor.
    """
    return f"var {name} = this.instantiateFromCode({quoted(name)}, {quoted(code)});"


def quoted(text: str) -> str:
    """Return a text as a literal of JavaScript."""
    return json.dumps(text)


def _indented(body: str) -> str:
    return "\n".join(f"  {line}" for line in body.strip("\n").split("\n"))
