"""The power run: which programs a rule means, and what is refused without any."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from accessor_host import AccessDeniedError
from accessor_host.core.permissions import Audit, Permissions, check_run
from accessor_host.core.permissions.programs import find_program, has_own, programs_now


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on PATH with a program of several names, as busybox is, and others."""
    folder = tmp_path / "bin"
    (folder / "deep").mkdir(parents=True)
    for name in ("busybox", "tool", "deep/tool", "../outside"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    for name, target in (("ls", "busybox"), ("sh", "busybox"), ("out", "../outside")):
        (folder / name).symlink_to(target)
    (tmp_path / "link").symlink_to("bin")
    (folder / "text").write_text("")
    monkeypatch.setenv("PATH", f"{tmp_path / 'link'}:/usr/bin:/bin")
    return folder


def may_run(grant: Any, path: str | Path, module: str | None = None) -> bool:
    try:
        Permissions({"run": grant}).check_run(str(path), module)
    except AccessDeniedError:
        return False
    return True


def test_a_program_is_found_with_the_links_to_its_folder_followed(folder: Path) -> None:
    for name in ("ls", str(folder / "ls"), str(folder.parent / "link/ls"), f"{folder}/deep/../ls"):
        assert find_program(name) == str(folder / "ls")
    for name in ("no-such-program", "", str(folder), str(folder / "text"), "deep/tool"):
        assert find_program(name) is None


@pytest.mark.parametrize(
    ("rule", "granted"),
    [
        ("ls", ["ls"]),
        # Not what else a program with many names can do.
        ("{bin}/ls", ["ls"]),
        ("{bin}/busybox", ["busybox"]),
        ("{bin}/../link/tool", ["tool"]),
        ("{bin}/later", []),
        ("{bin}", []),
        # A link out of the folder is outside of it, and what is below is not in it.
        ("{bin}/*", ["busybox", "ls", "sh", "tool"]),
        ("{bin}/t*l", ["tool"]),
        ("{bin}/../li*/tool", []),
        ("{bin}/*/tool", ["deep/tool"]),
        ("*", ["busybox", "ls", "sh", "tool", "deep/tool", "out"]),
        ("@modules/tesseract", []),
    ],
)
def test_what_a_rule_means(rule: str, granted: list[str], folder: Path) -> None:
    text = rule.format(bin=folder)
    every = ["busybox", "ls", "sh", "tool", "deep/tool", "out"]
    assert [name for name in every if may_run([text], folder / name)] == granted
    if rule != "*" and not rule.startswith("@"):
        there = {path for path in programs_now(text) if os.path.isfile(path)}
        assert there == {str(folder / name) for name in granted}


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ("ls", ["tool"]),
        # Whatever name it has.
        ("{bin}/busybox", ["tool"]),
        ("{bin}/*", []),
        (True, []),
        ("@modules/tesseract", ["busybox", "ls", "sh", "tool"]),
    ],
)
def test_what_is_denied(rule: Any, left: list[str], folder: Path) -> None:
    deny = rule if rule is True else [rule.format(bin=folder)]
    grant = {"allow": True, "deny": deny}
    every = ["busybox", "ls", "sh", "tool"]
    assert [name for name in every if may_run(grant, folder / name)] == left


def test_another_file_in_the_place_of_a_link_is_not_granted(folder: Path) -> None:
    permissions = Permissions({"run": [str(folder / "ls")]})
    permissions.check_run(str(folder / "ls"))
    (folder / "ls").unlink()
    (folder / "ls").symlink_to("tool")
    with pytest.raises(AccessDeniedError):
        permissions.check_run(str(folder / "ls"))


def test_a_name_means_what_path_leads_to_at_that_moment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    permissions = Permissions({"run": ["tool"]})
    monkeypatch.setenv("PATH", f"{folder}/deep")
    permissions.check_run(str(folder / "tool"))
    with pytest.raises(AccessDeniedError):
        permissions.check_run(str(find_program("tool")))


def test_a_module_s_own_program_has_a_rule_of_its_own(folder: Path) -> None:
    path = folder / "tool"
    for rule in ("@modules/mine", "@modules/*", "*", "tool"):
        assert may_run([rule], path, "mine")
    assert not may_run(["@modules/other"], path, "mine")
    # It grants nothing that a script decides.
    assert not may_run(["@modules/mine"], path)
    for deny in ("@modules/mine", "tool", "@modules/*"):
        assert not may_run({"allow": True, "deny": [deny]}, path, "mine")
    assert has_own("@modules/*", "mine")
    assert not has_own("@modules/other", "mine")
    assert not has_own("tool", "mine")


def test_without_permissions_nothing_is_started(folder: Path) -> None:
    with pytest.raises(AccessDeniedError) as caught:
        check_run(None, "/opt/a,b")
    assert str(caught.value) == (
        "starting /opt/a,b is not permitted; allow it with --allow-run=/opt/a,,b, "
        "in Python with permissions={'run': ['/opt/a,b']}"
    )
    assert (caught.value.permission, caught.value.resource) == ("run", "/opt/a,b")
    check_run(Permissions({"run": True}), str(folder / "tool"))


def test_an_audit_starts_nothing_that_a_script_decides(folder: Path) -> None:
    audit = Audit(io.StringIO())
    permissions = Permissions({"run": ["ls"]}, audit=audit)
    check_run(permissions, str(folder / "ls"))
    with pytest.raises(AccessDeniedError):
        check_run(permissions, str(folder / "tool"))
    permissions.check_run(str(folder / "busybox"), "mine")
    assert audit.smallest == {
        "run": [str(folder / "ls"), str(folder / "tool"), "@modules/mine"]
    }  # fmt: skip
