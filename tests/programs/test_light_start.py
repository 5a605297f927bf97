"""``accessor-host run`` loads seldom used modules late; whoever uses them finds the real ones."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from accessor_host.programs.light_start import SWITCH

from ..support.certificates import Certificates
from ..support.programs import Ended, run

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

SERVER = """
var server = new (require('@modules/web-socket-server').Server)({ port: 0 });
server.on('listening', function () { server.stop(); });
server.start();
"""

# The command line, and which modules have run when it ends.
RUN = """
import sys
from types import ModuleType
from accessor_host.cli import main

script, engine, loop = sys.argv[1:]
code = main(["run", "--engine", engine, "--loop", loop, script])
loaded = [name for name, module in sys.modules.items() if type(module) is ModuleType]
print(*loaded, file=sys.stderr)
sys.exit(code)
"""

LEFT_OUT = {
    "accessor_host.accessors.accessor",
    "accessor_host.codecs.images",
    "accessor_host.core.doors",
    "accessor_host.net.tls.contexts",
    "accessor_host.websocket.client",
    "asyncio.sslproto",
    "cryptography",
    "datetime",
    "dukpy.install",
    "email.utils",
    "hashlib",
    "http.client",
    "importlib.metadata",
    "ipaddress",
    "jsonschema",
    "secrets",
    "shutil",
    "ssl",
    "tokenize",
    "uuid",
    "websockets.client",
}
if sys.version_info < (3, 12):
    LEFT_OUT.add("inspect")

AFTERWARDS = """
import sys
from types import ModuleType
from accessor_host.programs.light_start import import_lazily
import_lazily(sys.argv[1])
import asyncio, websockets

def is_loaded(name):
    return type(sys.modules[name]) is ModuleType

async def program():
    pass

assert not is_loaded("ssl") and not is_loaded("importlib.metadata")
from websockets import protocol, server
assert not is_loaded("email.utils") and not is_loaded("uuid")
import dukpy, email.utils, hashlib, importlib.metadata, inspect, pathlib, ssl, tokenize, uuid
assert pathlib.Path("/a b").as_uri() == "file:///a%20b"
assert importlib.metadata.version("websockets") == websockets.__version__
assert asyncio.iscoroutinefunction(program) and inspect.iscoroutinefunction(program)
assert inspect.__file__ and inspect.getsource(tokenize.tokenize).startswith("def tokenize")
assert isinstance(ssl.create_default_context(), ssl.SSLContext)
assert issubclass(asyncio.sslproto.SSLProtocol, asyncio.BufferedProtocol)
assert asyncio.base_events.sslproto is asyncio.sslproto
assert email.utils.formatdate() and hashlib.sha1().name == "sha1"
assert protocol.uuid.uuid4 is uuid.uuid4
assert dukpy.jsx_compile("<a/>")
try:
    dukpy.install_jspackage()
except TypeError as error:
    assert "install_jspackage() missing" in str(error)
from dukpy.install import install_jspackage
assert install_jspackage.__module__ == "dukpy.install"
for name in ("ssl", "inspect", "importlib.metadata", "uuid", "dukpy.install"):
    assert is_loaded(name), name
try:
    ssl.there_is_no_such_name
except AttributeError:
    pass
else:
    raise AssertionError
"""

IN_THREADS = """
import threading
from accessor_host.programs.light_start import import_lazily
import_lazily("asyncio")
import inspect
begin, seen = threading.Barrier(8), []

def use():
    begin.wait()
    seen.append(inspect.signature(use))

