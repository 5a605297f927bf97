"""A host without a module: not judged for it, and that is said once."""

from __future__ import annotations

from dataclasses import replace

from accessor_host.conformance.case import Case, Suite
from accessor_host.conformance.hosts import HostCommand, find_host
from accessor_host.conformance.reports import FORMATS
from accessor_host.conformance.reports.summary import is_conformant

from ..support.conformance import fake_host, judge

_HOST = """
import json, sys
source = open(SCRIPT).read()
def report(name, *values):
    print('@conformance ' + json.dumps({'report': name, 'values': values}), flush=True)
report('@started')
if "attempt('module'" in source:
    ANSWER
"""

_ERROR = "report('module', 'threw', {'$': 'error', 'name': 'Error', 'message': %r, 'code': %r})"


def cases(number: int = 3) -> list[Case]:
    """Make cases for a module that needs no wire."""
    suite = Suite("serial", "serial")
    for each in range(number):
        suite.reports(
            f"made/{each}", "must", "It is done.", "nowhere", "report('done');", ("done",)
        )
    return list(suite)


def host(answer: str) -> HostCommand:
    """Return a host that fails every case, and answers when it is asked for a module."""
    return fake_host(_HOST.replace("ANSWER", answer))


def test_the_cases_of_a_missing_module_are_skipped_with_the_reason() -> None:
    message = "Cannot find module '@modules/serial'\nRequired by:\n- script.js"
    results = judge(cases(), host(_ERROR % (message, "MODULE_NOT_FOUND")), jobs=3)
    assert {(result.verdict, result.reason) for result in results} == {
        ("skip", "no such module: Cannot find module '@modules/serial'")
    }
    assert not is_conformant(results)
    text = FORMATS["table"](results)
    assert text.count("no such module") == 1
    assert "skip  3 cases" in text


def test_a_module_that_does_not_load_fails_once() -> None:
    results = judge(cases(), host(_ERROR % ("no device", None)), jobs=1)
    assert [result.verdict for result in results] == ["fail", "skip", "skip"]
    assert {result.reason for result in results} == {"the module does not load: no device"}


def test_a_module_whose_parts_are_not_installed_is_skipped() -> None:
    message = "Cannot find module '@accessors-hosts/node'"
    results = judge(cases(), host(_ERROR % (message, "MODULE_NOT_FOUND")), jobs=1)
    assert {(result.verdict, result.reason) for result in results} == {
        ("skip", f"the module does not load: {message}")
    }


def test_a_host_that_does_not_answer_is_judged_by_each_case() -> None:
    for answer in ("pass", "report('module', 'returned', None)", "sys.exit(3)"):
        results = judge(cases(), host(answer))
        assert [result.verdict for result in results] == ["fail"] * 3
        assert "the host ended" in results[0].reason


def test_a_host_that_has_the_module_is_not_asked() -> None:
    program = _HOST.replace("ANSWER", "sys.exit(1)") + "report('done')"
    assert [result.verdict for result in judge(cases(), fake_host(program))] == ["pass"] * 3


def test_this_host_without_a_module_says_so() -> None:
    made = [replace(case, module="no-such-module") for case in cases(1)]
    made = [replace(case, script="require('@modules/no-such-module');") for case in made]
    (result,) = judge(made, find_host("python/quickjs"))
    assert result.verdict == "skip"
    assert result.reason == "no such module: Cannot find module '@modules/no-such-module'"


def test_a_host_without_a_command_for_accessors_is_not_judged_for_them() -> None:
    suite = Suite("runtime", "runtime", accessor=True)
    suite.reports("made/up", "must", "It is done.", "nowhere", "report('done');", ("done",))
    with_command = fake_host("print('no accessor')")
    (result,) = judge(list(suite), with_command)
    assert (result.verdict, result.reason) == ("skip", "the host has no command for accessors")
