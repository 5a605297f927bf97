"""A program of ours leaves out imports that nobody uses, and harms nobody who does."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ..support.certificates import Certificates
from ..support.programs import Ended, run

SERVER = """
var server = new (require('@modules/web-socket-server').Server)({ port: 0 });
server.on('listening', function () { server.stop(); });
server.start();
"""

# The command line, and what is imported when it has run.
RUN = """
import sys
from accessor_host.cli import main

script, engine, loop = sys.argv[1:]
code = main(["run", "--engine", engine, "--loop", loop, script])
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""

LEFT_OUT = {
    "accessor_host.accessors.accessor",
    "accessor_host.codecs.images",
    "accessor_host.net.tls.contexts",
    "accessor_host.websocket.client",
    "asyncio.sslproto",
    "cryptography",
    "datetime",
    "dukpy.install",
    "email",
    "email.utils",
    "gettext",
    "hashlib",
    "http.client",
    "importlib.metadata",
    "ipaddress",
    "jsonschema",
    "locale",
    "secrets",
    "shutil",
    "ssl",
    "subprocess",
    "tokenize",
    "urllib.parse",
    "uuid",
    "websockets.client",
}
if sys.version_info < (3, 12):
    LEFT_OUT.add("inspect")

AFTERWARDS = """
import sys
from accessor_host.programs.light_start import import_lightly
before = set(sys.modules)
import_lightly("auto", "auto")
import asyncio, websockets
assert "importlib.metadata" not in sys.modules, "it is loaded after all"
later = ("importlib.metadata", "ssl", "subprocess", "asyncio.sslproto")
assert not (set(later) - before) & set(sys.modules)

async def program():
    pass

assert asyncio.iscoroutinefunction(program)
from accessor_host.websocket import preparation
preparation.prepare()
from websockets import protocol
assert not {"email.utils", "hashlib", "secrets", "uuid"} & set(sys.modules) - before
import argparse, asyncio.sslproto, dukpy, importlib.metadata, inspect, ssl, subprocess, tokenize
import email.utils, hashlib, urllib.parse, uuid
assert importlib.metadata.version("websockets") == websockets.__version__
assert inspect.iscoroutinefunction(program) and inspect.__file__ and tokenize.__file__
assert isinstance(ssl.create_default_context(), ssl.SSLContext)
assert asyncio.base_events.subprocess.Popen is subprocess.Popen
assert asyncio.subprocess.PIPE == subprocess.PIPE == -1 and subprocess.STDOUT == -2
assert asyncio.sslproto.SSLProtocol and asyncio.base_events.sslproto.SSLProtocol
assert urllib.parse.quote("/ ") == "/%20" and email.utils.formatdate()
assert protocol.uuid.uuid4 is uuid.uuid4 and hashlib.sha1().name == "sha1"
assert callable(dukpy.install_jspackage) and dukpy.jsx_compile("<a/>")
import_lightly("auto", "auto")
assert sys.modules["ssl"] is ssl and sys.modules["inspect"] is inspect
"""

BOTH_ENDS = """
var Server = require('@modules/web-socket-server').Server;
var Client = require('@modules/web-socket-client').Client;
var server = new Server(OPTIONS);
server.on('connection', function (socket) {
  socket.on('message', function (message) { socket.send(message + 1); });
});
server.on('listening', function (port) {
  var client = new Client(Object.assign({ host: 'localhost', port: port }, TRUSTING));
  client.on('open', function () { client.send(1); });
  client.on('message', function (message) { console.log(message); client.close(); server.stop(); });
  client.on('error', function (error) { console.log(error.message); server.stop(); });
  client.open();
});
server.start();
"""


UNCOMPILED = """
import builtins, sys, typing
from importlib import import_module
from accessor_host.programs.light_start import import_lightly

engine = sys.argv[1]
compile_it = compile

def compile_modules(source, filename, mode, **options):
    assert mode != "eval", source
    return compile_it(source, filename, mode, **options)

builtins.compile = compile_modules
import_lightly(engine, "uvloop")
server = ("modules.web_socket_server.binding", "websocket.server")
for name in ("programs.script", f"engine.{engine}.engine", *server):
    import_module(f"accessor_host.{name}")
assert "dataclasses" not in sys.modules
"""


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> str:
    """Return the name of each loop."""
    name: str = request.param
    return name


@pytest.fixture
def run_script(tmp_path: Path, engine: str, loop: str) -> Callable[[str], Ended]:
    """Run a script with each engine in each loop."""

    def run_it(source: str) -> Ended:
        script = tmp_path / "script.js"
        script.write_text(source)
        return run([sys.executable, "-c", RUN, script, engine, loop])

    return run_it


def test_a_server_is_started_without_what_it_does_not_use(
    run_script: Callable[[str], Ended],
) -> None:
    ended = run_script(SERVER)
    imported = set(ended.stderr.split())
    assert {"asyncio", "websockets", "accessor_host.websocket.listener"} <= imported
    assert imported & LEFT_OUT == set()
    assert ended.code == 0


def test_no_import_on_the_way_to_listening_compiles_or_makes_dataclasses(engine: str) -> None:
    # Annotations that are strings would be compiled for each NamedTuple and TypedDict: the first
    # takes over a millisecond. The modules that have some are written without. Modules themselves
    # are compiled where Python may not keep what it compiled (PYTHONDONTWRITEBYTECODE).
    assert run([sys.executable, "-c", UNCOMPILED, engine]) == Ended(0, "", "")


def test_who_comes_later_finds_everything() -> None:
    assert run([sys.executable, "-c", AFTERWARDS]) == Ended(0, "", "")


def test_tls_works_on_both_ends(
    run_script: Callable[[str], Ended], certificates: Certificates
) -> None:
    server = {"port": 0, "sslTls": True, **certificates.options}
    client = {"sslTls": True, "trustedCACertPath": str(certificates.ca)}
    ended = run_script(
        f"var OPTIONS = {json.dumps(server)}, TRUSTING = {json.dumps(client)};" + BOTH_ENDS
    )
    assert (ended.code, ended.stdout) == (0, "2\n")
