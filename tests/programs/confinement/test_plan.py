"""What the kernel is to hold: made of permissions, and said in one line. Nothing is held here."""

from __future__ import annotations

import logging
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from accessor_host import AccessorHostError, OptionError
from accessor_host.core.permissions import Audit, Grants, Permissions
from accessor_host.programs.confinement import (
    MAX_PORTS,
    Plan,
    describe,
    landlock,
    make_plan,
    search_path,
)

FILES_AND_ALL = "kernel: files, programs, TCP ports, signals, abstract sockets (Landlock 7)"


@pytest.fixture(autouse=True)
def level(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> int:
    """Let the kernel have a version of Landlock."""
    version: int = getattr(request, "param", landlock.NEWEST)
    monkeypatch.setattr(landlock, "version", lambda: version)
    return version


def plan_of(grants: Grants, **details: Any) -> Plan:
    return Plan(Permissions(grants), **details)


@pytest.mark.parametrize(
    ("level", "text"),
    [
        (7, FILES_AND_ALL),
        (
            4,
            "kernel: files, programs, TCP ports (Landlock 4); it is too old for "
            "signals (Linux 6.12), abstract sockets (Linux 6.12)",
        ),
        (
            2,
            "kernel: files, programs (Landlock 2); it is too old for truncation (Linux 6.2), "
            "TCP ports (Linux 6.7), signals (Linux 6.12), abstract sockets (Linux 6.12)",
        ),
        (0, "kernel: nothing (it has no Landlock)"),
    ],
    indirect=["level"],
)
def test_the_line_says_the_version_what_it_holds_and_what_not(level: int, text: str) -> None:
    assert str(plan_of({})) == text


@pytest.mark.parametrize(
    ("grants", "unlimited"),
    [
        ({"read": True}, "reading"),
        # Who writes everywhere may read there.
        ({"write": ["/"]}, "reading, writing"),
        ({"listen": ["*"]}, "TCP ports to listen on"),
        ({"connect": ["example.com"]}, "TCP ports to connect to"),
        ({"connect": {"allow": True, "deny": ["10.0.0.0/8"]}}, "TCP ports to connect to"),
        # A server on port 0 binds the port that it got to its second address.
        ({"listen": ["localhost:0"]}, "TCP ports to listen on"),
        ({"listen": [f"1-{MAX_PORTS}"]}, ""),
        ({"listen": [f"1-{MAX_PORTS}", "9000"]}, "TCP ports to listen on"),
        ({"listen": [f"1-{MAX_PORTS + 1}"]}, "TCP ports to listen on"),
        ({"listen": ["udp:*"], "connect": ["udp:example.com"]}, ""),
        ({"listen": {"allow": True, "deny": True}}, ""),
        ({"run": True}, "programs"),
        ({"run": ["*"]}, "programs"),
        ({"run": ["sh", "@modules/tesseract"]}, ""),
    ],
)
def test_what_is_granted_whole_is_named(grants: Grants, unlimited: str) -> None:
    _, _, said = str(plan_of(grants)).partition("; not limited: ")
    assert said == unlimited


def test_a_program_that_signals_others_says_so() -> None:
    assert str(plan_of({}, signals=False)).endswith("; not limited: signals")


@pytest.mark.parametrize("grants", [None, Permissions({}, audit=Audit(StringIO()))])
def test_there_is_nothing_to_hold_without_permissions_and_in_an_audit(grants: Any) -> None:
    assert make_plan("auto", grants) is None
    with pytest.raises(AccessorHostError, match="there are no permissions"):
        make_plan("require", grants)


def test_it_can_be_off() -> None:
    assert make_plan("off", {}) is None


def test_a_mode_that_there_is_not() -> None:
    with pytest.raises(OptionError, match="'on' is not allowed"):
        make_plan("on", {})


@pytest.mark.parametrize("level", [0, 3], indirect=True)
def test_a_kernel_that_must_hold_ports_and_cannot(level: int) -> None:
    with pytest.raises(AccessorHostError, match=r"takes Linux 6\.7 with Landlock; kernel: "):
        make_plan("require", {})
    assert make_plan("auto", {}) is not None


@pytest.mark.parametrize("level", [4], indirect=True)
def test_a_kernel_that_must_hold_ports_and_can(level: int) -> None:
    assert make_plan("require", {}) is not None


@pytest.mark.parametrize(
    ("level", "severity"), [(3, logging.WARNING), (4, logging.INFO)], indirect=["level"]
)
def test_the_log_warns_where_ports_are_not_held(
    level: int, severity: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    plan = plan_of({})
    describe(plan)
    assert caplog.record_tuples == [("accessor_host.confinement", severity, str(plan))]


def test_the_log_names_what_is_granted_and_not_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    describe(plan_of({"read": [str(tmp_path), str(tmp_path / "later")]}))
    assert [message for message in caplog.messages if "later" in message] == [
        f"{tmp_path}/later is not there yet, and the kernel will not let it be read"
    ]


def test_the_folder_of_the_program_is_no_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), "", "/usr/lib/python", str(tmp_path / "lib")])
    assert search_path() == ["/usr/lib/python", str(tmp_path / "lib")]
    # A zip file with everything in it is one.
    (tmp_path / "app.pyz").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path / "app.pyz"), "/usr/lib/python"])
    assert search_path() == sys.path


@pytest.mark.parametrize(
    ("grants", "devices"),
    [
        ({}, []),
        ({"read": ["/dev/full"]}, ["/dev/full"]),
        ({"write": ["/dev/full"]}, ["/dev/full"]),
        ({"read": ["/dev/zero", "/srv"]}, []),
        ({"read": True}, ["/dev/full"]),
    ],
)
def test_cameras_and_sound_cards_can_be_set_up(
    monkeypatch: pytest.MonkeyPatch, grants: Grants, devices: list[str]
) -> None:
    monkeypatch.setattr("accessor_host.programs.confinement.plan.MEDIA", ("/dev/full",))
    assert plan_of(grants)._devices == devices
