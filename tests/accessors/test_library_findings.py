"""What running the public library showed: forms that its files use, in words of our own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from accessor_host.inspection.doc_comments import read_documentation
from accessor_host.inspection.document import document
from accessor_host.inspection.inspection import inspect


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("@input level {number} How full it is.", "How full it is."),
        ("@input {number} level {0 is empty} How full it is.", "How full it is."),
        ("@input level: {{low: number}} How full it is.", "How full it is."),
        ("@input level Between {low} and {high}.", "Between {low} and {high}."),
        ("@input level {number}", ""),
    ],
)
def test_a_type_may_stand_behind_the_name(tag: str, text: str) -> None:
    said = read_documentation(f"/** A tank.\n *  @accessor x/Tank\n *  {tag}\n */\n")
    assert said.inputs == {"level": text}


def test_tags_may_end_with_a_colon() -> None:
    said = read_documentation("/** A tank.\n *  @author: One\n *  @authors: Two and Three\n */\n")
    assert (said.description, said.author) == ("A tank.", "One, Two and Three")


SCRIPT = """
/** A tank.
 *  @accessor x/Tank
 *  @param inflow What comes in.
 *  @param outflow What goes out.
 *  @input {number} size How big it is.
 *  @input both What arrives.
 */
exports.setup = function () {
  this.input('inflow');
  this.output('outflow');
  this.parameter('size', { type: 'number', value: 1 });
  this.input('both');
  this.output('both');
};
"""


def test_a_port_may_be_documented_as_one_of_another_kind(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "Tank.js"
    path.write_text(SCRIPT, encoding="utf-8")
    interface = document(asyncio.run(inspect(str(path), engine=engine)))

    def said(kind: str) -> dict[str, Any]:
        return {port["name"]: port.get("description") for port in interface[kind]}

    assert said("inputs") == {"inflow": "What comes in.", "both": "What arrives."}
    # What an input and an output of one name say need not be the same.
    assert said("outputs") == {"outflow": "What goes out.", "both": None, "error": None}
    assert said("parameters") == {"size": "How big it is."}
