"""The README: everything in it that can be run is run, everything else is compared."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from accessor_host import Client, Host, Server, Socket
from accessor_host.options import load_schema, schema_names
from bench import picture, table
from bench.rows import Report

from ..support.images import encoded
from ..support.programs import (
    ACCESSOR_HOST,
    TIMEOUT,
    Ended,
    Program,
    documented_port,
    free_port,
    run,
)
from ..support.scripts import running

REPOSITORY = Path(__file__).resolve().parents[2]
TEXT = (REPOSITORY / "README.md").read_text(encoding="utf-8")
SERVER_OPTIONS, CLIENT_OPTIONS = (
    load_schema(name)["properties"] for name in ("web-socket-server", "web-socket-client")
)

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


def session(line: str, number: int = 0) -> list[str]:
    """Return what a terminal shows after a command, without the Ctrl-C at its end."""
    shown = [block.text.splitlines()[1:] for block in SESSIONS if block.line == f"$ {line}"]
    return [line for line in shown[number] if line != "^C"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the README shows."""
    for name, text in SCRIPTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    shutil.copytree(REPOSITORY / "examples", tmp_path / "examples")
    return tmp_path


@pytest.fixture
def port(folder: Path) -> int:
    """A free port, which the files name now instead of the documented ones."""
    number = free_port()
    for name, text in SCRIPTS.items():
        (folder / name).write_text(at_port(text, number), encoding="utf-8")
    return number


