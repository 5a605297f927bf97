"""The words of ``accessor-host invoke``: their order, their spellings, and what is wrong."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from accessor_host.commands.invoke import parse
from accessor_host.programs.invoke import MAX_TIMEOUT, EndAfter, RunScript, Say, Start


def test_words_are_taken_from_left_to_right() -> None:
    command = parse(["net/A", "-t", "100", "B.js", "--js", "c.js", "net/A", "-e"])
    *steps, echo = command.steps
    assert steps == [
        Start("net/A"),
        EndAfter(100),
        Start("B.js"),
        RunScript(Path("c.js")),
        Start("net/A"),
    ]
    assert echo == Say("[ 'net/A', '-t', '100', 'B.js', '--js', 'c.js', 'net/A', '-e' ]")


@pytest.mark.parametrize("dash", ["-", "--"])
@pytest.mark.parametrize("name", ["e", "echo"])
def test_every_spelling_of_echo(dash: str, name: str) -> None:
    assert parse([dash + name]).steps == [Say(f"[ '{dash}{name}' ]")]


@pytest.mark.parametrize("dash", ["-", "--"])
@pytest.mark.parametrize("name", ["k", "keepalive"])
def test_every_spelling_of_keepalive(dash: str, name: str) -> None:
    assert parse([dash + name]).options.keepalive is True
    assert parse([]).options.keepalive is False


@pytest.mark.parametrize("words", [["-t", "5"], ["--t", "5"], ["-timeout", "5"], ["--timeout=5"]])
def test_every_spelling_of_timeout(words: list[str]) -> None:
    assert parse(words).steps == [EndAfter(5)]


@pytest.mark.parametrize("words", [["-j", "f"], ["--j", "f"], ["-js", "f"], ["--js=f"]])
def test_every_spelling_of_js(words: list[str]) -> None:
    assert parse(words).steps == [RunScript(Path("f"))]


@pytest.mark.parametrize("word", ["-h", "--h", "-help", "--help"])
def test_help_ends_the_words(word: str) -> None:
    first, help_text = parse(["A", word, "B", "--nonsense"]).steps
    assert first == Start("A")
    assert isinstance(help_text, Say)
    assert help_text.text.startswith("usage: accessor-host invoke ")
    for option in ("--library", "--timeout", "--js", "--set", "--engine", "--callback-timeout"):
        assert option in help_text.text


@pytest.mark.parametrize("word", ["-v", "--v", "-version", "--version"])
def test_version_ends_the_words(word: str) -> None:
    assert parse([word, "B"]).steps == [Say(f"accessor-host {version('accessor-host')}")]


def test_options_of_the_whole_run_may_stand_anywhere() -> None:
    words = ["A", "--library", "one", "-engine", "dukpy", "--set", "A.p=1", "B", "-library=two"]
    command = parse([*words, "-set", "B.c.q=x=y", "--callback-timeout", "0", "--memory-limit=64"])
    assert command.steps == [Start("A"), Start("B")]
    options = command.options
    assert options.library == [Path("one"), Path("two")]
    assert options.set == [("A.p", "1"), ("B.c.q", "x=y")]
    assert (options.engine, options.callback_timeout, options.memory_limit) == ("dukpy", 0, 64)


def test_the_defaults_are_those_of_run() -> None:
    options = parse([]).options
    assert (options.library, options.set) == ([], [])
    assert (options.engine, options.loop) == ("auto", "auto")
    assert (options.callback_timeout, options.memory_limit) == (10.0, 128)


def test_words_do_not_leave_anything_for_the_next_line() -> None:
    parse(["--library", "one", "--set", "A.p=1", "-k"])
    options = parse([]).options
    assert (options.library, options.set, options.keepalive) == ([], [], False)


def test_after_two_dashes_everything_is_an_accessor() -> None:
    assert parse(["--", "-t", "--"]).steps == [Start("-t"), Start("--")]


def test_a_single_dash_is_an_accessor() -> None:
    assert parse(["-"]).steps == [Start("-")]


@pytest.mark.parametrize("milliseconds", [0, MAX_TIMEOUT])
def test_a_timeout_at_its_limits(milliseconds: int) -> None:
    assert parse(["-t", str(milliseconds)]).steps == [EndAfter(milliseconds)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--timeout"], "argument -t/--timeout: expected one argument"),
        (["-js"], "argument -j/--js: expected one argument"),
        (["A", "--set"], "argument --set: expected one argument"),
        (["-t", "soon"], "'soon'"),
        (["-t", "-1"], f"expected 0 to {MAX_TIMEOUT} milliseconds"),
        (["-t", str(MAX_TIMEOUT + 1)], f"expected 0 to {MAX_TIMEOUT} milliseconds"),
        (["--set", "p=1"], "expected NAME.param=VALUE, not 'p=1'"),
        (["--set", "A.p"], "expected NAME.param=VALUE, not 'A.p'"),
        (["--set", "A.=1"], "expected NAME.param=VALUE"),
        (["--set", ".p=1"], "expected NAME.param=VALUE"),
        (["--tiemout", "5"], "there is no option --tiemout"),
        (["-x"], "there is no option -x"),
        (["--engine", "v8"], "invalid choice: 'v8'"),
        (["--echo=yes"], "--echo"),
        (["--memory-limit", "0"], "expected MiB, 1 or more"),
    ],
)
def test_bad_usage_is_said(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(words)
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: accessor-host invoke ")
    assert said in err
