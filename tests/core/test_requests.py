"""Requests of scripts: each has a signature, and what does not fit it is refused."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from accessor_host import AccessorHostError, Host
from accessor_host.core.bindings import MAX_REFUSALS, Bindings
from accessor_host.core.signatures import signature_of, types_of
from accessor_host.manifests import find_module, own_modules

from ..support.wire import run

FORGED: list[list[Any]] = [
    [],
    *([value] for value in (None, True, 1, 1.5, "x", list[Any](), dict[str, Any](), -1, 2**60)),
    *(list(pair) for pair in product((1, "x", None), (2, "x", {}, [], ["x", 1]))),
    *(list(three) for three in product((1, "stdout"), (2, "x"), (True, "x", {}, "[1]"))),
    [1, 2, {"uri": 7}],
    [1, 2, {"uri": "x", "timeout": "x"}],
    [1, 2, 3, 4, 5, 6, 7, 8],
]
"""Details that no module hands over, but a script that reaches the host's own requests may."""


def with_bindings(work: Callable[[Host, Bindings], None]) -> None:
    """Use a host in which every module is in use, and accessors too."""

    async def main() -> None:
        async with Host(engine="quickjs") as host:
            bindings = host._bindings
            for name in own_modules():
                manifest = find_module(name)
                assert manifest is not None
                bindings.use(manifest)
            assert host.accessors is not None
            work(host, bindings)
            await asyncio.wait_for(host.stop(), 10)

    run(main())


def test_no_forged_operation_raises(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def forge(host: Host, bindings: Bindings) -> None:
        for name in list(bindings.operations):
            for details in FORGED:
                bindings.operations[name](*details)

    with_bindings(forge)
    refused = [record.args[0] for record in caplog.records if "is refused" in record.msg]  # type: ignore[index]
    # Each once, whatever was wrong with how many of them.
    assert len(refused) == len(set(refused))
    assert {"server.start", "client.create", "timer", "resource.get", "print"} <= set(refused)


def test_a_forged_question_is_an_error_of_the_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def forge(host: Host, bindings: Bindings) -> None:
        for name, details in (("storage.get", [7]), ("storage.open", []), ("http", ["/"])):
            with pytest.raises(AccessorHostError, match="its details do not fit"):
                bindings.questions[name](*details)
        with pytest.raises(AccessorHostError, match="there is no such question"):
            bindings.questions["secrets"]()
        for name in ("locate", "class", "modules"):
            for text in ("[]", "[7]", "{}", "[1, 2, 3]"):
                assert isinstance(host._answer(name, text), str)

    with_bindings(forge)


def test_unknown_operations_are_refused_and_logged_up_to_a_limit(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def forge(host: Host, bindings: Bindings) -> None:
        for number in range(2 * MAX_REFUSALS):
            bindings.operations[f"nothing.{number}\x1b"]()
            bindings.operations[f"nothing.{number}\x1b"]()

    with caplog.at_level(logging.WARNING, "accessor_host.host"):
        with_bindings(forge)
    assert len(caplog.records) == MAX_REFUSALS
    assert "\x1b" not in caplog.text
    assert "there is no such operation" in caplog.text


def test_every_request_of_ours_declares_all_its_types() -> None:
    """What an annotation does not say is not checked."""

    def look(host: Host, bindings: Bindings) -> None:
        made = [*bindings, host._output, host._services, host._services.calls, host.accessors]
        tables = [getattr(one, kind, {}) for one in made for kind in ("operations", "questions")]
        for name, function in ((n, f) for table in tables for n, f in table.items()):
            code = function.__code__
            parameters = code.co_varnames[: code.co_argcount]
            declared = {word for word in parameters if word in function.__annotations__}
            assert declared == set(parameters) - {"self"}, name
            assert signature_of(function) is not None, name

    with_bindings(look)


@pytest.mark.parametrize(
    ("annotation", "types"),
    [
        ("int", (int,)),
        ("float", (float, int)),
        ("str | None", (str, type(None))),
        ("dict[str, list[int | str]] | list[Any]", (dict, list)),
        (int, (int,)),
        (list[int], (list,)),
        (str | None, (str, type(None))),
        ("Thing", (bool, int, float, str, type(None), list, dict)),
    ],
)
def test_types_are_read_off_annotations(annotation: object, types: tuple[type, ...]) -> None:
    assert types_of(annotation) == types


def test_a_signature_knows_defaults_and_methods() -> None:
    class Holder:
        def serve(self, a: int, b: str = "") -> None:
            pass

    assert signature_of(Holder().serve) == frozenset([(int,), (int, str)])
    assert signature_of(lambda: None) == frozenset([()])
    assert signature_of(lambda *values: None) is None
    assert signature_of(print) is None
