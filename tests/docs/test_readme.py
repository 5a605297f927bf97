"""The README: short, and what it says beside its snippets is so."""

from __future__ import annotations

import json

from accessor_host.conformance.cases import all_cases

from .pages import REPOSITORY, page

README = page("README.md")
CI = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
MAX_WORDS = 1_800


def test_it_can_be_read_in_ten_minutes() -> None:
    assert len(README.text.split()) <= MAX_WORDS


def test_the_set_up_commands_are_one_line_each_and_ci_runs_them_too() -> None:
    demo, tests = (block for block in README.blocks if block.text.startswith("python3 -m venv"))
    for block in (demo, tests):
        assert block.text.count("\n") == 1
        assert block.text in CI


def test_ci_gets_the_peers_as_it_says() -> None:
    (block,) = (block for block in README.blocks if block.text.startswith("apt-get"))
    apt, npm = block.lines
    for package in apt.removeprefix("apt-get install -y ").split():
        assert package in CI
    assert npm.removeprefix("npm install --no-save ") in CI


def test_the_number_of_conformance_cases_is_right() -> None:
    # In hundreds: modules are added often.
    assert f"more than {len(all_cases()) // 100 * 100} conformance cases" in README.text


def test_the_figures_are_those_of_the_benchmark() -> None:
    rows = json.loads((REPOSITORY / "bench/result.json").read_text("utf-8"))["rows"]
    # Some scenarios have several rows; the first is the one that has the target.
    ratio: dict[str, float] = {}
    for row in rows:
        if row["server"] == "quickjs" and "ratio" in row:
            ratio.setdefault(row["scenario"], row["ratio"])
    said = " ".join(README.section("How fast it is").split())
    assert f"({ratio['echo-100x1']:.2f} × with 100 connections)" in said
    assert f"One message alone takes {ratio['latency']:.1f} times as long" in said
    assert f"takes {ratio['start']:.1f} times as long to start" in said
    assert "less than half of Node's memory" in said
    assert ratio["memory"] < 0.5
