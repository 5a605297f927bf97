"""The store of local-storage without an engine: its limits, its files, and what may befall them."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accessor_host.core.calls import answer
from accessor_host.modules.local_storage.entry_files import (
    ABANDONED_AFTER,
    LABEL_LENGTH,
    EntryFolder,
    StorageError,
    file_name,
)
from accessor_host.modules.local_storage.store import NAMED_FILES, Store
from accessor_host.options import validate
from accessor_host.scripts.files import script_from_text
from accessor_host.scripts.library import Library
from accessor_host.scripts.loader import Loader
from accessor_host.scripts.preload import preload

from ...support.programs import Program, run

DEFAULTS = validate("local-storage", None).values

KEYS = [
    "",
    "a",
    "A",
    ".",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "C:\\x",
    "CON",
    "a\x00b",
    "line\nbreak",
    "°C",
    "e\u0301",
    "\u00e9",
    "🚀",
    "\ud800",
    "\udc00",
    "İ" * 100,
    "-" * 50,
    "x" * 1024,
    "x" * 1025,
    "a.json",
    ".new-x.tmp",
]
"""Each other than the rest, whatever a file system takes for the same."""


def open_store(path: Path, **limits: int) -> Store:
    """Open a store with the default limits, or others."""
    usual = {
        "quota": DEFAULTS["quota"],
        "max_items": DEFAULTS["maxItems"],
        "max_key_size": 1_000_000,
    }
    return Store(path, **(usual | limits))


def contents(store: Store) -> dict[str, str | None]:
    """Return all that a store holds, by its own account."""
    keys = [store.key(index) for index in range(len(store))]
    return {key: store.get(key) for key in keys if key is not None}


def refusal(attempt: Callable[[], object]) -> StorageError:
    """Return the error of what must fail."""
    with pytest.raises(StorageError) as caught:
        attempt()
    return caught.value


# Names of files


@pytest.mark.parametrize("key", KEYS)
def test_a_file_s_name_is_a_plain_one_that_stays_in_the_folder(key: str, tmp_path: Path) -> None:
    name = file_name(key)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert name[0] not in ".-"
    assert len(name) <= LABEL_LENGTH + len(".") + 64 + len(".json") < 143
    open_store(tmp_path / "store").set(key, "value")
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
    assert [path.name for path in (tmp_path / "store").iterdir()] == [name]


def test_every_key_has_a_name_of_its_own(tmp_path: Path) -> None:
    assert len({file_name(key) for key in KEYS}) == len(KEYS)
    store = open_store(tmp_path)
    for number, key in enumerate(KEYS):
        store.set(key, str(number))
    again = open_store(tmp_path)
    assert contents(again) == {key: str(number) for number, key in enumerate(KEYS)}
    assert again.warnings == []
    assert [again.key(index) for index in range(len(again))] == sorted(KEYS)


def test_people_can_read_names_and_files(tmp_path: Path) -> None:
    open_store(tmp_path).set("Living room/°C", "21,5 °C")
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("living-room-c.")
    assert file.read_text("utf-8") == '{"key": "Living room/°C", "value": "21,5 °C"}\n'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


# Limits


def test_the_defaults_are_those_of_the_documentation() -> None:
    assert DEFAULTS == {
        "dir": "persist",
        "quota": 5 * 1024 * 1024,
        "maxItems": 1_000,
        "maxKeySize": 1_024,
    }


def test_the_quota_is_exact(tmp_path: Path) -> None:
    store = open_store(tmp_path, quota=10)
    store.set("key", "1234567")
    error = refusal(lambda: store.set("key", "12345678"))
    assert error.code == "ERR_STORAGE_QUOTA"
    assert str(error) == (
        f"the storage folder '{tmp_path}' is full: it would hold 11 of 10 bytes (quota)"
    )
    refusal(lambda: store.set("x", ""))
    assert contents(store) == contents(open_store(tmp_path)) == {"key": "1234567"}


@pytest.mark.parametrize(("text", "size"), [("°C", 3), ("🚀", 4), ("\ud800", 3), ("\x00", 1)])
def test_the_quota_counts_bytes_of_utf_8(tmp_path: Path, text: str, size: int) -> None:
    open_store(tmp_path, quota=size + 1).set("k", text)
    open_store(tmp_path, quota=size + 1).set("k", text)
    assert refusal(lambda: open_store(tmp_path, quota=size).set("k", text)).code.endswith("QUOTA")


def test_what_is_removed_or_replaced_makes_room(tmp_path: Path) -> None:
    store = open_store(tmp_path, quota=10)
    store.set("a", "1234")
    store.set("b", "1234")
    store.set("a", "12")
    store.set("b", "123456")
    store.remove("a")
    store.remove("a")
    store.set("b", "123456789")
    store.clear()
    store.set("", "1234567890")
    assert contents(store) == contents(open_store(tmp_path)) == {"": "1234567890"}


def test_the_number_of_keys_is_exact(tmp_path: Path) -> None:
    store = open_store(tmp_path, max_items=2)
    store.set("a", "1")
    store.set("b", "1")
    error = refusal(lambda: store.set("c", "1"))
    assert error.code == "ERR_STORAGE_QUOTA"
    assert str(error).endswith("is full: it holds 2 of 2 keys (maxItems)")
    store.set("b", "2")
    store.remove("a")
    store.set("c", "3")
    assert contents(store) == contents(open_store(tmp_path)) == {"b": "2", "c": "3"}


def test_the_size_of_a_key_is_exact(tmp_path: Path) -> None:
    store = open_store(tmp_path, max_key_size=3)
    store.set("abc", "")
    store.set("°C", "")
    for key in ("abcd", "°°"):
        error = refusal(lambda key=key: store.set(key, ""))  # type: ignore[misc]
        assert error.code == "ERR_STORAGE_KEY_SIZE"
        assert str(error) == "a key has at most 3 bytes (maxKeySize)"
        assert store.get(key) is None
        store.remove(key)
    assert set(contents(open_store(tmp_path))) == {"abc", "°C"}


def test_a_store_over_its_limits_can_be_read_and_emptied(tmp_path: Path) -> None:
    large = open_store(tmp_path)
    large.set("a", "1234567")
    large.set("b", "1234567")
    store = open_store(tmp_path, quota=10, max_items=1)
    assert store.warnings == [
        f"the storage folder '{tmp_path}' holds 16 bytes, more than its quota of 10: "
        "nothing more can be stored",
        f"the storage folder '{tmp_path}' holds 2 keys, more than its maxItems of 1: "
        "no other key can be stored",
    ]
    assert contents(store) == {"a": "1234567", "b": "1234567"}
    assert refusal(lambda: store.set("a", "12")).code == "ERR_STORAGE_QUOTA"
    store.remove("b")
    store.set("a", "1")
    assert open_store(tmp_path, quota=10, max_items=1).warnings == []


def test_the_largest_file_that_a_quota_allows_is_read_and_no_larger_one(tmp_path: Path) -> None:
    # Of all that fits, control characters make the largest file.
    store = open_store(tmp_path, quota=1_000)
    store.set("\x01" * 100, "\x01" * 900)
    assert len(open_store(tmp_path, quota=1_000)) == 1
    small = open_store(tmp_path, quota=900)
    assert len(small) == 0
    assert "(larger than the quota)" in small.warnings[0]


# Files that are no entries


def entry(key: str, value: object = "value") -> str:
    """Return the text of an entry's file."""
    return json.dumps({"key": key, "value": value})


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("notes.txt", b"text", "not one of a store's names"),
        (".DS_Store", b"\x00", "not one of a store's names"),
        ("a.json", entry("a").encode(), "not one of a store's names"),
        (file_name("a") + "~", entry("a").encode(), "not one of a store's names"),
        (file_name("a"), b"", "damaged"),
        (file_name("a"), b"\x00" * 100, "damaged"),
        (file_name("a"), b"\xff\xfe\xfd", "damaged"),
        (file_name("a"), entry("a").encode()[:-1], "damaged"),
        (file_name("a"), b"[" * 200_000, "damaged"),
        (file_name("a"), b"1" * 5_000, "damaged"),
        (file_name("a"), b'["a", "value"]', "damaged"),
        (file_name("a"), b'"key"', "damaged"),
        (file_name("a"), b'{"key": "a"}', "damaged"),
        (file_name("a"), entry("a", 5).encode(), "damaged"),
        (file_name("a"), b'{"key": ["a"], "value": "value"}', "damaged"),
        (file_name("a"), entry("b").encode(), "under the name of another key"),
    ],
)
def test_what_is_no_entry_is_skipped_with_its_reason(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    open_store(tmp_path).set("good", "value")
    (tmp_path / name).write_bytes(content)
    store = open_store(tmp_path)
    assert contents(store) == {"good": "value"}
    assert store.warnings == [
        f"the storage folder '{tmp_path}' has files that are no entries: {name!r} ({reason})"
    ]
    store.clear()
    assert (tmp_path / name).read_bytes() == content
    store.set("a", "healed")
    assert contents(open_store(tmp_path)) == {"a": "healed"}


def test_what_is_no_plain_file_is_never_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text(entry("link", "secret"))
    folder = tmp_path / "store"
    folder.mkdir()
    os.mkfifo(folder / file_name("pipe"))
    (folder / file_name("folder")).mkdir()
    (folder / file_name("link")).symlink_to(secret)
    (folder / file_name("dangling")).symlink_to("nowhere")
    folder_entries, skipped = EntryFolder(folder, 1_000).read()
    assert folder_entries == {}
    assert len(skipped) == 4
    assert all("(not a plain file)" in text for text in skipped)
    open_store(folder).set("link", "mine")
    assert secret.read_text() == entry("link", "secret")


def test_one_warning_names_a_few_and_counts_the_rest(tmp_path: Path) -> None:
    for number in range(NAMED_FILES + 2):
        (tmp_path / f"{number}.txt").touch()
    (warning,) = open_store(tmp_path).warnings
    assert warning.count("not one of a store's names") == NAMED_FILES
    assert warning.endswith(" and 2 more")


def test_a_file_that_cannot_be_read_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may read everything, so the system's answer is made up.
    def deny(_path: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    open_store(tmp_path).set("a", "value")
    monkeypatch.setattr(Path, "read_bytes", deny)
    store = open_store(tmp_path)
    assert len(store) == 0
    assert f"{file_name('a')!r} (Permission denied)" in store.warnings[0]


def test_a_file_that_another_process_has_just_removed_is_no_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanish(path: Path) -> bytes:
        path.unlink()
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    open_store(tmp_path).set("a", "value")
    monkeypatch.setattr(Path, "read_bytes", vanish)
    assert open_store(tmp_path).warnings == []


# Interruptions


CRASH = """
import os, sys
from pathlib import Path
from accessor_host.modules.local_storage.store import Store

store = Store(Path(sys.argv[1]), quota=1000, max_items=10, max_key_size=100)
replace = os.replace
die = lambda *_: os._exit(9)
{moment}
store.set("a", "new")
"""


@pytest.mark.parametrize(
    ("moment", "value", "files"),
    [
        ("os.fsync = die", "old", 2),
        ("os.replace = die", "old", 2),
        ("os.replace = lambda *names: die(replace(*names))", "new", 1),
    ],
    ids=["before it has written all", "before it replaces", "before it synchronises"],
)
def test_a_process_that_dies_while_it_writes_leaves_a_whole_entry(
    tmp_path: Path, moment: str, value: str, files: int
) -> None:
    open_store(tmp_path).set("a", "old")
    ended = run([sys.executable, "-c", CRASH.format(moment=moment), tmp_path])
    assert (ended.code, ended.stderr) == (9, "")
    assert len(list(tmp_path.iterdir())) == files
    store = open_store(tmp_path)
    assert contents(store) == {"a": value}
    assert store.warnings == []
    store.set("a", "newer")
    assert contents(open_store(tmp_path)) == {"a": "newer"}


def test_a_write_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store = open_store(tmp_path, quota=10)
    store.set("a", "old")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fill)
        error = refusal(lambda: store.set("a", "newer"))
        refusal(lambda: store.set("b", ""))
    assert error.code == "ENOSPC"
    assert str(error) == f"cannot write to the folder '{tmp_path}': No space left on device"
    assert [path.name for path in tmp_path.iterdir()] == [file_name("a")]
    assert contents(store) == contents(open_store(tmp_path)) == {"a": "old"}
    store.set("a", "123456789")


def test_an_entry_is_on_the_disk_before_it_replaces_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(descriptor: int) -> None:
        seen.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        if seen[-1] == "file":
            assert os.fstat(descriptor).st_size == len(entry("a") + "\n")
        fsync(descriptor)

    def note_replace(source: str, target: Path) -> None:
        assert Path(source).parent == target.parent == tmp_path
        seen.append("replace")
        replace(source, target)

    store = open_store(tmp_path)
    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    store.set("a", "value")
    assert seen == ["file", "replace", "folder"]
    store.remove("a")
    store.clear()
    assert seen[3:] == ["folder", "folder"]


def test_a_file_system_that_cannot_synchronise_folders_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(code: int) -> Callable[[int], None]:
        def fsync(descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                raise OSError(code, os.strerror(code))

        return fsync

    store = open_store(tmp_path)
    for code in (errno.EINVAL, errno.ENOTSUP):
        monkeypatch.setattr(os, "fsync", refuse(code))
        store.set("a", "value")
    monkeypatch.setattr(os, "fsync", refuse(errno.EIO))
    assert refusal(lambda: store.set("a", "value")).code == "EIO"


def test_unfinished_files_are_cleared_away_once_they_are_nobody_s(tmp_path: Path) -> None:
    young, old = tmp_path / ".new-young.tmp", tmp_path / ".new-old.tmp"
    for path, age in ((young, ABANDONED_AFTER - 60), (old, ABANDONED_AFTER + 60)):
        path.write_text("{")
        os.utime(path, (time.time() - age,) * 2)
    assert open_store(tmp_path).warnings == []
    assert list(tmp_path.iterdir()) == [young]


WRITER = """
import sys
from pathlib import Path
from accessor_host.modules.local_storage.store import Store

store = Store(Path(sys.argv[1]), quota=10**7, max_items=10, max_key_size=100)
for _ in range(int(sys.argv[3])):
    for key in "abc":
        store.set(key, sys.argv[2] * 20_000)
    print("written", flush=True)
"""


@pytest.mark.parametrize("attempt", range(3))
def test_a_killed_process_leaves_whole_entries(tmp_path: Path, attempt: int) -> None:
    open_store(tmp_path).set("a", "x" * 20_000)
    with Program([sys.executable, "-c", WRITER, tmp_path, "y", "1000000"]) as writer:
        writer.wait_for("written")
        writer.send_signal(signal.SIGKILL)
        assert writer.wait().code == -signal.SIGKILL
    store = open_store(tmp_path)
    assert store.warnings == []
    assert contents(store) == dict.fromkeys("abc", "y" * 20_000)


def test_two_processes_do_not_harm_each_other(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path, letter, "20"], stdout=subprocess.DEVNULL
        )
        for letter in "yz"
    ]
    try:
        assert [writer.wait(60) for writer in writers] == [0, 0]
    finally:
        for writer in writers:
            with contextlib.suppress(ProcessLookupError):
                writer.kill()
            writer.wait()
    store = open_store(tmp_path)
    assert store.warnings == []
    assert set(contents(store)) == set("abc")
    assert set(contents(store).values()) <= {"y" * 20_000, "z" * 20_000}
    assert len(list(tmp_path.iterdir())) == 3


