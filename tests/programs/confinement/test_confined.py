"""Programs that the kernel holds: what it refuses although Python does not, and what goes on."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from accessor_host.programs.confinement import landlock
from accessor_host.scripts.library import LIBRARY_VARIABLE

from ...support.certificates import Certificates
from ...support.images import encoded
from ...support.programs import ACCESSOR_HOST, TIMEOUT, Ended, Program, free_port, run

LEVEL = landlock.version()

pytestmark = [
    pytest.mark.skipif(
        LEVEL < landlock.NETWORK, reason=f"this kernel has Landlock {LEVEL}, and ports take 4"
    ),
    # What they show is done in Python and by the kernel: one engine shows it.
    pytest.mark.slow_with("dukpy"),
]
scoped = pytest.mark.skipif(
    LEVEL < landlock.SCOPES, reason=f"this kernel has Landlock {LEVEL}, and signals take 6"
)

HELD = "files, programs, TCP ports"
MISSING = "; it is too old for signals (Linux 6.12), abstract sockets (Linux 6.12)"
if LEVEL >= landlock.SCOPES:
    HELD, MISSING = f"{HELD}, signals, abstract sockets", ""

UNCHECKED = """
from accessor_host.core.permissions.permissions import Permissions
Permissions._refuse = lambda *_details, **_named: None
"""
"""Nothing is refused in Python any more, as if its checks had a hole."""

HOLE = (
    UNCHECKED
    + """
import errno, json, os, socket, subprocess, sys, threading

def attempt(work):
    try:
        work()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

def attempts():
    there = json.loads(os.environ["THERE"])
    tcp = lambda: socket.create_connection(("127.0.0.1", there["port"])).close()
    yield "read", lambda: open(there["file"]).close()
    yield "list", lambda: os.listdir(there["folder"])
    yield "environment", lambda: open("/proc/self/environ").close()
    yield "write", lambda: open(there["folder"] + "/new", "w").close()
    yield "truncate", lambda: os.truncate(there["file"], 0)
    yield "remove", lambda: os.unlink(there["file"])
    yield "listen", lambda: socket.create_server(("127.0.0.1", 0)).close()
    yield "connect", tcp
    yield "execute", lambda: subprocess.run([there["program"]], check=False)
    yield "signal", lambda: os.kill(os.getppid(), 0)
    yield "abstract socket", lambda: socket.socket(socket.AF_UNIX).connect(there["abstract"])

def in_a_thread(work):
    said = []
    thread = threading.Thread(target=lambda: said.append(attempt(work)))
    thread.start()
    thread.join()
    return said[0]

from accessor_host.host import Host
run_file = Host.run_file

async def run_with_a_hole(self, path):
    print(json.dumps({name: in_a_thread(work) for name, work in attempts()}), flush=True)
    await run_file(self, path)

Host.run_file = run_with_a_hole
"""
)
"""A thread does what it wants, as if an engine had a hole."""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The folder of a script, beside one that is none of its business."""
    (tmp_path / "app").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other/secret.js").write_text("module.exports = 'secret';")
    return tmp_path / "app"


