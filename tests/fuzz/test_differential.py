"""Our server and the library answer the same bytes alike; the long form is a command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.differential.cases import Case, load, make, save
from fuzz.differential.comparison import AGREED, DIFFERENCES, fits
from fuzz.differential.frames import BINARY, CLOSE, CONT, PING, TEXT, forge, split
from fuzz.differential.once import HEAD
from fuzz.differential.ours import ENGINES, Answer
from fuzz.differential.running import play
from fuzz.differential.shrinking import shrink
from fuzz.differential.theirs import judge

REPOSITORY = Path(__file__).resolve().parents[2]

KEPT = sorted((REPOSITORY / "fuzz" / "seeds" / "differential").glob("*.json"))

CASES = {"none": 2_000, "quickjs": 500, "dukpy": 500}
"""How many the fast suite plays."""

ACCEPT = "Bz3qJYTGdOe8gUSpLosEdiLKDrk="
"""Answer to the key in :data:`HEAD`."""


@pytest.mark.slow_with(2)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_a_client_sends_both_answer_alike(engine: str, seed: int) -> None:
    count = CASES[engine]
    result = play(engine, ((f"{seed}-{number}", make(seed, number)) for number in range(count)))
    assert result.disagreements == []
    assert result.cases == count
    # Most handshakes are good; without them, nothing but handshakes would be tried.
    assert 0.8 * count < result.accepted < count


@pytest.mark.parametrize("engine", ENGINES)
def test_kept_cases(engine: str) -> None:
    result = play(engine, ((path.stem, load(path)) for path in KEPT))
    assert result.disagreements == []
    # A difference that no case shows is none any more.
    assert set(result.differences) == {difference.name for difference in DIFFERENCES}


def test_no_difference_is_called_like_an_agreement() -> None:
    names = [difference.name for difference in DIFFERENCES]
    assert len(names) == len(set(names))
    assert AGREED not in names
    assert all(difference.reason for difference in DIFFERENCES)


# What the comparison would find.


def case(stream: bytes) -> Case:
    return Case(HEAD, stream, (), compression=False)


def answer(*messages: bytes, close: bytes | None = None, pongs: tuple[bytes, ...] = ()) -> Answer:
    return Answer(ACCEPT, messages, pongs, close, ())


def test_an_answer_that_fits() -> None:
    verdict = judge(case(forge(TEXT, b"a") + forge(PING, b"?") + forge(BINARY, b"b")))
    assert fits(answer(b"a", b"b", pongs=(b"?",)), verdict)


@pytest.mark.parametrize(
    ("stream", "wrong"),
    [
        (forge(TEXT, b"a"), answer()),
        (forge(TEXT, b"a"), answer(b"b")),
        (forge(TEXT, b"a"), answer(b"a", b"a")),
        (forge(TEXT, b"a"), answer(b"a", close=b"\x03\xe8")),
        (forge(TEXT, b"a", key=None), answer(b"a")),
        (forge(TEXT, b"\xff"), answer(close=b"\x03\xea")),
        (forge(TEXT, b"a") + forge(TEXT, b"\xff"), answer(close=b"\x03\xef")),
        (forge(TEXT, b"x" * 1_001), answer(b"x" * 1_001)),
        (forge(PING, b"?"), answer()),
        (forge(PING, b"?"), answer(pongs=(b"!",))),
        (forge(CLOSE, b"\x03\xe8bye"), answer(close=b"\x03\xe8")),
        (forge(CLOSE), answer(close=b"\x03\xe8")),
        (forge(CLOSE), answer()),
        (b"", Answer(None, (), (), None, ())),
        (b"", Answer("", (), (), None, ())),
    ],
)
def test_an_answer_that_does_not_fit(stream: bytes, wrong: Answer) -> None:
    assert not fits(wrong, judge(case(stream)))


def test_frames_are_cut_apart_as_they_were_forged() -> None:
    stream = forge(TEXT, b"x" * 200, key=b"abcd") + forge(CONT, b"y", fin=False, width=8)
    first, second = split(stream)
    assert (first.opcode, first.fin, first.size) == (TEXT, True, 200)
    assert first.payload == b"x" * 200
    assert (second.opcode, second.fin, second.payload) == (CONT, False, b"y")
    assert first.data + second.data == stream
    (cut,) = split(first.data[:-1])
    assert (cut.size, cut.is_complete) == (200, False)
    assert list(split(first.data[:3])) == []


def test_cases_are_the_same_every_time(tmp_path: Path) -> None:
    assert make(7, 8) == make(7, 8) != make(7, 9)
    save(make(7, 8), tmp_path / "case.json")
    assert load(tmp_path / "case.json") == make(7, 8)
    whole = make(7, 8)
    assert b"".join(whole.reads) == whole.head + whole.stream


def test_smaller_cases_are_smaller() -> None:
    large = next(one for one in (make(1, number) for number in range(99)) if len(one.cuts) > 5)
    assert list(shrink(large))
    for small in shrink(large):
        assert len(small.stream) < len(large.stream) or len(small.cuts) < len(large.cuts)


def test_the_command_says_what_it_did() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "fuzz.differential", "--cases", "50", "--seed", "3"],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=50,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("engine none, seed 3: 50 cases, ")
    assert " 0 disagreements" in ended.stdout
