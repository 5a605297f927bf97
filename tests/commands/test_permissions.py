"""The options for permissions: what they take away, what they say, and what an audit finds."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from ..support.programs import ACCESSOR_HOST, Ended, Program, free_port, run

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

SCRIPT = """
const { Server } = require('@modules/web-socket-server');
const { Client } = require('@modules/web-socket-client');
const storage = require('@modules/local-storage');
const show = (error) => console.log(error.code, error.permission, error.resource);
const attempt = (work) => { try { console.log(work()); } catch (error) { show(error); } };
attempt(() => require('../shared/x.js'));
attempt(() => { storage.initSync({ dir: 'data' }); storage.setItem('a', 'stored'); return 'set'; });
const server = new Server({ port: PORT });
server.on('error', (error) => { show(error); });
server.on('connection', (socket) => socket.on('message', (value) => socket.send(value + '!')));
server.on('listening', () => {
  const client = new Client({ host: 'localhost', port: PORT });
  client.on('open', () => client.send('hello'));
  client.on('message', (value) => { console.log(value); client.close(); server.stop(); });
  client.on('error', (error) => { show(error); server.stop(); });
  client.open();
});
server.start();
"""

ALL_DONE = "shared\nset\nhello!\n"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The folder of a script that needs a port, a server, a file and a folder."""
    (tmp_path / "app").mkdir()
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/x.js").write_text("module.exports = 'shared';")
    return tmp_path / "app"


@pytest.fixture
def port(app: Path) -> int:
    """The port of the script, which is written with it."""
    number = free_port()
    (app / "main.js").write_text(SCRIPT.replace("PORT", str(number)))
    return number


def run_in(app: Path, *words: str, engine: str = "auto") -> Ended:
    ended = run([ACCESSOR_HOST, "run", "--engine", engine, *words, "main.js"], cwd=app)
    # An old kernel holds less than it might, of which there is a line.
    return replace(ended, stderr=re.sub("^kernel: .*\n", "", ended.stderr))


def test_without_an_option_all_is_permitted(engine: str, app: Path, port: int) -> None:
    assert run_in(app, engine=engine) == Ended(0, ALL_DONE, "")


def test_a_sandbox_denies_all(engine: str, app: Path, port: int) -> None:
    ended = run_in(app, "--sandbox", engine=engine)
    assert ended.stdout.splitlines() == [
        f"ERR_ACCESS_DENIED read {app.parent}/shared/x.js",
        f"ERR_ACCESS_DENIED write {app}/data",
        f"ERR_ACCESS_DENIED listen {port}",
    ]
    assert not (app / "data").exists()
    assert (ended.code, ended.stderr) == (1, "")


def test_one_grant_denies_all_else(engine: str, app: Path, port: int) -> None:
    ended = run_in(app, f"--allow-listen={port}", engine=engine)
    assert ended.stdout.splitlines()[2] == f"ERR_ACCESS_DENIED connect localhost:{port}"


def test_a_denial_alone_takes_away_from_all(engine: str, app: Path, port: int) -> None:
    ended = run_in(app, "--deny-write=data,/var", engine=engine)
    assert ended.stdout.splitlines() == [
        "shared", f"ERR_ACCESS_DENIED write {app}/data", "hello!"
    ]  # fmt: skip


def test_the_set_that_an_audit_prints_is_enough(engine: str, app: Path, port: int) -> None:
    """P4."""
    audit = run_in(app, "--permissions-audit", engine=engine)
    assert (audit.code, audit.stdout) == (0, ALL_DONE)
    told = re.findall(r"^accessor-host: (.*) would be refused$", audit.stderr, re.MULTILINE)
    assert told == [
        f"reading {app.parent}/shared/x.js",
        f"writing in {app}/data",
        f"listening on localhost:{port}",
        f"connecting to localhost:{port}",
    ]
    flags = shlex.split(
        audit.stderr.splitlines()[-1].removeprefix("accessor-host: this run needs:")
    )
    assert flags == [
        f"--allow-connect=localhost:{port}",
        f"--allow-listen={port}",
        f"--allow-read={app.parent}/shared/x.js",
        f"--allow-write={app}/data",
    ]
    assert run_in(app, *flags, engine=engine) == Ended(0, ALL_DONE, "")
    # And it is the smallest: without any of them something is refused.
    for flag in flags:
        less = run_in(app, *(one for one in flags if one != flag), engine=engine)
        assert "ERR_ACCESS_DENIED" in less.stdout


def test_an_audit_writes_to_a_file(app: Path, port: int) -> None:
    ended = run_in(app, "--permissions-audit=audit.json")
    assert ended.stderr.count("\n") == 1
    lines = [json.loads(line) for line in (app / "audit.json").read_text().splitlines()]
    assert [(line["permission"], line["resource"]) for line in lines] == [
        ("read", f"{app.parent}/shared/x.js"),
        ("write", f"{app}/data"),
        ("listen", str(port)),
        ("connect", f"localhost:{port}"),
    ]