@pytest.fixture
def site(tmp_path: Path) -> Mapping[str, str]:
    """Environment of a program that begins with code of a test, also in its workers."""
    (tmp_path / "site").mkdir()
    search = [str(tmp_path / "site"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(search)}


def start_with(site: Mapping[str, str], code: str) -> None:
    Path(site["PYTHONPATH"].split(os.pathsep)[0], "sitecustomize.py").write_text(code)


def run_in(app: Path, *words: str, env: Mapping[str, str] | None = None) -> Ended:
    return run([ACCESSOR_HOST, "run", *words, "main.js"], cwd=app, env=env)


SCRIPT = """
const { Server } = require('@modules/web-socket-server');
const { Client } = require('@modules/web-socket-client');
const storage = require('@modules/local-storage');
const attempt = (work) => {
  try { console.log(work()); } catch (error) { console.log(error.code, error.message); }
};
attempt(() => require('../other/secret.js'));
attempt(() => { storage.initSync({ dir: '../other' }); storage.setItem('a', 1); return 'stored'; });
const client = new Client({ host: '127.0.0.1', port: OPEN, numberOfRetries: 0 });
client.on('error', (error) => console.log(error.message));
client.open();
const server = new Server({ port: FREE });
server.on('listening', () => { console.log('listening'); server.stop(); });
server.on('error', (error) => console.log(error.code, error.message));
server.start();
"""


DONE = {"secret", "stored", "listening"}


LEGAL = """
const { Server } = require('@modules/web-socket-server');
const { Client } = require('@modules/web-socket-client');
const storage = require('@modules/local-storage');
console.log(require('far'));
console.log(require('../other/secret.js'));
storage.initSync({ dir: 'deep/data' });
console.log(storage.getItem('state') || 'nothing');
storage.setItem('state', 'stored');
storage.setItem('more', 'removed');
storage.removeItem('more');
const server = new Server(OPTIONS);
server.on('connection', (socket) => socket.on('message', async (image) => {
  const pixels = await image.toRGBA();
  console.log(pixels.toString('hex', 0, 4) === 'ff0000ff' ? 'red' : 'what');
  socket.send(`${image.width} x ${image.height}`);
}));
server.on('error', (error) => console.log(error.message));
server.on('listening', () => {
  const client = new Client(TRUSTING);
  client.on('open', () => client.send(PNG));
  client.on('message', (text) => { console.log(text); client.close(); server.stop(); });
  client.on('error', (error) => { console.log(error.message); server.stop(); });
  client.open();
});
server.start();
"""


STARTS = """
const { Shell } = require('@modules/shell');
const next = (cmds) => {
  if (cmds.length === 0) return;
  const shell = new Shell({ cmd: cmds[0] });
  shell.on('message', (line) => console.log(line));
  shell.on('stderr', (line) => console.log(line));
  shell.on('error', (error) => { console.log(error.code); next(cmds.slice(1)); });
  shell.on('close', (code) => { console.log('close', code); next(cmds.slice(1)); });
  shell.start();
};
"""


def test_a_program_that_may_be_started_has_no_more_than_the_script(
    engine: str, loop: str, app: Path, listener: int
) -> None:
    """A shell script, as it takes a shell and the linker of the system."""
    program, secret = app / "program", app.parent / "other/secret.js"
    program.write_text(
        "#!/bin/sh\n"
        f"read line < {app}/main.js && echo read\n"
        f"read line < {secret} && echo secret\n"
        f"echo > {app.parent}/other/new && echo written\n"
        "/usr/bin/id && echo another\n"
    )
    program.chmod(0o755)
    (app / "main.js").write_text(f"{STARTS}\nnext([{json.dumps(str(program))}, 'env']);")
    words = ["--engine", engine, "--loop", loop, f"--allow-run={program}"]
    ended = run_in(app, *words)
    said = ended.stdout.splitlines()
    assert said[0] == "read"
    assert len([line for line in said if "ermission denied" in line]) == 3, said
    assert said[-2:] == ["close 126", "ERR_ACCESS_DENIED"]
    assert not {"secret", "written", "another"} & set(said)
    assert ended.stderr == ""


@pytest.mark.parametrize("rule", ["true", "/usr/bin/tru*", "*"])
def test_a_program_is_started_under_each_kind_of_rule(rule: str, app: Path) -> None:
    (app / "main.js").write_text(f"{STARTS}\nnext(['true']);")
    assert run_in(app, f"--allow-run={rule}") == Ended(0, "close 0\n", "")


ANY_PORT = """
const { Server } = require('@modules/web-socket-server');
const server = new Server({ port: 0 });
server.on('listening', () => { console.log('listening'); server.stop(); });
server.on('error', (error) => console.log(error.message));
server.start();
"""


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> str:
    """Each event loop in turn."""
    name: str = request.param
    return name


@pytest.fixture
def listener() -> Iterator[int]:
    """The port of somebody who listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("workers", [1, 2])
def test_the_kernel_refuses_what_python_does_not(
    engine: str, workers: int, app: Path, site: Mapping[str, str], listener: int
) -> None:
    """P5."""
    start_with(site, UNCHECKED)
    free = str(free_port())
    (app / "main.js").write_text(SCRIPT.replace("OPEN", str(listener)).replace("FREE", free))
    words = ["--engine", engine, "--sandbox", f"--workers={workers}"]
    held = run_in(app, *words, env=site)
    # A server that could not listen has failed.
    assert (held.code, held.stderr) == (1, "")
    secret = app.parent / "other/secret.js"
    for said in (
        f"Cannot find module '../other/secret.js': cannot read '{secret}': Permission denied",
        f"EACCES cannot read the folder '{app}/../other': Permission denied",
        f"EACCES listen EACCES: cannot listen on localhost:{free}: Permission denied",
        f"could not connect to ws://127.0.0.1:{listener}/ after 1 attempt: permission denied",
    ):
        assert said in held.stdout
    assert not DONE & set(held.stdout.splitlines())
    # All of that is done where nobody refuses it.
    free_of_it = run_in(app, *words, "--confine=off", env=site).stdout
    assert set(free_of_it.splitlines()) >= DONE
    assert "ermission denied" not in free_of_it


@pytest.fixture
def hole(app: Path, site: Mapping[str, str], listener: int) -> Iterator[Mapping[str, str]]:
    """Environment of a program with a hole, and what it tries to get at."""
    start_with(site, HOLE)
    (app / "main.js").write_text("")
    other, name = app.parent / "other", f"\0accessor-host-test-{listener}"
    there = {"file": str(other / "secret.js"), "folder": str(other), "port": listener}
    there |= {"program": str(shutil.which("true")), "abstract": name}
    with socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(name)
        abstract.listen()
        yield {**site, "THERE": json.dumps(there)}


@scoped
@pytest.mark.parametrize("workers", [1, 2])
def test_a_hole_in_an_engine_is_none_in_the_system(
    workers: int, app: Path, hole: Mapping[str, str]
) -> None:
    held = run_in(app, "--sandbox", f"--workers={workers}", env=hole)
    free = run_in(app, "--sandbox", "--confine=off", env=hole)
    expected = dict.fromkeys(json.loads(free.stdout), "EACCES")
    expected |= {"signal": "EPERM", "abstract socket": "EPERM"}
    assert held.stderr == ""
    assert [json.loads(line) for line in held.stdout.splitlines()] == workers * [expected]
    # All of that is done where nobody refuses it.
    assert set(json.loads(free.stdout).values()) == {"done"}


def test_a_program_with_its_grants_goes_on_as_ever(
    engine: str, loop: str, app: Path, certificates: Certificates
) -> None:
    """TLS, a store, packages, an image, a client, what is imported late, and the log."""
    port = free_port()
    keys = Path(certificates.options["pfxKeyCertPath"]).parent
    (app.parent / "node_modules/far").mkdir(parents=True)
    (app.parent / "node_modules/far/index.js").write_text("module.exports = 'package';")
    options = {"port": port, "sslTls": True, **certificates.options}
    options |= {"receiveType": "image/png", "sendType": "text/plain"}
    trusting = {"host": "localhost", "port": port, "sslTls": True, "sendType": "image/png"}
    trusting |= {"receiveType": "text/plain", "trustedCACertPath": str(certificates.ca)}
    (app / "main.js").write_text(
        f"const OPTIONS = {json.dumps(options)}, TRUSTING = {json.dumps(trusting)};"
        f"const PNG = Buffer.from('{b64encode(encoded('image/png')).decode()}', 'base64');" + LEGAL
    )
    words = [
        f"--allow-listen={port}",
        f"--allow-connect=localhost:{port}",
        f"--allow-read={keys},{app.parent / 'other'}",
        f"--allow-write={app / 'deep/data'}",
    ]
    told = ["--engine", engine, "--loop", loop, "--confine=require", "--log-level=info"]
    command = [ACCESSOR_HOST, "run", *told, *words, "main.js"]
    for seen in ("nothing", "stored"):
        ended = run(command, cwd=app)
        assert ended.stdout.splitlines() == ["package", "secret", seen, "red", "4 x 3"]
        assert ended.code == 0
        assert re.findall("accessor-host: info: (kernel: .*)", ended.stderr) == [
            f"kernel: {HELD} (Landlock {LEVEL}){MISSING}"
        ]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_on_any_port_listens_on_both_addresses(workers: int, app: Path) -> None:
    (app / "main.js").write_text(ANY_PORT)
    words = ["--sandbox", "--allow-listen=0", f"--workers={workers}"]
    ended = run_in(app, *words)
    assert ended == Ended(0, workers * "listening\n", "")


DEVICES = """
from accessor_host.host import Host

async def open_devices(self, path):
    for device in ("/dev/full", "/dev/zero"):
        try:
            open(device, "r+b", buffering=0).close()
            print(device)
        except PermissionError as error:
            print(error.strerror)

Host.run_file = open_devices
"""


def test_devices_that_are_granted_can_be_opened(app: Path, site: Mapping[str, str]) -> None:
    start_with(site, DEVICES)
    ended = run_in(app, "--allow-serial=/dev/ful*", env=site)
    assert ended == Ended(0, "/dev/full\nPermission denied\n", "")


def test_cameras_that_may_be_read_can_be_opened(app: Path, site: Mapping[str, str]) -> None:
    as_if = "from accessor_host.programs.confinement import plan\nplan.MEDIA = ('/dev/full',)\n"
    start_with(site, as_if + DEVICES)
    opened = Ended(0, "/dev/full\nPermission denied\n", "")
    assert run_in(app, "--allow-read=/dev/full,/dev/zero", env=site) == opened
    refused = Ended(0, "Permission denied\n" * 2, "")
    assert run_in(app, "--allow-read=/dev/zero", env=site) == refused


NEEDS = (
    UNCHECKED
    + """
from accessor_host.host import Host
run_file = Host.run_file

async def run_and_look(self, path):
    import ctypes, json, socket, ssl, time, zoneinfo
    print(json.dumps([
        [one[4] for one in socket.getaddrinfo("localhost", "https", proto=socket.IPPROTO_TCP)],
        ssl.create_default_context().cert_store_stats(),
        str(zoneinfo.ZoneInfo("Europe/Berlin").utcoffset(None)),
        time.strftime("%Z"),
        open("/dev/null", "w").write("x"),
        ctypes.CDLL(None).prctl(39, 0, 0, 0, 0) if "--confine=off" not in sys.argv else 1,
    ]))
    await run_file(self, path)

import sys
Host.run_file = run_and_look
"""
)
"""What a program needs of the system; the last is whether it has no_new_privs."""


def test_names_authorities_and_time_zones_are_as_ever(app: Path, site: Mapping[str, str]) -> None:
    start_with(site, NEEDS)
    (app / "main.js").write_text("")
    held = run_in(app, "--sandbox", env=site)
    assert held.stdout.count("\n") == 1, held.stderr
    assert held == run_in(app, "--sandbox", "--confine=off", env=site)
    assert json.loads(held.stdout)[-1] == 1


@pytest.mark.parametrize("word", ["--permissions-audit=audit.json", "--confine=auto"])
def test_an_audit_and_a_run_without_permissions_are_not_held(
    word: str, app: Path, hole: Mapping[str, str]
) -> None:
    ended = run_in(app, word, env=hole)
    assert set(json.loads(ended.stdout).values()) == {"done"}


OLD = """
from accessor_host.programs.confinement import landlock
landlock.version = lambda: 2
"""
BUSY = "import threading, time; threading.Thread(target=time.sleep, args=[2], daemon=True).start()"


def test_an_old_kernel_holds_what_it_can_and_the_log_says_so(
    engine: str, app: Path, site: Mapping[str, str], listener: int
) -> None:
    start_with(site, UNCHECKED + OLD)
    (app / "main.js").write_text(
        SCRIPT.replace("OPEN", str(listener)).replace("FREE", str(free_port()))
    )
    ended = run_in(app, "--engine", engine, "--sandbox", env=site)
    assert set(ended.stdout.splitlines()) & DONE == {"listening"}
    assert ended.stderr == (
        "accessor-host: warning: kernel: files, programs (Landlock 2); it is too old for "
        "truncation (Linux 6.2), TCP ports "
        "(Linux 6.7), signals (Linux 6.12), abstract sockets (Linux 6.12)\n"
    )


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (OLD, "the kernel has to hold files and TCP ports, which takes Linux 6.7 with Landlock; "),
        (BUSY, "the kernel does not hold the permissions: the process has several threads\n"),
    ],
)
def test_what_is_required_and_cannot_be_had_is_no_run(
    workers: int, code: str, reason: str, app: Path, site: Mapping[str, str]
) -> None:
    start_with(site, code)
    (app / "main.js").write_text("console.log('it runs')")
    words = ["--sandbox", "--confine=require", f"--workers={workers}"]
    ended = run_in(app, *words, env=site)
    assert (ended.code, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"accessor-host: {reason}")
    assert ended.stderr.count("\n") == 1
    assert run_in(app, "--sandbox", f"--workers={workers}", env=site).stdout.startswith("it runs\n")


def test_nothing_to_hold_is_bad_usage(app: Path) -> None:
    (app / "main.js").write_text("")
    ended = run_in(app, "--confine=require")
    assert ended.code == 2
    assert ended.stderr == "accessor-host: there are no permissions that the kernel could hold\n"


ACCESSOR = """
exports.setup = function () {};
exports.initialize = function () {
  console.log(require('./near.js'));
  try {
    require('../../other/secret.js');
  } catch (error) {
    console.log(error.message.split('\\n')[0]);
  }
  this.stop();
};
"""


def test_accessors_are_held_too(engine: str, app: Path, site: Mapping[str, str]) -> None:
    start_with(site, UNCHECKED)
    (app / "net").mkdir()
    (app / "net/Reads.js").write_text(ACCESSOR)
    (app / "net/near.js").write_text("module.exports = 'near';")
    (app / "extra").mkdir()
    (app / "extra/Whole.js").write_text(
        "exports.setup = function () { this.instantiate('Part', 'net/Reads'); };"
    )
    words = ["invoke", "--engine", engine, "--sandbox", "--library", str(app), "Whole"]
    ended = run([ACCESSOR_HOST, *words], cwd=app / "extra", env=site)
    near, refused, *_ = ended.stdout.splitlines()
    assert near == "near"
    assert refused.endswith(f"cannot read '{app.parent}/other/secret.js': Permission denied")
    assert ended.code == 0


def test_the_library_of_the_environment_is_free(engine: str, app: Path) -> None:
    (app / "main.js").write_text("console.log(require('../other/secret.js'))")
    env = {LIBRARY_VARIABLE: str(app.parent / "other")}
    assert run_in(app, "--engine", engine, "--sandbox", env=env) == Ended(0, "secret\n", "")


def test_lines_of_the_shell_are_held_too(engine: str, app: Path, site: Mapping[str, str]) -> None:
    start_with(site, UNCHECKED)
    (app / "here.js").write_text("module.exports = 'here';")
    command = [ACCESSOR_HOST, "shell", "--engine", engine, "--sandbox"]
    with Program(command, cwd=app, interactive=True, env=site) as shell:
        shell.type_line("require('./here.js')")
        shell.wait_for("here")
        shell.type_line("require('../other/secret.js')")
        shell.wait_for("Permission denied")
        shell.end_input()
        assert shell.wait().code == 0


ON_A_PATH = """
const { Server } = require('@modules/web-socket-server');
const server = new Server({ hostInterface: 'unix:' + PATH });
server.on('listening', () => console.log('listening'));
server.on('error', (error) => console.log(error.message));
server.start();
"""


ON_A_PORT = """
const { Server } = require('@modules/web-socket-server');
const server = new Server({ port: PORT });
server.on('listening', () => console.log('listening'));
server.start();
"""


def test_a_unix_socket_that_was_left_behind_is_replaced_where_it_is_allowed(
    engine: str, app: Path
) -> None:
    path = app.parent / "other/app.sock"
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(path))
    (app / "main.js").write_text(ON_A_PATH.replace("PATH", json.dumps(str(path))))
    words = ["run", "--engine", engine, f"--allow-listen=unix:{path}", "main.js"]
    with Program([ACCESSOR_HOST, *words], cwd=app) as program:
        program.wait_for("listening")
        program.send_signal(signal.SIGTERM)
        program.wait()
    assert not path.exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_the_log_is_opened_again(app: Path, workers: int) -> None:
    log, port = app.parent / "other/log", free_port()
    (app / "main.js").write_text(ON_A_PORT.replace("PORT", str(port)))
    words = [f"--workers={workers}", f"--allow-listen={port}", "--log-level=debug"]
    command = [ACCESSOR_HOST, "run", *words, f"--log-file={log}", "main.js"]
    with Program(command, cwd=app) as program:
        program.wait_for("listening", times=workers)
        log.rename(log.with_suffix(".1"))
        program.send_signal(signal.SIGHUP)
        end = time.monotonic() + TIMEOUT
        while not log.exists():
            assert time.monotonic() < end
            time.sleep(0.01)
        program.send_signal(signal.SIGTERM)
        program.wait()
    assert "cannot be opened" not in log.read_text() + log.with_suffix(".1").read_text()


@pytest.mark.parametrize("words", [["shell"], ["invoke", "-k"]])
def test_other_commands_require_it_too(
    words: list[str], app: Path, site: Mapping[str, str]
) -> None:
    start_with(site, OLD)
    ended = run([ACCESSOR_HOST, *words, "--sandbox", "--confine=require"], cwd=app, env=site)
    assert (ended.code, ended.stdout) == (2, "")
    assert ended.stderr.startswith("accessor-host: the kernel has to hold files and TCP ports")


STUCK = """
const text = 'a'.repeat(400000), word = 'a'.repeat(200000) + 'b';
setTimeout(() => { CALL }, 1);
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("text.includes(word);", "cannot be interrupted; the process ends"),
        ("for (;;) {}", "was stopped"),
    ],
)
def test_what_takes_too_long_is_ended_all_the_same(
    engine: str, call: str, said: str, app: Path
) -> None:
    (app / "main.js").write_text(STUCK.replace("CALL", call))
    ended = run_in(app, "--engine", engine, "--callback-timeout=0.3", "--sandbox")
    assert f" ran longer than 0.3 s and {said}\n" in ended.stderr
    assert ended.code == 1
