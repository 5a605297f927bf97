"""What a reader sees of a case: where its clause stands, script, driver, expected values."""

from __future__ import annotations

from typing import get_args

import pytest

from accessor_host.conformance.case import Level, Suite
from accessor_host.conformance.cases import all_cases
from accessor_host.conformance.explanation import driver, explanation, link, values
from accessor_host.conformance.selection import named_cases
from accessor_host.conformance.trial import Trial
from accessor_host.conformance.values import AN_ERROR, UNDEFINED

from ..support.conformance import made_case

LIMIT = 17


async def _helper(t: Trial) -> None:
    await _another(t)


async def _another(t: Trial) -> None:
    await t.expect("number", LIMIT)


async def _drive(t: Trial) -> None:
    await _helper(t)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("server/broken/no-mask", "https://www.rfc-editor.org/rfc/rfc6455#section-5.1"),
        (
            "server/exports/server",
            "https://www.icyphy.org/accessors/wiki/VersionCurrent/WebSocketServer",
        ),
        (
            "server/send/json-long",
            "https://www.icyphy.org/accessors/wiki/VersionCurrent/WebSocketServer#SocketClass",
        ),
        (
            "client/receive/json-null",
            "https://www.icyphy.org/accessors/wiki/VersionCurrent/WebSocketClient",
        ),
        ("server/exports/same-module", "https://nodejs.org/api/modules.html"),
        ("server/exports/npm-name", None),
    ],
)
def test_a_clause_has_the_address_of_its_page(name: str, address: str | None) -> None:
    (case,) = named_cases(name)
    assert link(case) == address


def test_only_decisions_of_this_host_stand_on_no_page() -> None:
    without = {case.source for case in all_cases() if link(case) is None}
    assert without == {"decision of accessor-host"}


def test_every_case_can_be_explained_in_full() -> None:
    for case in all_cases():
        text = explanation(case)
        for part in (case.id, case.level, case.clause, case.source, *case.script.split("\n")):
            assert part in text, case.id
        assert "async " in driver(case) or "await " in driver(case), case.id


def test_a_case_of_reports_alone_has_a_driver_and_values_without_riddles() -> None:
    suite = Suite("web-socket-server", "made", held=True)
    level: Level = get_args(Level)[0]
    suite.reports("up", level, "It.", "x", "f();", ("a", 1, UNDEFINED), ("b", AN_ERROR))
    (case,) = suite
    assert driver(case).splitlines() == [
        "await t.start()",
        "await t.expect('a', 1, undefined)",
        "await t.expect('b', an Error)",
    ]
    assert values(case) == ["a(1, undefined)", "b(an Error)"]


def test_a_driver_comes_with_its_helpers_and_the_values_that_it_names() -> None:
    case = made_case(_drive)
    text = driver(case)
    assert [line for line in text.splitlines() if "def " in line] == [
        "async def _drive(t: Trial) -> None:",
        "async def _helper(t: Trial) -> None:",
        "async def _another(t: Trial) -> None:",
    ]
    assert values(case) == ["LIMIT = 17"]


def test_a_case_made_in_a_loop_has_the_values_of_its_turn() -> None:
    (case,) = named_cases("server/receive/json-null")
    assert values(case) == ["messages = (('null', None), ('[null]', [None]))"]


def test_a_driver_is_shown_without_its_decorator() -> None:
    for case in all_cases():
        assert driver(case).startswith(("async def ", "await ")), case.id
