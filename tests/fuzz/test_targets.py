"""Each target takes its seeds, what was found before, and many small changes of them."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest

from accessor_host.options import ResolvedOptions
from fuzz.targets import find, names, options, tls_records

REPOSITORY = Path(__file__).resolve().parents[2]

INPUTS = 300
"""How many of each target the fast suite tries, beside the seeds."""


def changed(chance: Random, seed: bytes) -> bytes:
    """Change some bytes of an input."""
    data = bytearray(seed)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(3)
        if kind == 0:
            data[at:at] = chance.randbytes(chance.randrange(1, 4))
        elif kind == 1:
            del data[at : at + chance.randrange(1, 9)]
        elif at < len(data):
            data[at] ^= 1 << chance.randrange(8)
    return bytes(data)


@pytest.mark.parametrize("name", names())
def test_nothing_is_found(name: str) -> None:
    target = find(name)
    assert target.what.endswith(".")
    kept = (path.read_bytes() for path in (REPOSITORY / "fuzz" / "seeds" / name).glob("*"))
    chance = Random(name)
    for data in [*target.seeds, *kept]:
        target.run(data)
    for _ in range(INPUTS):
        target.run(changed(chance, chance.choice(target.seeds)))


def test_a_target_sees_a_result_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "validate", lambda *_: ResolvedOptions({}, []))
    with pytest.raises(AssertionError, match="missing"):
        options.run(b"2{}")


def test_a_target_sees_an_answer_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_records, "plain_on_tls", lambda _: b"no answer")
    with pytest.raises(AssertionError, match="is no answer"):
        tls_records.run(b"\0GET / HTTP/1.1\r\n\r\n")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fuzz", *arguments],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=50,
    )


def test_the_command_replays_an_input(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(options.SEEDS[0])
    ended = run("options", "--input", str(path))
    assert (ended.returncode, ended.stdout) == (0, f"{path}: passes\n")


def test_the_command_knows_its_targets() -> None:
    ended = run("no-such")
    assert ended.returncode == 2
    assert ended.stdout.startswith("error: no target no-such; there are: deflate, elements, ")


@pytest.mark.skipif(find_spec("atheris") is not None, reason="atheris is installed")
def test_without_atheris_the_command_says_so() -> None:
    ended = run("--seconds", "1")
    assert ended.returncode == 0
    assert ended.stdout.startswith("skipped: atheris is not installed")
    assert run("--seconds", "1", "--require").returncode == 1
