"""The pages of modules, and of TLS: what they list is what there is."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from accessor_host import Client, Server, Socket
from accessor_host.options import load_schema

from ..support.images import encoded
from ..support.programs import ACCESSOR_HOST, TIMEOUT, Ended, Program, free_port, run
from .evaluation import script_value
from .pages import REPOSITORY, Page, first_column, page

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

SERVER, CLIENT, STORAGE = (
    page(f"docs/modules/{name}.md")
    for name in ("web-socket-server", "web-socket-client", "local-storage")
)
DISPLAY = page("docs/modules/text-display.md")
TYPES, IMAGES, TLS = (
    page(f"docs/{name}.md") for name in ("modules/message-types", "modules/images", "tls")
)
OPTIONS = {
    path.stem: path
    for path in sorted((REPOSITORY / "docs" / "modules").glob("*.md"))
    if (REPOSITORY / "schemas" / f"{path.stem}.schema.json").is_file()
}


def options_table(name: str) -> str:
    rows = ["| option | default | what it is |", "| --- | --- | --- |"]
    for option, schema in load_schema(name)["properties"].items():
        default = json.dumps(schema["default"]).replace('"', "'")
        rows.append(f"| `{option}` | `{default}` | {schema['description']} |")
    return "\n".join(rows) + "\n"


def test_modules_with_options_have_a_page() -> None:
    assert {"web-socket-server", "web-socket-client", "local-storage"} <= set(OPTIONS)


@pytest.mark.parametrize("name", OPTIONS)
def test_the_table_of_options_is_the_schema_s(name: str) -> None:
    table = Page(OPTIONS[name]).between(f"options: from schemas/{name}.", "end of options")
    assert table == options_table(name)


def test_the_time_until_a_client_gives_up_is_the_documented_one() -> None:
    options = load_schema("web-socket-client")["properties"]
    retries, pause, timeout = (
        options[name]["default"]
        for name in ("numberOfRetries", "timeBetweenRetries", "connectTimeout")
    )
    refused = retries * pause / 1000
    silent = refused + (retries + 1) * timeout / 1000
    assert (
        f"{refused:g} seconds when the server refuses, {silent:g} when nobody answers"
        in CLIENT.section("When it cannot connect")
    )


CLASSES = [(SERVER, "Server"), (SERVER, "Socket"), (CLIENT, "Client")]


def functions_in(text: str) -> set[str]:
    """Return the functions that the first columns of a text's tables name."""
    return set(re.findall(r"`(\w+)\(", "\n".join(first_column(text))))


def snake_case(name: str) -> str:
    """Spell a name of JavaScript's as Python does."""
    return re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", name)


@pytest.mark.parametrize(("shown", "name"), CLASSES)
def test_the_functions_of_a_class_are_all_listed(engine: str, shown: Page, name: str) -> None:
    module = f"require('@modules/{shown.path.stem}')"
    names = script_value(engine, f"Object.getOwnPropertyNames({module}.{name}.prototype)")
    assert set(names) - {"constructor"} == functions_in(shown.section(name))


@pytest.mark.parametrize(
    ("shown", "name", "python"),
    [(*one, python) for one, python in zip(CLASSES, (Server, Socket, Client), strict=True)],
)
def test_the_python_classes_have_the_same_functions(shown: Page, name: str, python: type) -> None:
    for function in functions_in(shown.section(name)):
        assert callable(getattr(python, snake_case(function)))


@pytest.mark.parametrize("shown", [SERVER, CLIENT], ids=str)
def test_the_exports_of_a_module_are_all_listed(engine: str, shown: Page) -> None:
    match = re.search(r"It exports (.*?)\.", shown.text, re.DOTALL)
    assert match is not None
    names = script_value(engine, f"Object.keys(require('@modules/{shown.path.stem}'))")
    assert set(names) == set(re.findall(r"`(\w+)", match[1]))


def test_the_functions_of_local_storage_are_all_listed(engine: str) -> None:
    names = script_value(engine, "Object.keys(require('@modules/local-storage'))")
    assert set(names) == functions_in(STORAGE.section("local-storage"))


def test_the_functions_of_text_display_are_all_listed(engine: str) -> None:
    display = "require('@modules/text-display').TextDisplay"
    names = script_value(engine, f"Object.getOwnPropertyNames({display}.prototype)")
    assert set(names) - {"constructor"} == functions_in(DISPLAY.text)


