"""The README: everything in it that can be run is run, everything else is compared."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from accessor_host import Host, Server, Socket
from accessor_host.options import load_schema

from ..programs import ACCESSOR_HOST, Program, documented_port, run
from ..scripts import running

REPOSITORY = Path(__file__).resolve().parents[2]
TEXT = (REPOSITORY / "README.md").read_text(encoding="utf-8")
SCHEMA = load_schema("web-socket-server")["properties"]

ESCAPES = re.compile(r"\x1b(?:[78]|\[[0-9;]*[A-Za-z])|\r")


@dataclass(frozen=True)
class Block:
    """A fenced block, with the output that is shown right after it."""

    language: str
    text: str
    output: str | None

    @property
    def line(self) -> str:
        """Its first line."""
        return self.text.split("\n", 1)[0]


def find_blocks() -> list[Block]:
    found = re.findall(
        r"^```(\w*)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", TEXT, re.MULTILINE | re.DOTALL
    )
    return [Block(language, text, output or None) for language, text, output in found]


BLOCKS = find_blocks()
SHELL = [block for block in BLOCKS if block.language == "sh"]
SESSIONS = [block for block in BLOCKS if block.language == "console"]
PROGRAMS = [block for block in BLOCKS if block.language == "python"]
SCRIPTS = {block.line.removeprefix("// "): block.text for block in BLOCKS if block.language == "js"}


def section(title: str) -> str:
    """Return the text under a heading."""
    match = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert match is not None, f"README has no section {title!r}"
    return match[1]


def first_column(text: str) -> list[str]:
    """Return the first cells of the tables in a text, headings left out."""
    cells = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    return [cell for cell in cells if cell.startswith("`")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the README shows."""
    for name, text in SCRIPTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


# What is run


def test_every_block_is_of_a_kind_that_a_test_runs() -> None:
    assert {block.language for block in BLOCKS} == {"sh", "console", "js", "python"}
    assert len(SHELL) == 3
    assert [session.line for session in SESSIONS] == [
        "$ accessor-host run server.js",
        "$ python -m websockets ws://127.0.0.1:8082",
    ]
    assert set(SCRIPTS) == {"server.js", "hello.js"}
    for program in PROGRAMS:
        assert program.output is not None, f"what does it print?\n{program.text}"


@pytest.mark.parametrize("block", SHELL[:2], ids=["demo", "tests"])
def test_a_set_up_command_is_one_line_that_ci_runs_too(block: Block) -> None:
    assert block.text.count("\n") == 1
    assert block.text in (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")


def test_ci_gets_the_peers_as_the_readme_says() -> None:
    apt, npm = SHELL[2].text.splitlines()
    script = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
    for package in apt.removeprefix("apt-get install -y ").split():
        assert package in script
    assert npm.removeprefix("npm install --no-save ") in script


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: block.output.splitlines()[0])
def test_a_python_program_prints_what_is_shown(block: Block, folder: Path) -> None:
    (folder / "program.py").write_text(block.text, encoding="utf-8")
    ended = run([sys.executable, "program.py"], cwd=folder)
    assert (ended.code, ended.stdout, ended.stderr) == (0, block.output, "")


def test_the_server_and_the_client_print_what_is_shown(engine: str, folder: Path) -> None:
    serving, talking = (block.text.splitlines()[1:] for block in SESSIONS)
    assert serving.pop() == "^C"
    with (
        documented_port(),
        Program([ACCESSOR_HOST, "run", "--engine", engine, "server.js"], cwd=folder) as server,
    ):
        server.wait_for(f"{serving[0]}\n")
        address = SESSIONS[1].line.split()[-1]
        with Program([sys.executable, "-m", "websockets", address], interactive=True) as client:
            assert converse(client, talking) == talking
        for line in serving:
            server.wait_for(f"{line}\n")
        server.send_signal(signal.SIGINT)
        ended = server.wait()
    assert (ended.code, ended.stdout.splitlines(), ended.stderr) == (130, serving, "")


def converse(client: Program, lines: list[str]) -> list[str]:
    """Type the lines that begin with a prompt, and return the conversation that it made."""
    seen: list[str] = []
    for line in lines:
        if line.startswith("> "):
            client.type(line.removeprefix("> "))
        else:
            if line == lines[-1]:
                client.end_input()
            client.wait_for(line, times=seen.count(line) + 1)
        seen.append(line)
    printed = (line.lstrip("> ") for line in ESCAPES.sub("", client.wait().stdout).splitlines())
    replies = iter([line for line in printed if line])
    return [line if line.startswith("> ") else next(replies, "") for line in lines]


# What is compared


