"""Accessors that several tests compose, and what they look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accessor_host import Accessor, Host

ADD_ONE = """
    exports.setup = function () { this.input('in', { type: 'number' }); this.output('out'); };
    exports.initialize = function () {
      this.addInputHandler('in', () => this.send('out', this.get('in') + 1));
    };
"""

# Prints what it gets.
SINK = """
    exports.setup = function () { this.input('in'); };
    exports.initialize = function () {
      this.addInputHandler('in', () => console.log('in', JSON.stringify(this.get('in'))));
    };
"""


def outputs_of(accessor: Accessor) -> list[Any]:
    """Return a list that the values of all outputs are appended to."""
    values: list[Any] = []
    accessor.on("output", lambda _name, value: values.append(value))
    return values


def line_of(function: Callable[..., object], offset: int = 0) -> str:
    """Return where a function is, as reports show it."""
    code = function.__code__
    return f"{code.co_filename}:{code.co_firstlineno + offset}"


def errors_of(host: Host) -> str:
    """Return all uncaught errors."""
    return "\n".join(error.stack for error in host.errors)


def double(x: int) -> int:
    return 2 * x
