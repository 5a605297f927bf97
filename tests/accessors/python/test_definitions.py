"""Accessors of Python's, as far as they need no engine."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Optional

import pytest

from accessor_host import AccessorError, DecodingError, EncodingError, Port, PythonAccessor
from accessor_host.accessors.ports import port_options, ports_by_name
from accessor_host.accessors.python.functions import inputs_of, rounds
from accessor_host.accessors.python.tracebacks import (
    explain,
    in_one_line,
    name_of,
    place_of,
)
from accessor_host.core.json_values import from_json, to_json

# Inputs of a callable


def annotated(a: int, b: float, c: str, d: bool, e: list[int], f) -> None:  # type: ignore[no-untyped-def]
    pass


def optional(a: int | None, b: Optional[str], c: int | str, d: None = None) -> None:  # noqa: UP045
    pass


def defaults(a: int = 3, b: str | None = None, *, c: float = 1.5) -> None:
    pass


def unknown(a: Missing, b: int) -> None:  # type: ignore[name-defined] # noqa: F821
    pass


class Callable_:
    def __call__(self, a: int) -> int:
        return a

    def method(self, b: str) -> str:
        return b


@pytest.mark.parametrize(
    ("function", "types"),
    [
        (
            annotated,
            {"a": "int", "b": "number", "c": "string", "d": "boolean", "e": None, "f": None},
        ),
        (optional, {"a": "int", "b": "string", "c": None, "d": None}),
        (unknown, {"a": None, "b": "int"}),
        (lambda x, y: x, {"x": None, "y": None}),
        (Callable_(), {"a": "int"}),
        (Callable_().method, {"b": "string"}),
        (functools.partial(annotated, 1, c=""), {"b": "number", "c": "string", "d": "boolean"}),
    ],
)
def test_parameters_are_inputs_and_annotations_types(
    function: Callable[..., object], types: dict[str, str | None]
) -> None:
    found = {name: port.type for name, port in inputs_of(function).items()}
    assert {name: found[name] for name in types} == types


def test_defaults_of_parameters_are_defaults_of_inputs() -> None:
    assert inputs_of(defaults) == {
        "a": Port("int", 3),
        "b": Port("string"),
        "c": Port("number", 1.5),
    }


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda *values: None, r"<lambda>\(\) cannot .* '\*values' has none"),
        (lambda x, **more: None, r"'\*\*more' has none"),
        (lambda: None, "needs a parameter for each input"),
        (max, "no signature"),
    ],
)
def test_what_has_no_named_inputs_is_no_accessor(
    function: Callable[..., object], message: str
) -> None:
    with pytest.raises(AccessorError, match=message):
        inputs_of(function)


# Calls of a callable


@pytest.mark.parametrize(
    ("arrived", "calls"),
    [
        ([], []),
        ([("x", 1)], [{"x": 1}]),
        ([("x", 1), ("y", 2)], [{"x": 1, "y": 2}]),
        ([("y", 2)], [{"y": 2}]),
        # Of the same input again: a call of its own, and what came before stays.
        ([("x", 1), ("x", 2), ("x", 3)], [{"x": 1}, {"x": 2}, {"x": 3}]),
        ([("x", 1), ("y", 5), ("x", 2)], [{"x": 1, "y": 5}, {"x": 2, "y": 5}]),
        ([("y", 5), ("x", 2)], [{"y": 5}, {"x": 2, "y": 5}]),
        ([("x", 1), ("y", 5), ("x", 2), ("y", 6)], [{"x": 1, "y": 5}, {"x": 2, "y": 6}]),
    ],
)
def test_what_arrives_becomes_calls(
    arrived: list[tuple[str, int]], calls: list[dict[str, int]]
) -> None:
    steps = [(name, {name: value}) for name, value in arrived]
    assert list(rounds(steps, {"x": 0, "y": 1})) == calls


# Ports


def test_ports_are_read_from_a_description() -> None:
    ports = ports_by_name(
        [
            {"name": "b", "type": None},
            {"name": "a", "type": "int", "value": 0, "options": [0, 1], "visibility": "expert"},
            {"name": "out", "type": "string", "spontaneous": True},
        ]
    )
    assert list(ports) == ["b", "a", "out"]
    assert ports["a"] == Port("int", 0, [0, 1], "expert")
    assert ports["out"].spontaneous
    with pytest.raises(TypeError):
        ports["c"] = Port()  # type: ignore[index]


def test_a_script_gets_the_options_that_were_given() -> None:
    assert port_options(Port()) == {}
    assert port_options(Port("int", 0, [0], "full", True)) == {
        "type": "int",
        "value": 0,
        "options": [0],
        "visibility": "full",
        "spontaneous": True,
    }


# Values


@pytest.mark.parametrize("value", [{1, 2}, b"x", float("nan"), float("inf"), {(1, 2): 3}])
def test_a_value_without_a_json_form_is_refused_by_name(value: object) -> None:
    with pytest.raises(EncodingError, match=r"^the door has no JSON form: "):
        to_json(value, "the door")


def test_a_value_that_contains_itself_is_refused() -> None:
    circle: list[Any] = []
    circle.append(circle)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (circle, deep):
        with pytest.raises(EncodingError, match="has no JSON form"):
            to_json(value, "it")


def test_a_text_that_is_nested_too_deeply_is_refused_by_name() -> None:
    # Deeper than any Python reads.
    with pytest.raises(DecodingError, match=r"the door is nested too deeply$") as caught:
        from_json("[" * 200_000 + "]" * 200_000, "the door")
    assert caught.value.code == "ERR_NESTED_TOO_DEEP"


# Errors


def fail(value: int) -> float:
    return 1 / value


def test_an_exception_is_told_with_file_and_line() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        fail(0)
    told = explain(caught.value, "fail() of accessor 'inverse'")
    line = fail.__code__.co_firstlineno
    assert told.message == (
        "Exception in fail() of accessor 'inverse': ZeroDivisionError: division by zero"
    )
    first, innermost, *_ = told.stack.splitlines()
    assert first == told.message
    assert innermost == f"    at fail ({__file__}:{line + 1})"


def fail_again() -> None:
    try:
        fail(0)
    except ZeroDivisionError as error:
        raise ValueError("one\ntwo") from error


def test_an_exception_is_told_with_its_causes() -> None:
    with pytest.raises(ValueError, match="two") as caught:
        fail_again()
    lines = explain(caught.value, "it").stack.splitlines()
    assert lines[0] == "Exception in it: ValueError: one two"
    assert "  caused by ZeroDivisionError: division by zero" in lines


def test_causes_that_go_round_end() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    assert explain(one, "it").stack.count("caused by") == 1


def test_an_exception_of_ours_says_all_in_its_text() -> None:
    assert in_one_line(AccessorError("no input 'x'")) == "no input 'x'"
    assert in_one_line(KeyError("x")) == "KeyError: 'x'"
    assert in_one_line(TimeoutError()) == "TimeoutError"


def test_names_and_places_of_callables() -> None:
    line = fail.__code__.co_firstlineno
    assert place_of(fail) == place_of(functools.partial(fail, 1)) == f"{__file__}:{line}"
    assert place_of(Callable_()) == place_of(Callable_.__call__)
    assert place_of(dict.fromkeys) == "not in Python"
    assert name_of(functools.partial(fail, 1)) == "fail"
    assert name_of(Callable_()) == "Callable_"


# Classes without a host


class Plain(PythonAccessor):
    pass


@pytest.mark.parametrize(
    "use",
    [
        lambda accessor: accessor.input("x"),
        lambda accessor: accessor.send("x", 1),
        lambda accessor: accessor.get("x"),
        lambda accessor: accessor.name,
        lambda accessor: accessor.stop(),
    ],
)
def test_an_accessor_that_belongs_to_no_host_says_so(use: Callable[[Plain], object]) -> None:
    with pytest.raises(AccessorError, match="Plain belongs to no host yet"):
        use(Plain())
