"""Which cases a user means: by name, level and module, and what is left out."""

from __future__ import annotations

import pytest

from accessor_host.conformance.case import LEVELS
from accessor_host.conformance.cases import all_cases
from accessor_host.conformance.selection import named_cases, select_cases
from accessor_host.errors import AccessorHostError


def names(**choice: object) -> list[str]:
    return [case.id for case in select_cases(**choice)]  # type: ignore[arg-type]


def test_nothing_chosen_is_every_case_in_the_order_of_the_reports() -> None:
    assert names() == [case.id for case in all_cases()]


def test_patterns_add_up_and_each_case_comes_once() -> None:
    chosen = names(patterns=["server/exports/s*", "server/exports/server"])
    assert chosen == [
        "server/exports/server",
        "server/exports/same-module",
        "server/exports/server-functions",
        "server/exports/socket-not-constructed",
    ]


def test_what_is_excluded_is_left_out() -> None:
    chosen = names(patterns=["server/exports/s*"], exclude=["*/server", "*-functions"])
    assert chosen == ["server/exports/same-module", "server/exports/socket-not-constructed"]


@pytest.mark.parametrize("levels", [["must"], ["should", "extra"], list(LEVELS)])
def test_levels_add_up(levels: list[str]) -> None:
    assert names(levels=levels) == [case.id for case in all_cases() if case.level in levels]


@pytest.mark.parametrize(
    ("pattern", "nearest"),
    [
        ("server/export/server", "server/exports/server"),
        ("exports/server", "server/exports/server"),
        ("*json-nul", "server/receive/json-null"),
        ("client/receive/jsn-null", "client/receive/json-null"),
    ],
)
def test_a_name_that_no_case_has_is_an_error_with_the_nearest(pattern: str, nearest: str) -> None:
    with pytest.raises(AccessorHostError) as caught:
        named_cases(pattern)
    said, _, proposed = str(caught.value).partition("; did you mean ")
    assert said == f"no case is called {pattern}"
    assert nearest in proposed.rstrip("?").split(", ")
    assert len(proposed.split(", ")) <= 3


def test_a_name_like_nothing_is_an_error_without_a_proposal() -> None:
    with pytest.raises(AccessorHostError, match=r"^no case is called no/such/\*$"):
        named_cases("no/such/*")


@pytest.mark.parametrize(
    "choice",
    [
        {"patterns": ["server/exports/*", "server/exprots/*"]},
        {"exclude": ["server/exprots/*"]},
    ],
)
def test_one_pattern_without_a_case_is_an_error_beside_others(choice: dict[str, object]) -> None:
    with pytest.raises(AccessorHostError, match="no case is called server/exprots/"):
        names(**choice)


@pytest.mark.parametrize(
    "choice",
    [
        {"modules": ["web-socket-client"], "patterns": ["server/*"]},
        {"patterns": ["server/exports/server"], "levels": ["extra"]},
        {"patterns": ["server/exports/server"], "exclude": ["server/*"]},
    ],
)
def test_that_no_case_is_left_is_an_error(choice: dict[str, object]) -> None:
    with pytest.raises(AccessorHostError, match="no case is left"):
        names(**choice)