def test_a_script_that_needs_nothing(app: Path) -> None:
    (app / "main.js").write_text("console.log('done');")
    ended = run_in(app, "--permissions-audit")
    assert ended == Ended(0, "done\n", "accessor-host: this run needs: --sandbox\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--allow-listen=99999"], "option 'permissions.listen': '99999' is not allowed"),
        (["--allow-read="], "expected values with a comma between"),
        (["--permissions-audit=none/x.json"], "cannot write none/x.json"),
        (["--permissions-audit", "--workers=2"], "--permissions-audit watches one process"),
    ],
)
def test_bad_usage(words: list[str], message: str, app: Path, port: int) -> None:
    ended = run_in(app, *words)
    assert ended.code == 2
    assert message in ended.stderr
    assert ended.stdout == ""


def test_workers_have_the_same_permissions(app: Path, port: int) -> None:
    words = ["run", "--workers=2", "--sandbox", "main.js"]
    with Program([ACCESSOR_HOST, *words], cwd=app) as program:
        ended = program.wait()
    assert f"ERR_ACCESS_DENIED listen {port}\n" in ended.stdout
    assert f"ERR_ACCESS_DENIED write {app}/data\n" in ended.stdout


def test_accessors_have_permissions_too(engine: str, app: Path) -> None:
    (app / "net").mkdir()
    (app / "net/Writes.js").write_text("""
exports.setup = function () {};
exports.initialize = function () {
  try {
    require('@modules/local-storage').initSync();
  } catch (error) {
    console.log(error.code, error.permission);
  }
  this.stop();
};
""")
    words = ["invoke", "--engine", engine, "-sandbox", "net/Writes"]
    ended = run([ACCESSOR_HOST, *words], cwd=app)
    assert ended.stdout.startswith("ERR_ACCESS_DENIED write\n")
    audit = run([ACCESSOR_HOST, "invoke", "--permissions-audit", "net/Writes"], cwd=app)
    assert f"this run needs: --allow-write={app}/persist" in audit.stderr
    assert audit.code == ended.code == 0


def test_lines_in_the_shell_have_permissions_too(engine: str, app: Path) -> None:
    (app / "here.js").write_text("module.exports = 'here';")
    command = [ACCESSOR_HOST, "shell", "--engine", engine, "--sandbox"]
    with Program(command, cwd=app, interactive=True) as shell:
        shell.type_line("require('./here.js')")
        shell.wait_for("here")
        shell.type_line("require('../shared/x.js')")
        shell.wait_for("is not permitted; allow it with --allow-read=")
        shell.end_input()
        shell.wait()


STARTS = """
const { Shell } = require('@modules/shell');
const shell = new Shell({ cmd: 'echo started' });
shell.on('message', (line) => console.log(line));
shell.on('error', (error) => console.log(error.code, error.message));
shell.start();
"""


@pytest.mark.parametrize(
    "words", [[], ["--deny-write=data"], ["--sandbox"], ["--permissions-audit"], ["--deny-run=ls"]]
)
def test_no_program_is_started_without_a_grant(words: list[str], app: Path) -> None:
    (app / "main.js").write_text(STARTS)
    ended = run_in(app, *words)
    assert re.match(
        "ERR_ACCESS_DENIED starting (/.*/echo) is not permitted; allow it with --allow-run=\\1",
        ended.stdout,
    )
    if "--permissions-audit" in words:
        flag = ended.stderr.rpartition(" ")[2].strip()
        assert run_in(app, flag).stdout == "started\n"


def test_a_program_that_is_granted_is_started(app: Path) -> None:
    (app / "main.js").write_text(STARTS)
    assert run_in(app, "--allow-run=echo") == Ended(0, "started\n", "")


def test_what_only_denies_leaves_modules_their_own_programs(app: Path) -> None:
    (app / "tesseract").write_text("#!/bin/sh\nread line\n")
    (app / "tesseract").chmod(0o755)
    (app / "main.js").write_text(
        "const image = { width: 1, height: 1, pixels: Buffer.from('ffffffff', 'hex') };"
        "require('tesseract').recognize(image)"
        ".then(() => console.log('done'), (error) => console.log(error.message));"
    )
    env = {"PATH": f"{app}:/usr/bin:/bin"}
    for words, said in (
        ([], "done"),
        (["--deny-write=data"], "done"),
        (["--allow-run=@modules/tesseract"], "done"),
        (["--sandbox"], f"starting {app}/tesseract is not permitted; allow it with "
         "--allow-run=@modules/tesseract"),
    ):  # fmt: skip
        ended = run([ACCESSOR_HOST, "run", *words, "main.js"], cwd=app, env=env)
        assert ended.stdout == f"{said}\n"