@pytest.fixture
def certified(folder: Path) -> Path:
    """The folder, with the key and certificate files that the README makes."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    ended = run(["sh", "-e", "-c", SHELL[3].text], cwd=folder)
    assert ended.code == 0, ended.stderr
    return folder


def at_port(text: str, port: int) -> str:
    """Put a port for the documented ones."""
    return re.sub(r"\b(8082|8443)\b", str(port), text)


def run_script(name: str, folder: Path, engine: str) -> Program:
    """Start a script that the README shows."""
    return Program([ACCESSOR_HOST, "run", "--engine", engine, name], cwd=folder)


# What is run


PIPED = next(block.line for block in SESSIONS if block.line.endswith("| accessor-host shell"))


def test_every_block_is_of_a_kind_that_a_test_runs() -> None:
    assert {block.language for block in BLOCKS} == {"sh", "console", "js", "python"}
    assert len(SHELL) == 5
    assert [session.line for session in SESSIONS] == [
        "$ accessor-host run server.js",
        "$ python -m websockets ws://127.0.0.1:8082",
        "$ accessor-host invoke --library examples --set Demo.Printer.title=twice Demo",
        "$ accessor-host describe --library examples sources/Ramp",
        PIPED,
        "$ accessor-host run client.js",
        "$ accessor-host run client.js",
        "$ accessor-host run reopen.js",
        "$ accessor-host run counter.js",
        "$ accessor-host run secure.js",
    ]
    assert list(SCRIPTS) == [
        "server.js",
        "Doubler.js",
        "Demo.js",
        "client.js",
        "reopen.js",
        "counter.js",
        "images.js",
        "secure.js",
        "hello.js",
    ]
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


def test_the_benchmark_is_run_as_the_readme_says(tmp_path: Path) -> None:
    pytest.importorskip("picows")
    install, npm, bench = SHELL[4].text.splitlines()
    assert install == "pip install -q -e '.[bench]'"
    assert npm.removeprefix("npm install --no-save ") in (REPOSITORY / ".ci/run").read_text("utf-8")
    python, *words = bench.split()
    assert python == "python"
    # Files where the command says, but only one scenario that takes a second.
    words = [str(tmp_path / word) if "." in word else word for word in words]
    short = ["--scenario", "memory", "--server", "quickjs", "--repeat", "1"]
    ended = run([sys.executable, *words, *short], cwd=REPOSITORY)
    assert (ended.code, ended.stderr) == (0, "")
    assert json.loads((tmp_path / "result.json").read_text("utf-8"))["rows"]
    assert (tmp_path / "bench.svg").read_text("utf-8").startswith("<svg")


def test_the_benchmark_s_table_and_picture_are_those_of_its_result() -> None:
    found = Report.from_json(json.loads((REPOSITORY / "bench/result.json").read_text("utf-8")))
    match = re.search(r"<!-- bench: from [^\n]*-->\n(.*?)<!-- end of bench -->", TEXT, re.DOTALL)
    assert match is not None
    assert match[1].strip() == table.markdown(found)
    assert found.date[:10] in section("Performance")
    assert found.machine["cpu"] in section("Performance")
    assert (REPOSITORY / "docs/bench.svg").read_text("utf-8") == picture.draw(found)


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: block.output.splitlines()[0])
def test_a_python_program_prints_what_is_shown(
    block: Block, folder: Path, request: pytest.FixtureRequest
) -> None:
    if "server.crt" in block.text:
        request.getfixturevalue("certified")
    (folder / "program.py").write_text(block.text, encoding="utf-8")
    ended = run([sys.executable, "program.py"], cwd=folder)
    assert (ended.code, ended.stdout, ended.stderr) == (0, block.output, "")


def test_the_server_and_the_client_print_what_is_shown(engine: str, folder: Path) -> None:
    serving, talking = (block.text.splitlines()[1:] for block in SESSIONS[:2])
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
            client.type_line(line.removeprefix("> "))
        else:
            if line == lines[-1]:
                client.end_input()
            client.wait_for(line, times=seen.count(line) + 1)
        seen.append(line)
    printed = (line.lstrip("> ") for line in ESCAPES.sub("", client.wait().stdout).splitlines())
    replies = iter([line for line in printed if line])
    return [line if line.startswith("> ") else next(replies, "") for line in lines]


def test_the_script_s_client_prints_what_is_shown(engine: str, folder: Path, port: int) -> None:
    shown = session("accessor-host run client.js")
    with run_script("server.js", folder, engine) as server:
        server.wait_for("listening")
        with run_script("client.js", folder, engine) as client:
            ended = client.wait()
        server.wait_for("Hello from a script\n")
    assert ended == Ended(0, "".join(f"{line}\n" for line in shown), "")


def test_a_client_without_a_server_prints_what_is_shown(folder: Path, port: int) -> None:
    shown = at_port("\n".join(session("accessor-host run client.js", 1)), port)
    with run_script("client.js", folder, "auto") as client:
        assert client.wait() == Ended(0, f"{shown}\n", "")


def test_a_client_that_reopens_finds_its_server_again(engine: str, folder: Path, port: int) -> None:
    first, lost, again = session("accessor-host run reopen.js")
    with run_script("reopen.js", folder, engine) as client:
        with run_script("server.js", folder, engine) as server:
            client.wait_for(f"{first}\n")
            server.send_signal(signal.SIGINT)
            client.wait_for(f"{lost}\n")
            server.wait()
        with run_script("server.js", folder, engine):
            client.wait_for(f"{again}\n", times=2)
            client.send_signal(signal.SIGINT)
            ended = client.wait()
    # When it is stopped it closes, with the same code as the server.
    assert ended == Ended(130, "".join(f"{one}\n" for one in (first, lost, again, lost)), "")


def test_the_accessors_do_what_is_shown(engine: str, folder: Path) -> None:
    for command in (
        "invoke --library examples --set Demo.Printer.title=twice Demo",
        "describe --library examples sources/Ramp",
    ):
        verb, *words = command.split()
        ended = run([ACCESSOR_HOST, verb, "--engine", engine, *words], cwd=folder)
        shown = session(f"accessor-host {command}")
        assert (ended.code, ended.stdout.splitlines(), ended.stderr) == (0, shown, "")


def test_the_shell_prints_what_is_shown(folder: Path) -> None:
    command = PIPED.removeprefix("$ ")
    ended = run(["sh", "-c", command.replace("accessor-host", ACCESSOR_HOST)], cwd=folder)
    assert ended == Ended(0, "".join(f"{line}\n" for line in session(command)), "")


def test_a_counter_goes_on_as_shown(engine: str, folder: Path) -> None:
    (block,) = (block for block in SESSIONS if "counter.js" in block.line)
    for line in block.text.splitlines():
        if line.startswith("$"):
            ended = run_script("counter.js", folder, engine).wait()
        else:
            assert ended == Ended(0, f"{line}\n", "")
    (file,) = (folder / "counter-data").iterdir()
    shown = re.search(r"`(\{.*\})`", section("local-storage"))
    assert shown is not None
    assert file.read_text("utf-8") == f"{shown[1]}\n"


def test_images_come_and_go_as_shown(engine: str, folder: Path, port: int) -> None:
    async def exchange() -> list[Any]:
        client = Client(port=port, send_type="image/jpeg", receive_type="image/png")
        answers: asyncio.Queue[Any] = asyncio.Queue()
        client.on("message", answers.put_nowait)
        async with client:
            client.send(encoded("image/jpeg", (640, 480)))
            return [await asyncio.wait_for(answers.get(), TIMEOUT) for _ in range(3)]

    with run_script("images.js", folder, engine) as server:
        answers = asyncio.run(exchange())
        server.wait_for("image/jpeg 640 480\n")
    assert "// image/jpeg 640 480\n" in SCRIPTS["images.js"]
    assert [(one.type, one.width, one.height) for one in answers] == [("image/png", 640, 480)] * 3


def test_the_secure_server_is_as_shown(engine: str, certified: Path, port: int) -> None:
    # The clients that the text around it names.
    creation = re.search(r"`(new Client\(.*\))`", section("TLS"))
    inspection = re.search(r"`(openssl s_client .*)`", section("TLS"))
    assert creation is not None
    assert inspection is not None
    (certified / "trusting.js").write_text(
        f"""
        const {{ Client }} = require('@modules/web-socket-client');
        const client = {at_port(creation[1], port)};
        client.on('message', (message) => {{ console.log(message); client.close(); }});
        client.send('over TLS');
        client.open();
        """,
        encoding="utf-8",
    )
    with run_script("secure.js", certified, engine) as server:
        for line in session("accessor-host run secure.js"):
            server.wait_for(at_port(line, port) + "\n")
        with run_script("trusting.js", certified, engine) as client:
            assert client.wait() == Ended(0, "over TLS\n", "")
        seen = run(shlex.split(at_port(inspection[1], port)), cwd=certified)
        assert "Verify return code: 0 (ok)" in seen.stdout


# What is compared


def options_table(name: str) -> str:
    rows = ["| option | default | what it is |", "| --- | --- | --- |"]
    for option, schema in load_schema(name)["properties"].items():
        default = json.dumps(schema["default"]).replace('"', "'")
        rows.append(f"| `{option}` | `{default}` | {schema['description']} |")
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize("name", schema_names())
def test_the_table_of_options_is_the_schema_s(name: str) -> None:
    match = re.search(
        rf"<!-- options: from schemas/{name}\.[^\n]*-->\n(.*?)<!-- end of options -->",
        TEXT,
        re.DOTALL,
    )
    assert match is not None
    assert match[1] == options_table(name)


def test_the_tables_of_limits_name_options_that_exist() -> None:
    # For both modules, for a server, for a client.
    tables = re.findall(r"(?:^\|.*\n)+", section("Limits"), re.MULTILINE)
    both, server, client = (
        {name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line.split("|")[3])}
        for table in tables
    )
    assert both <= set(SERVER_OPTIONS) & set(CLIENT_OPTIONS)
    for named, options in ((server, SERVER_OPTIONS), (client, CLIENT_OPTIONS)):
        limits = {name for name in options if re.match(r"max|.*(Timeout|Interval)$", name)}
        assert limits <= both | named <= set(options)


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("maxMessageSize", 16 * 1024 * 1024),
        ("maxFragments", 16_384),
        ("maxImagePixels", 8_388_608),
        ("openingTimeout", 10_000),
        ("pingInterval", 20_000),
        ("pingTimeout", 20_000),
        ("closingTimeout", 10_000),
        ("idleTimeout", 0),
        ("maxUnsentBytes", 16 * 1024 * 1024),
        ("maxConnections", 0),
        ("allowedOrigins", None),
        ("connectTimeout", 1_000),
        ("maxQueuedMessages", 1_000),
    ],
)
def test_the_tables_of_limits_show_the_defaults(what: str, shown: object) -> None:
    # If this fails, the tables of limits in the README must change too.
    for options in (SERVER_OPTIONS, CLIENT_OPTIONS):
        assert options.get(what, {"default": shown})["default"] == shown


def test_the_time_until_a_client_gives_up_is_the_documented_one() -> None:
    retries, pause, timeout = (
        CLIENT_OPTIONS[name]["default"]
        for name in ("numberOfRetries", "timeBetweenRetries", "connectTimeout")
    )
    refused = retries * pause / 1000
    silent = refused + (retries + 1) * timeout / 1000
    assert (
        f"{refused:g} seconds when the server refuses, {silent:g} when nobody answers"
        in section("When it cannot connect")
    )


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


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("web-socket-server", "Server"),
        ("web-socket-server", "Socket"),
        ("web-socket-client", "Client"),
    ],
)
def test_the_functions_of_a_class_are_all_listed(engine: str, module: str, name: str) -> None:
    names = script_value(
        engine, f"Object.getOwnPropertyNames(require('@modules/{module}').{name}.prototype)"
    )
    assert set(names) - {"constructor"} == functions_of(name)


@pytest.mark.parametrize("module", ["web-socket-server", "web-socket-client"])
def test_the_exports_of_a_module_are_all_listed(engine: str, module: str) -> None:
    match = re.search(r"It exports (.*?)\.", section(module), re.DOTALL)
    assert match is not None
    names = script_value(engine, f"Object.keys(require('@modules/{module}'))")
    assert set(names) == set(re.findall(r"`(\w+)", match[1]))


def test_the_codes_of_tls_errors_are_all_listed() -> None:
    package = REPOSITORY / "accessor_host"
    used = {
        code
        for file in package.rglob("*.py")
        for code in re.findall(r'"(ERR_TLS_\w+)"', file.read_text(encoding="utf-8"))
    }
    assert used == set(re.findall(r"`(ERR_TLS_\w+)`", section("TLS")))


def test_the_types_are_those_that_work(engine: str) -> None:
    listed = script_value(engine, "require('@modules/web-socket-client').supportedReceiveTypes()")
    named = re.findall(r"`(\w+/\w[\w-]*)`", "\n".join(first_column(section("Types of messages"))))
    assert len(named) > 7
    short = section("Images").split("short names", 1)[1].split("```", 1)[0]
    lower = re.findall(r"`(\w+)`", short)
    aliases = {"image/jpg", *lower, *(name.upper() for name in lower)}
    text_types = {name for name in listed if name.startswith("text/")}
    assert set(listed) == set(named) | aliases | text_types


@pytest.mark.parametrize(
    ("name", "python"), [("Server", Server), ("Socket", Socket), ("Client", Client)]
)
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
    assert commands == set(re.findall(r"^    (\w+)(?: |$)", usage, re.MULTILINE))


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
