"""C functions of quickjs: called where they were tested, and otherwise the engine works without."""

from __future__ import annotations

import ctypes
import sys

import pytest

from accessor_host.engine.quickjs import native
from accessor_host.engine.quickjs.native import TESTED_VERSIONS, open_native

from ...conftest import RunJs

_quickjs = pytest.importorskip("_quickjs")


@pytest.fixture(params=["switched off", "untested version", "untested platform", "32 bits"])
def without(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reason not to call C functions; to open the binding's file is an error then."""
    if request.param == "switched off":
        monkeypatch.setenv("ACCESSOR_HOST_NATIVE", "0")
    elif request.param == "untested version":
        monkeypatch.setattr(native, "TESTED_VERSIONS", ("0.17.99",))
    elif request.param == "untested platform":
        monkeypatch.setattr(sys, "platform", "plan9")
    else:
        monkeypatch.setattr(ctypes, "sizeof", lambda _type: 4)

    def refuse(path: object) -> None:
        raise AssertionError(f"{path} was opened")

    monkeypatch.setattr(ctypes, "CDLL", refuse)


def test_the_installed_version_is_a_tested_one() -> None:
    assert open_native(_quickjs.Context()) is not None


@pytest.mark.parametrize("value", ["", "1"])
def test_other_values_of_the_switch_change_nothing(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCESSOR_HOST_NATIVE", value)
    assert open_native(_quickjs.Context()) is not None


@pytest.mark.usefixtures("without")
def test_no_address_is_read_where_that_was_not_tested() -> None:
    assert open_native(_quickjs.Context()) is None


@pytest.mark.parametrize("engine", ["quickjs"], indirect=True)
@pytest.mark.usefixtures("without")
def test_without_them_the_limit_of_the_binding_stops_what_is_endless(
    run_js: RunJs, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The binding counts time of the processor, which a busy machine has little of; the watchdog
    # does not.
    monkeypatch.setattr("accessor_host.engine.watchdog.GRACE", 30.0)
    outcome = run_js(
        "setTimeout(function spin() { while (true) {} }, 1);"
        "setTimeout(() => console.log('next'), 2);",
        callback_timeout=0.3,
    )
    assert outcome.stdout == "next\n"
    assert outcome.stderr.startswith("Stopped: the callback of a timer, spin (script.js:1)")


@pytest.mark.parametrize("engine", ["quickjs"], indirect=True)
@pytest.mark.usefixtures("without")
def test_without_them_scripts_call_python(run_js: RunJs) -> None:
    outcome = run_js(
        "setTimeout(() => console.log(double(21)), 1);", expose={"double": lambda value: 2 * value}
    )
    assert outcome.stdout == "42\n"


@pytest.mark.parametrize("engine", ["quickjs"], indirect=True)
@pytest.mark.usefixtures("without")
def test_without_them_an_unhandled_rejection_is_silent(run_js: RunJs) -> None:
    outcome = run_js("Promise.reject(new Error('lost')); console.log('goes on');")
    assert (outcome.stdout, outcome.stderr, outcome.exit_code) == ("goes on\n", "", 0)


def test_tested_versions_are_of_the_series_that_is_required() -> None:
    assert all(version.startswith("0.17.") for version in TESTED_VERSIONS)