def test_the_last_of_two_stores_wins_and_opening_shows_it(tmp_path: Path) -> None:
    one, two = open_store(tmp_path), open_store(tmp_path)
    one.set("a", "one")
    two.set("a", "two")
    two.set("b", "two")
    assert contents(one) == {"a": "one"}
    one.set("c", "one")
    assert contents(open_store(tmp_path)) == {"a": "two", "b": "two", "c": "one"}
    one.remove("b")
    two.set("d", "two")
    assert set(contents(open_store(tmp_path))) == {"a", "c", "d"}
    one.clear()
    assert contents(one) == contents(open_store(tmp_path)) == {}
    two.remove("a")
    assert contents(two) == {"b": "two", "d": "two"}
    two.clear()
    assert contents(two) == {}


def test_a_folder_that_is_gone_is_an_error_that_names_it(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    store = open_store(folder)
    store.set("a", "value")
    (folder / file_name("a")).unlink()
    folder.rmdir()
    for attempt in (lambda: store.set("b", ""), store.clear):
        error = refusal(attempt)
        assert error.code == "ENOENT"
        assert f"the folder '{folder}': No such file or directory" in str(error)
    assert contents(store) == {"a": "value"}


def test_a_relative_folder_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    store = open_store(Path("persist"))
    monkeypatch.chdir(tmp_path / "elsewhere")
    store.set("a", "value")
    assert contents(open_store(tmp_path / "persist")) == {"a": "value"}


# Questions, and who may ask them


def test_an_answer_is_a_value_or_an_error_and_never_an_exception() -> None:
    def fail(error: Exception) -> Callable[[], object]:
        def raise_it() -> object:
            raise error

        return raise_it

    questions: dict[str, Callable[..., Any]] = {
        "add": lambda one, two: one + two,
        "coded": fail(StorageError("ERR_X", "in words")),
        "numbered": fail(SystemError("no")),
        "set": lambda: {1},
    }
    assert json.loads(answer(questions, "add", "[1, 2]")) == {"value": 3}
    coded = {"name": "Error", "message": "in words", "code": "ERR_X"}
    assert json.loads(answer(questions, "coded", "[]")) == {"error": coded}
    described = {"name": "SystemError", "message": "no"}
    assert json.loads(answer(questions, "numbered", "[]")) == {"error": described}
    too_deep = "[" * 200_000 + "]" * 200_000
    for name, details in (("set", "[]"), ("unknown", "[]"), ("add", "[1]"), ("add", too_deep)):
        assert "error" in json.loads(answer(questions, name, details))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("require('@modules/local-storage')", True),
        ('require("@accessors-modules/localStorage")', True),
        ("const get = () => require( '@modules/localStorage' );", True),
        ("require('./store')", True),
        ("require('@modules/web-socket-server')", False),
        # As the oldest accessors name it, unless there is a package of that name.
        ("require('local-storage')", True),
        ("require('./local-storage')", False),
        ("'@modules/local-storage'", False),
        ("require(`@modules/local-storage`)", False),
    ],
)
def test_who_will_ask_is_seen_beforehand(tmp_path: Path, source: str, found: bool) -> None:
    (tmp_path / "store.js").write_text("module.exports = require('@modules/local-storage');")
    script = script_from_text(source, str(tmp_path / "main.js"))
    assert preload(script, Loader(lambda _manifest: None), Library([])).needs_answers == found
