"""The files that getResource reads: those of folders that Python knows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from accessor_host import AccessDeniedError
from accessor_host.core.folders import Folders
from accessor_host.core.permissions import Permissions
from accessor_host.modules.resources.binding import Wanted
from accessor_host.modules.resources.files import ResourceFiles
from accessor_host.modules.resources.resource import ResourceError


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of a script, of a library and of others; the current directory is the root."""
    for name in ("app", "library/net", "other"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "data.txt").write_text(name)
    monkeypatch.chdir("/")
    return tmp_path


@pytest.fixture
def folders(tree: Path) -> Folders:
    """What Python knows."""
    known = Folders([tree / "library"])
    known.add(tree / "app")
    return known


def refusal(files: ResourceFiles, uri: str, directory: str) -> str:
    with pytest.raises(ResourceError) as caught:
        files.read(uri, directory)
    return str(caught.value.code)


def test_the_root_as_current_directory_opens_nothing(tree: Path, folders: Folders) -> None:
    files = ResourceFiles(folders)
    for uri in ("/etc/passwd", "etc/passwd", f"{tree}/other/data.txt"):
        # A folder that a script makes up counts for nothing either.
        for directory in (".", "/", "/etc", str(tree / "other"), str(tree / "app")):
            assert refusal(files, uri, directory) in ("EACCES", "ENOENT")
    assert refusal(files, "/etc/passwd", "/") == "EACCES"
    assert refusal(files, "data.txt", str(tree / "library")) == "ENOENT"


def test_scripts_and_the_library_are_read_from_wherever_the_process_runs(
    tree: Path, folders: Folders
) -> None:
    files = ResourceFiles(folders)
    assert files.read("data.txt", str(tree / "app")) == b"app"
    assert files.read("data.txt", str(tree / "library/net")) == b"library/net"
    assert files.read(f"{tree}/library/net/data.txt", str(tree / "app")) == b"library/net"
    # Without a folder of its own it is the script's.
    assert files.read("data.txt", ".") == b"app"


def test_any_other_current_directory_is_open(
    tree: Path, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree / "other")
    assert ResourceFiles(folders).read("data.txt", ".") == b"other"
    permissions = Permissions({}, folders=folders)
    with pytest.raises(AccessDeniedError, match=r"reading .*other/data\.txt is not permitted"):
        ResourceFiles(folders, permissions).read("data.txt", ".")


def test_a_grant_opens_a_folder_and_a_denial_closes_it(tree: Path, folders: Folders) -> None:
    uri = f"{tree}/other/data.txt"
    granted = Permissions({"read": [str(tree / "other")]}, folders=folders)
    assert ResourceFiles(folders, granted).read(uri, ".") == b"other"
    denied = {"read": {"allow": True, "deny": [str(tree / "app")]}}
    files = ResourceFiles(folders, Permissions(denied, folders=folders))
    with pytest.raises(AccessDeniedError, match="denied by"):
        files.read("data.txt", str(tree / "app"))
    # What is granted without a rule is what the module offers.
    assert refusal(files, uri, ".") == "EACCES"


def test_links_and_special_files(tree: Path, folders: Folders) -> None:
    (tree / "app/out").symlink_to(tree / "other/data.txt")
    (tree / "app/environ").symlink_to("/proc/self/environ")
    os.mkfifo(tree / "app/pipe")
    files = ResourceFiles(folders)
    assert refusal(files, "out", str(tree / "app")) == "EACCES"
    assert refusal(files, "environ", str(tree / "app")) == "EACCES"
    assert refusal(files, "pipe", str(tree / "app")) == "ENOENT"
    everything = Permissions({"read": ["/"]}, folders=folders)
    assert refusal(ResourceFiles(folders, everything), "/proc/self/environ", "/") == "EACCES"


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"uri": 7, "timeout": 1},
        {"uri": "x"},
        {"uri": "x", "timeout": 0},
        {"uri": "x", "timeout": 1e300},
        {"uri": "x", "timeout": 1, "directory": 7},
        {"uri": "x", "timeout": 1, "headers": {"a": 7}},
        {"uri": "x", "timeout": 1, "body": []},
    ],
)
def test_a_forged_request_is_an_error(request_: dict[str, object]) -> None:
    with pytest.raises(ResourceError) as caught:
        Wanted(request_)
    assert caught.value.code == "EINVAL"


def test_what_a_server_says_cannot_steer_a_terminal() -> None:
    assert str(ResourceError(404, "HTTP 404 \x1b[2J\x07no\n")) == "HTTP 404 \ufffd[2J\ufffdno\ufffd"
