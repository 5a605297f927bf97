"""The page about performance, and the benchmark of which it tells."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bench import picture, table
from bench.rows import Report

from ..support.programs import run
from .pages import REPOSITORY, page

PAGE = page("docs/performance.md")


def test_the_tables_and_the_picture_are_those_of_the_result() -> None:
    found = Report.from_json(json.loads((REPOSITORY / "bench/result.json").read_text("utf-8")))
    shown = PAGE.between("bench: from bench/result.json", "end of bench")
    assert shown.strip() == table.markdown(found)
    assert found.date[:10] in PAGE.text
    assert found.machine["cpu"] in PAGE.text
    assert (REPOSITORY / "docs/bench.svg").read_text("utf-8") == picture.draw(found)


def test_the_benchmark_is_run_as_shown(tmp_path: Path) -> None:
    pytest.importorskip("picows")
    (block,) = (block for block in PAGE.blocks if "-m bench" in block.text)
    install, npm, bench = block.lines
    assert install == "pip install -q -e '.[bench]'"
    assert npm.removeprefix("npm install --no-save ") in (REPOSITORY / ".ci/run").read_text("utf-8")
    python, *words = bench.split()
    assert python == "python"
    # Files where the command says, but only one scenario that takes a second.
    words = [str(tmp_path / word) if "." in word else word for word in words]
    short = ["--scenario", "memory", "--server", "quickjs", "--repeat", "1"]
    ended = run([sys.executable, *words, *short], cwd=REPOSITORY)
    assert (ended.code, ended.stderr) == (0, "")
    assert json.loads((tmp_path / "result.json").read_text("utf-8"))["rows"]
    assert (tmp_path / "bench.svg").read_text("utf-8").startswith("<svg")
