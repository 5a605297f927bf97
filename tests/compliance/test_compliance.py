"""The command that runs the Autobahn test suite: what it selects and what it makes of a report."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from compliance.python27 import SetupError
from compliance.suite import patterns
from compliance.summary import Outcome, summarise

ALL_OK: dict[str, Any] = {"behavior": "OK", "behaviorClose": "OK"}
HELLO, PONG = ["message", "Hello", False], ["pong", ""]


def write_report(folder: Path, cases: dict[str, dict[str, Any]]) -> None:
    """Write what the suite writes: an index, and one file for each case."""
    index = {}
    for case, details in cases.items():
        name = f"us_case_{case.replace('.', '_')}.json"
        report = {"result": "as it should be", "resultClose": "closed", "expected": {}} | details
        (folder / name).write_text(json.dumps({"received": []} | report))
        kept = {key: details[key] for key in ("behavior", "behaviorClose")}
        index[case] = kept | {"duration": 1, "remoteCloseCode": 1000, "reportfile": name}
    (folder / "index.json").write_text(json.dumps({"us": index}))


def test_each_behaviour_is_counted_and_what_is_not_ok_has_a_reason(tmp_path: Path) -> None:
    write_report(
        tmp_path,
        {
            "10.1.1": ALL_OK,
            "2.1": ALL_OK,
            "3.2": {
                "behavior": "NON-STRICT",
                "behaviorClose": "OK",
                "result": "Actual events match at least one expected.",
                "expected": {"OK": [HELLO, PONG], "NON-STRICT": []},
                "received": [HELLO],
            },
            "7.1.5": {
                "behavior": "OK",
                "behaviorClose": "WRONG CODE",
                "resultClose": "The close code should have been 1000\nor empty",
            },
            "7.1.6": {"behavior": "INFORMATIONAL", "behaviorClose": "INFORMATIONAL"},
            "13.7.1": {"behavior": "UNIMPLEMENTED", "behaviorClose": "OK"},
            "13.7.2": {"behavior": "NEVER HEARD OF", "behaviorClose": "OK"},
        },
    )
    summary = summarise(tmp_path, "us", 7)
    assert summary.counts == {
        "OK": 2,
        "NON-STRICT": 1,
        "INFORMATIONAL": 1,
        "UNIMPLEMENTED": 1,
        "FAILED": 2,
    }
    assert [outcome.case for outcome in summary.outcomes] == [
        *("2.1", "3.2", "7.1.5", "7.1.6", "10.1.1", "13.7.1", "13.7.2")
    ]
    assert summary.not_ok[:2] == [
        Outcome("3.2", "NON-STRICT", "got message 'Hello', not message 'Hello', pong ''"),
        Outcome("7.1.5", "FAILED", "WRONG CODE: The close code should have been 1000 or empty"),
    ]
    assert str(summary).splitlines()[0] == (
        "2 OK, 1 NON-STRICT, 1 INFORMATIONAL, 1 UNIMPLEMENTED, 2 FAILED"
    )
    not_ok = summary.to_json()["not_ok"]
    assert isinstance(not_ok, dict)
    assert not_ok["13.7.1"] == {"behaviour": "UNIMPLEMENTED", "reason": "as it should be"}


@pytest.mark.parametrize("count", [0, 2])
def test_a_report_that_lacks_cases_is_no_result(tmp_path: Path, count: int) -> None:
    write_report(tmp_path, {"1.1.1": ALL_OK})
    with pytest.raises(SetupError, match=f"1 cases of {count}"):
        summarise(tmp_path, "us", count)


def test_no_report_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="0 cases of 5"):
        summarise(tmp_path, "us", 5)


@pytest.mark.parametrize(
    ("selection", "selected", "others"),
    [
        ("5.1", ["5.1"], ["5.10", "5.11", "15.1"]),
        ("1-2, 10", ["1.1.1", "2.11", "10.1.1"], ["3.1", "12.1.1", "13.1.1"]),
        ("12.1", ["12.1.1", "12.1.18"], ["12.2.1", "1.2.1"]),
        ("7.1.5", ["7.1.5"], ["7.1.6", "7.13.1"]),
    ],
)
def test_a_selection_selects_no_neighbours(
    selection: str, selected: list[str], others: list[str]
) -> None:
    # As the suite reads its patterns.
    matchers = [
        re.compile(pattern.replace(".", r"\.").replace("*", ".*"))
        for pattern in patterns(selection)
    ]
    for case in selected + others:
        assert any(matcher.match(case) for matcher in matchers) == (case in selected), case


@pytest.mark.parametrize("selection", ["", "x", "3-1", "1,,2", "1.", "1-2.1", "-1"])
def test_nonsense_is_no_selection(selection: str) -> None:
    with pytest.raises(ValueError, match=r"an example is 1-7,10,12\.1"):
        patterns(selection)
