"""JSON for dukpy: large texts are written another way, to the same effect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accessor_host import EngineError, Host
from accessor_host.engine.dukpy.interpreter import LARGE_TEXT, Interpreter, write_json


@pytest.mark.parametrize(
    "piece",
    [
        "x",
        '"',
        "\\",
        "\\\\\"n'",
        "\n\r\t",
        "".join(map(chr, range(32))),
        "\x7f\x80é漢\U0001f600",
        "</",
    ],
)
@pytest.mark.parametrize("size", [LARGE_TEXT - 1, LARGE_TEXT, LARGE_TEXT + 1, 20_000])
def test_every_character_arrives(piece: str, size: int) -> None:
    text = (piece * size)[:size]
    values = [-5, text, None, 1, "message", True, 1.5]
    assert json.loads(write_json([*values])) == values
    interpreter = Interpreter()
    interpreter.export_function("values", lambda: write_json([*values]))
    assert interpreter.evaljs("call_python('values')") == values


def test_a_lone_surrogate_arrives() -> None:
    text = "\ud800" + "x" * LARGE_TEXT
    interpreter = Interpreter()
    interpreter.export_function("values", lambda: write_json([text]))
    expected = [0xD800, LARGE_TEXT + 1]
    assert (
        interpreter.evaljs("v = call_python('values')[0]; [v.charCodeAt(0), v.length]") == expected
    )


def test_what_is_no_bytes_crosses_as_ever() -> None:
    interpreter = Interpreter()
    interpreter.export_function("give", lambda value: {"got": value})
    assert interpreter.evaljs("call_python('give', [1, 'é'])") == {"got": [1, "é"]}
    interpreter.export_function("nothing", lambda: None)
    assert interpreter.evaljs("call_python('nothing')") is None


def test_globals_of_dukpy_are_not_there() -> None:
    kinds = "[typeof process, typeof require, typeof console].join()"
    assert Interpreter().evaljs(kinds) == "undefined,undefined,undefined"


@pytest.mark.parametrize("found", ["0.6.1", None])
def test_another_version_of_dukpy_is_refused(
    found: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "dukpy"
    monkeypatch.setattr("dukpy.__file__", str(package / "__init__.py"))
    if found is not None:
        (tmp_path / f"dukpy-{found}.dist-info").mkdir()
    with pytest.raises(EngineError) as caught:
        Host(engine="dukpy")
    shown = found or "a version that does not say which"
    assert str(caught.value) == (
        f"the dukpy engine works with dukpy 0.6.0 only, and {shown} is installed in {tmp_path}; "
        "try: pip install 'dukpy==0.6.0'"
    )
