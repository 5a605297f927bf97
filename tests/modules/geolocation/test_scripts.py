"""The contract of @modules/geolocation, as scripts see it."""

from __future__ import annotations

from typing import Any

import pytest

from accessor_host.modules.geolocation.binding import POSITION_VARIABLE

from ...conftest import RunJs
from ...support.scripts import running
from ...support.wire import run

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

ASK = """
    const { getPosition } = require('@accessors-modules/geolocation');
    const options = { enableHighAccuracy: true, maximumAge: 3600000 };
    const isNow = (time) => Math.abs(Date.now() - time) < 60000;
    getPosition(
      (at) => console.log(at.latitude, at.longitude, at.accuracy, isNow(at.timestamp)),
      (error) => console.log(error instanceof Error, error.code, error.permission, error.message),
      options
    );
    console.log('later');
"""


def test_the_position_is_what_the_operator_says(
    run_js: RunJs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(POSITION_VARIABLE, "37.8756, -122.2588")
    outcome = run_js(ASK)
    assert outcome.stdout == "later\n37.8756 -122.2588 high true\n"
    assert (outcome.stderr, outcome.exit_code) == ("", 0)


@pytest.mark.parametrize("text", ["", "north", "1", "1,2,3", "91,0", "0,181", "nan,0"])
def test_a_position_that_is_none_is_an_error_that_says_what_to_do(
    run_js: RunJs, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(POSITION_VARIABLE, text)
    outcome = run_js(ASK)
    assert outcome.stdout.startswith("later\ntrue ERR_POSITION_UNAVAILABLE undefined ")
    assert f"{POSITION_VARIABLE} " in outcome.stdout
    assert outcome.stdout.endswith("degrees north and degrees east, as in 37.8756,-122.2588\n")


def test_an_error_that_nobody_takes_is_reported(
    run_js: RunJs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(POSITION_VARIABLE, raising=False)
    outcome = run_js("""
        const { getPosition } = require('@modules/geolocation');
        getPosition(() => console.log('never'));
        setTimeout(() => console.log('the rest runs on'), 1);
        for (const bad of [[], [1], [() => {}, 1]]) {
          try { getPosition(...bad); } catch (error) { console.log(error.name); }
        }
    """)
    assert outcome.stdout == "TypeError\n" * 3 + "the rest runs on\n"
    assert "the position of this machine is not known" in outcome.stderr
    assert outcome.exit_code == 1


@pytest.mark.parametrize(
    ("permissions", "line"),
    [
        ({}, f"true ERR_ACCESS_DENIED env reading the environment variable {POSITION_VARIABLE}"),
        ({"env": [POSITION_VARIABLE]}, "1 2 high true"),
    ],
)
def test_it_takes_the_permission_to_read_the_variable(
    engine: str, monkeypatch: pytest.MonkeyPatch, permissions: dict[str, Any], line: str
) -> None:
    monkeypatch.setenv(POSITION_VARIABLE, "1,2")

    async def main() -> None:
        async with running(engine, ASK, permissions=permissions) as script:
            await script.ended()
            assert script.stdout.text.splitlines()[1].startswith(line)

    run(main())
