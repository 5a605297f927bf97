"""The cases: named, explained, enough of them, and kept by this host with both engines."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from accessor_host.conformance.case import LEVELS
from accessor_host.conformance.cases import all_cases, case_modules
from accessor_host.conformance.cases.web_socket_server.snippets import SNIPPETS
from accessor_host.conformance.hosts import find_host
from accessor_host.programs.demo import SCRIPT
from accessor_host.scripts.absent import why_absent

from ..support.conformance import judge

MISSING = {"eventbus"}
"""Modules that this host does not have yet."""

MODULES = [module.name for module in case_modules()]


def test_names_are_unique_and_stable() -> None:
    names = Counter(case.id for case in all_cases())
    assert max(names.values()) == 1
    for name in names:
        assert re.fullmatch(r"[a-z][a-z-]*(/[A-Za-z0-9.-]+){1,2}", name), name


def test_each_module_has_a_subject_of_its_own() -> None:
    modules: dict[str, set[str]] = {}
    for case in all_cases():
        modules.setdefault(case.id.partition("/")[0], set()).add(case.module)
    assert {subject: found for subject, found in modules.items() if len(found) > 1} == {}


def test_every_case_says_what_it_expects_and_where_that_stands() -> None:
    for case in all_cases():
        assert case.level in LEVELS
        assert case.clause.endswith("."), case.id
        assert re.match(
            r"(both modules|[a-z-]+), version \d: |RFC \d+ section \d|RFC 6455|"
            r"MQTT 3.1.1 section \d|(accessor specification, version 1|common host): |"
            r"accessor host: |"
            r"decision of accessor-host|events, built-in module|module resolution",
            case.source,
        ), case.source


def test_there_are_enough_cases() -> None:
    counts = Counter(case.module for case in all_cases())
    assert set(counts) == set(MODULES)
    assert counts["web-socket-server"] >= 60
    assert counts["web-socket-client"] >= 30
    for name in ("http-client", "http-server", "socket", "udp-socket"):
        assert counts[name] >= 15, name
    assert counts["mqtt"] >= 8
    assert counts["runtime"] >= 30
    assert counts["local-storage"] >= 8
    assert counts["eventbus"] >= 8
    assert counts["serial"] >= 8


def test_what_the_specification_does_not_say_is_no_must() -> None:
    for case in all_cases():
        if case.source.startswith("decision"):
            assert case.level == "extra", case.id


def test_the_snippets_are_those_of_the_demo() -> None:
    def words(text: str) -> str:
        return " ".join(text.split())

    for snippet in SNIPPETS:
        assert words(snippet) in words(SCRIPT.read_text(encoding="utf-8"))


FAST = {"web-socket-server", "runtime"}
"""Modules whose demands are among the fast tests; CI has the rest, with the package installed."""


@pytest.mark.slow_with("dukpy", *LEVELS[1:], *(set(MODULES) - FAST))
@pytest.mark.timeout(300)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("module", MODULES)
def test_this_host_keeps_them_all(engine: str, module: str, level: str) -> None:
    cases = [case for case in all_cases() if case.module == module and case.level == level]
    results = judge(cases, find_host(f"python/{engine}"), jobs=4)
    found = {f"{r.verdict} {r.case.id}: {r.reason}" for r in results if r.verdict != "pass"}
    if module in MISSING:
        reason = f"no such module: Module '@modules/{module}' is not available: "
        reason += str(why_absent(module))
        assert found == {f"skip {case.id}: {reason}" for case in cases}
    else:
        assert found == set()