def test_the_types_are_those_that_work(engine: str) -> None:
    listed = script_value(engine, "require('@modules/web-socket-client').supportedReceiveTypes()")
    named = re.findall(r"`(\w+/\w[\w-]*)`", "\n".join(first_column(TYPES.text)))
    assert len(named) > 7
    short = IMAGES.text.split("short names", 1)[1].split("```", 1)[0]
    lower = re.findall(r"`(\w+)`", short)
    aliases = {"image/jpg", *lower, *(name.upper() for name in lower)}
    text_types = {name for name in listed if name.startswith("text/")}
    assert set(listed) == set(named) | aliases | text_types


def test_the_codes_of_tls_errors_are_all_listed() -> None:
    used = {
        code
        for file in (REPOSITORY / "accessor_host").rglob("*.py")
        for code in re.findall(r'"(ERR_TLS_\w+)"', file.read_text(encoding="utf-8"))
    }
    assert used == set(re.findall(r"`(ERR_TLS_\w+)`", TLS.text))


# What takes a peer of its own


def write_files(shown: Page, folder: Path, port: int) -> None:
    """Write the files that a page shows, with a port for the documented ones."""
    for block in shown.blocks:
        if block.file is not None:
            (folder / block.file).write_text(at_port(block.text, port), encoding="utf-8")


def at_port(text: str, port: int) -> str:
    """Put a port for the documented ones."""
    return re.sub(r"\b(8082|8443)\b", str(port), text)


def run_script(name: str, folder: Path, engine: str) -> Program:
    """Start a script."""
    return Program([ACCESSOR_HOST, "run", "--engine", engine, name], cwd=folder)


def test_a_client_that_reopens_finds_its_server_again(engine: str, tmp_path: Path) -> None:
    write_files(CLIENT, tmp_path, free_port())
    (session,) = (one for one in CLIENT.blocks if one.lines[0] == "$ accessor-host run reopen.js")
    first, lost, again, interrupt, last = session.lines[1:]
    assert interrupt == "^C"
    with run_script("reopen.js", tmp_path, engine) as client:
        with run_script("server.js", tmp_path, engine) as server:
            client.wait_for(f"{first}\n")
            server.send_signal(signal.SIGINT)
            client.wait_for(f"{lost}\n")
            server.wait()
        with run_script("server.js", tmp_path, engine):
            client.wait_for(f"{again}\n", times=2)
            client.send_signal(signal.SIGINT)
            ended = client.wait()
    assert ended == Ended(130, "".join(f"{one}\n" for one in (first, lost, again, last)), "")


def test_images_come_and_go_as_shown(engine: str, tmp_path: Path) -> None:
    port = free_port()
    write_files(IMAGES, tmp_path, port)

    async def exchange() -> list[Any]:
        client = Client(port=port, send_type="image/jpeg", receive_type="image/png")
        answers: asyncio.Queue[Any] = asyncio.Queue()
        client.on("message", answers.put_nowait)
        async with client:
            client.send(encoded("image/jpeg", (640, 480)))
            return [await asyncio.wait_for(answers.get(), TIMEOUT) for _ in range(3)]

    with run_script("images.js", tmp_path, engine) as server:
        answers = asyncio.run(exchange())
        server.wait_for("image/jpeg 640 480\n")
    assert "// image/jpeg 640 480\n" in IMAGES.text
    assert [(one.type, one.width, one.height) for one in answers] == [("image/png", 640, 480)] * 3


def test_the_clients_of_tls_trust_the_server_as_shown(engine: str, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    port = free_port()
    write_files(TLS, tmp_path, port)
    certify, _ = (block for block in TLS.blocks if block.language == "sh")
    assert run(["sh", "-e", "-c", certify.text], cwd=tmp_path).code == 0
    creation = re.search(r"`(new Client\(.*\))`", TLS.text)
    inspection = re.search(r"`(openssl s_client .*)`", TLS.text)
    assert creation is not None
    assert inspection is not None
    (tmp_path / "trusting.js").write_text(
        f"""
        const {{ Client }} = require('@modules/web-socket-client');
        const client = {at_port(creation[1], port)};
        client.on('message', (message) => {{ console.log(message); client.close(); }});
        client.send('over TLS');
        client.open();
        """,
        encoding="utf-8",
    )
    with run_script("secure.js", tmp_path, engine) as server:
        server.wait_for(f"{port}\n")
        with run_script("trusting.js", tmp_path, engine) as client:
            assert client.wait() == Ended(0, "over TLS\n", "")
        seen = run(shlex.split(at_port(inspection[1], port)), cwd=tmp_path)
        assert "Verify return code: 0 (ok)" in seen.stdout