threads = [threading.Thread(target=use) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(seen) == 8
"""

TLS_OF_THE_LOOP = """
import sys
from accessor_host.programs.light_start import import_lazily
import_lazily(sys.argv[1])
import asyncio, ssl
from accessor_host.programs.loop import loop_factory

async def attempts():
    yield asyncio.get_running_loop().create_connection(
        asyncio.Protocol, "127.0.0.1", port, ssl=ssl.create_default_context()
    )
    yield asyncio.start_server(
        print, "127.0.0.1", 0, ssl=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    )

async def main():
    global port
    def hang_up(_reader, writer):
        writer.close()
    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async for attempt in attempts():
        try:
            await attempt
        except Exception as error:
            print(type(error).__name__, error)
        else:
            print("done")
    server.close()

with asyncio.Runner(loop_factory=loop_factory(sys.argv[1])) as runner:
    runner.run(main())
"""

SWITCHED_OFF = """
import sys
from types import ModuleType
finders = list(sys.meta_path)
from accessor_host.programs.light_start import import_lazily
import_lazily("auto")
assert sys.meta_path == finders and "uvloop" not in sys.modules
import uvloop
assert sys.modules["ssl"].SSLContext
"""

LONG_RUNNING = """
import runpy, sys
import accessor_host.programs.workers.supervisor
sys.argv = ["workers", "no descriptor of a channel"]
try:
    runpy.run_module("accessor_host.programs.workers")
except ValueError:
    pass
assert "accessor_host.programs.workers.worker" in sys.modules
assert "accessor_host.programs.light_start" not in sys.modules
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
from accessor_host.programs.light_start import import_lazily

engine = sys.argv[1]
compile_it = compile

def compile_modules(source, filename, mode, **options):
    assert mode != "eval", source
    return compile_it(source, filename, mode, **options)

builtins.compile = compile_modules
import_lazily("uvloop")
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
    loaded = set(ended.stderr.split())
    assert {"asyncio", "accessor_host.websocket.listener"} <= loaded
    assert loaded & LEFT_OUT == set()
    assert ended.code == 0


def test_no_import_on_the_way_to_listening_compiles_or_makes_dataclasses(engine: str) -> None:
    # Annotations that are strings would be compiled for each NamedTuple and TypedDict: the first
    # takes over a millisecond. The modules that have some are written without. Modules themselves
    # are compiled where Python may not keep what it compiled (PYTHONDONTWRITEBYTECODE).
    assert run([sys.executable, "-c", UNCOMPILED, engine]) == Ended(0, "", "")


def test_who_comes_later_finds_everything(loop: str) -> None:
    assert run([sys.executable, "-c", AFTERWARDS, loop]) == Ended(0, "", "")


def test_threads_that_use_a_module_at_once_find_all_of_it() -> None:
    assert run([sys.executable, "-c", IN_THREADS]) == Ended(0, "", "")


def test_uvloop_refuses_tls_of_its_own_and_names_the_switch() -> None:
    ended = run([sys.executable, "-c", TLS_OF_THE_LOOP, "uvloop"])
    refusal = "RuntimeError this program imported uvloop without TLS, to start sooner; "
    assert (ended.code, ended.stderr) == (0, "")
    connected, served = ended.stdout.splitlines()
    assert connected.startswith(refusal)
    assert served.startswith(refusal)
    assert SWITCH in served


def test_with_the_switch_off_uvloop_has_tls() -> None:
    command = [sys.executable, "-c", TLS_OF_THE_LOOP, "uvloop"]
    ended = run(command, env={SWITCH: "0"})
    connected, served = ended.stdout.splitlines()
    assert connected.startswith(("SSL", "Connection"))
    assert served == "done"


def test_asyncio_has_tls_all_the_same() -> None:
    ended = run([sys.executable, "-c", TLS_OF_THE_LOOP, "asyncio"])
    connected, served = ended.stdout.splitlines()
    assert connected.startswith(("SSL", "Connection"))
    assert served == "done"


def test_the_switch_leaves_the_import_system_alone() -> None:
    ended = run([sys.executable, "-c", SWITCHED_OFF], env={SWITCH: "0"})
    assert ended == Ended(0, "", "")


def test_supervisors_and_workers_import_as_usual() -> None:
    assert run([sys.executable, "-c", LONG_RUNNING]) == Ended(0, "", "")


def test_tls_works_on_both_ends(
    run_script: Callable[[str], Ended], certificates: Certificates
) -> None:
    server = {"port": 0, "sslTls": True, **certificates.options}
    client = {"sslTls": True, "trustedCACertPath": str(certificates.ca)}
    ended = run_script(
        f"var OPTIONS = {json.dumps(server)}, TRUSTING = {json.dumps(client)};" + BOTH_ENDS
    )
    assert (ended.code, ended.stdout) == (0, "2\n")