def options_table() -> str:
    rows = ["| option | default | what it is |", "| --- | --- | --- |"]
    for name, schema in SCHEMA.items():
        default = json.dumps(schema["default"]).replace('"', "'")
        rows.append(f"| `{name}` | `{default}` | {schema['description']} |")
    return "\n".join(rows) + "\n"


def test_the_table_of_options_is_the_schema_s() -> None:
    match = re.search(r"<!-- options: [^\n]*-->\n(.*?)<!-- end of options -->", TEXT, re.DOTALL)
    assert match is not None
    assert match[1] == options_table()


def test_the_table_of_limits_names_options_that_exist() -> None:
    rows = [line.split("|") for line in section("Limits").splitlines() if line.startswith("| ")]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row[3])]
    assert set(named) <= set(SCHEMA)
    limits = {name for name in SCHEMA if re.match(r"max|.*(Timeout|Interval)$", name)}
    assert limits <= set(named)


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("maxMessageSize", 16 * 1024 * 1024),
        ("maxFragments", 16_384),
        ("openingTimeout", 10_000),
        ("pingInterval", 20_000),
        ("pingTimeout", 20_000),
        ("closingTimeout", 10_000),
        ("idleTimeout", 0),
        ("maxUnsentBytes", 16 * 1024 * 1024),
        ("maxConnections", 0),
        ("allowedOrigins", None),
    ],
)
def test_the_table_of_limits_shows_the_defaults(what: str, shown: object) -> None:
    # If this fails, the table of limits in the README must change too.
    assert SCHEMA[what]["default"] == shown


def functions_of(name: str) -> set[str]:
    """Return the functions that the README lists for a class of the module."""
    return set(re.findall(r"`(\w+)\(", "\n".join(first_column(section(name)))))


def snake_case(name: str) -> str:
    """Spell a name of JavaScript's as Python does."""
    return re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", name)


def script_value(engine: str, source: str) -> Any:
    """Evaluate an expression in a script."""

    async def work() -> Any:
        async with running(engine, f"exports.value = () => {source};") as script:
            return await script.host.call("value")

    return asyncio.run(work())


@pytest.mark.parametrize("name", ["Server", "Socket"])
def test_the_functions_of_a_class_are_all_listed(engine: str, name: str) -> None:
    names = script_value(
        engine,
        f"Object.getOwnPropertyNames(require('@modules/web-socket-server').{name}.prototype)",
    )
    assert set(names) - {"constructor"} == functions_of(name)


@pytest.mark.parametrize(("name", "python"), [("Server", Server), ("Socket", Socket)])
def test_the_python_classes_have_the_same_functions(name: str, python: type) -> None:
    for function in functions_of(name):
        assert callable(getattr(python, snake_case(function)))


def test_the_members_of_host_exist() -> None:
    members = re.findall(
        r"`(?:await )?(\w+)", "\n".join(first_column(section("Scripts")))
    ) + re.findall(r"`await (\w+)\(", section("Scripts"))
    assert len(members) > 8
    for member in set(members) - {"Host"}:
        assert hasattr(Host, member), member


def test_the_command_line_is_the_documented_one() -> None:
    text = section("The command line")
    usage = run([ACCESSOR_HOST, "run", "--help"]).stdout
    named = {option.strip("`") for option in first_column(text) if option.startswith("`--")}
    assert named == set(re.findall(r"^  (--[\w-]+)", usage, re.MULTILINE))
    for option, default in re.findall(r"^\| `(--[\w-]+)` \| `(\w+)`", text, re.MULTILINE):
        assert re.search(rf"{option}[^-]*\(default:\s+{default}\b", usage), option
    commands = set(re.findall(r"^\| `accessor-host (\w+)", text, re.MULTILINE))
    usage = run([ACCESSOR_HOST, "--help"]).stdout
    assert commands == set(re.findall(r"^    (\w+) ", usage, re.MULTILINE))


def test_what_scripts_do_not_have_is_told_truly(engine: str) -> None:
    text = section("Scripts: what is not as in Node")
    absent = ("process", "fetch", "URL", "Intl", "structuredClone")
    for name in absent:
        assert f"`{name}`" in text
    assert script_value(engine, f"[{', '.join(f'typeof {name}' for name in absent)}]") == [
        "undefined"
    ] * len(absent)
    match = re.search(r"The built-in modules are (.*?)\.", text, re.DOTALL)
    assert match is not None
    for module in re.findall(r"`(\w+)`", match[1]):
        assert script_value(engine, f"typeof require('{module}')") in ("object", "function")


def test_links_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    }
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert links
    for link in links:
        if link.startswith("#"):
            assert link[1:] in headings, link
        else:
            assert (REPOSITORY / link).is_file(), link
