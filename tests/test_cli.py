"""The command line, run as a user runs it: output, exit codes, signals."""

from __future__ import annotations

import json
import shlex
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pytest
from websockets.sync.client import connect

from accessor_host.cli import main
from accessor_host.options import all_schema_names

from .support.programs import ACCESSOR_HOST, TIMEOUT, Ended, Program, free_port, run

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

Start = Callable[..., Program]
Finish = Callable[..., Ended]


def cli(*words: str | Path) -> Ended:
    """Run the command line to its end."""
    return run([ACCESSOR_HOST, *words])


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """Write a script file."""

    def write(source: str) -> Path:
        path = tmp_path / "script.js"
        path.write_text(source, encoding="utf-8")
        return path

    return write


@pytest.fixture
def run_script(engine: str, script: Callable[[str], Path]) -> Finish:
    """Run a script to its end with each engine."""

    def finish(source: str, *options: str) -> Ended:
        return cli("run", "--engine", engine, *options, script(source))

    return finish


@pytest.fixture
def start_script(engine: str, script: Callable[[str], Path]) -> Iterator[Start]:
    """Start a script with each engine; it is killed when the test ends."""
    programs: list[Program] = []

    def start(source: str) -> Program:
        program = Program([ACCESSOR_HOST, "run", "--engine", engine, script(source)])
        programs.append(program)
        return program.__enter__()

    yield start
    for program in programs:
        program.__exit__(None, None, None)


# What it says about itself


def test_the_version_is_the_package_s() -> None:
    assert cli("--version") == Ended(0, f"accessor-host {version('accessor-host')}\n", "")


def test_python_m_is_the_same_program() -> None:
    ended = run([sys.executable, "-m", "accessor_host", "--version"])
    assert ended == cli("--version")


@pytest.mark.parametrize(
    "command",
    [[], *([name] for name in ("run", "types", "schema", "demo", "shell", "describe", "check"))],
)
def test_every_command_explains_itself(command: list[str]) -> None:
    ended = cli(*command, "--help")
    assert ended.code == 0
    assert ended.stdout.startswith("usage: accessor-host")
    assert ended.stderr == ""


def test_types_lists_what_both_directions_support() -> None:
    ended = cli("types")
    assert (ended.code, ended.stderr) == (0, "")
    rows = dict(line.split(maxsplit=1) for line in ended.stdout.splitlines())
    assert rows["application/json"] == "receive, send"
    assert rows["text/plain"] == rows["application/octet-stream"] == "receive, send"
    assert rows["image/png"] == "receive, send"
    assert rows["JPG"].split("   ") == ["receive, send", "same as image/jpeg"]
    assert "any other text/type works like text/plain" in ended.stdout.lower()


def test_schema_without_a_name_lists_the_schemas() -> None:
    ended = cli("schema")
    assert (ended.code, ended.stderr) == (0, "")
    assert [line.split()[0] for line in ended.stdout.splitlines()] == all_schema_names()
    assert {"accessor-interface", "web-socket-server"} <= set(all_schema_names())


@pytest.mark.parametrize("name", all_schema_names())
def test_schema_prints_a_schema(name: str) -> None:
    ended = cli("schema", name)
    assert (ended.code, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["$schema"].endswith("2020-12/schema")


# Bad usage: exit code 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "COMMAND"),
        (["walk"], "'walk'"),
        (["run"], "FILE"),
        (["run", "x.js", "y.js"], "y.js"),
        (["run", "--bogus", "x.js"], "accessor-host run: error: unrecognized arguments: --bogus"),
        (["run", "--engine", "v8", "x.js"], "'v8'"),
        (["run", "--loop", "trio", "x.js"], "'trio'"),
        (["run", "--callback-timeout", "soon", "x.js"], "soon"),
        (["run", "--callback-timeout", "-1", "x.js"], "0 or more"),
        (["run", "--callback-timeout", "inf", "x.js"], "0 or more"),
        (["run", "--callback-timeout", "nan", "x.js"], "0 or more"),
        (["run", "--memory-limit", "0", "x.js"], "1 or more"),
        (["run", "--workers", "0", "x.js"], "1 to 128"),
        (["run", "--workers", "129", "x.js"], "1 to 128"),
        (["run", "--workers", "two", "x.js"], "1 to 128 processes, not 'two'"),
        (["run", "missing.js"], "cannot find script"),
        (["run", "."], "Is a directory"),
        (["schema", "web-socket-sever"], "web-socket-server"),
        (["schema", "../pyproject"], "web-socket-server"),
        (["demo", "--port", "many"], "1 to 65535, not 'many'"),
        (["demo", "--port", "65536"], "1 to 65535, not '65536'"),
    ],
)
def test_bad_usage_is_said_and_ends_with_2(
    cli_here: Callable[..., Ended], words: list[str], said: str
) -> None:
    ended = cli_here(*words)
    assert ended.code == 2
    assert ended.stdout == ""
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_bad_usage_is_said_by_the_program_too() -> None:
    # The supervisor of workers writes past what a test can catch in its own process.
    for words in (["run", "--workers", "2", "missing.js"], ["run", "missing.js"]):
        ended = cli(*words)
        assert (ended.code, ended.stdout) == (2, "")
        assert ended.stderr == "accessor-host: cannot find script 'missing.js'\n"


def test_the_help_of_run_says_the_exit_codes() -> None:
    said = " ".join(cli("run", "--help").stdout.split())
    assert "0 when the script ended by itself, 1 after an error that nobody caught, or if" in said
    assert "130 after Ctrl-C, 143 after SIGTERM" in said


def test_ctrl_c_in_a_command_that_does_not_catch_it_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_path: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("accessor_host.options.load_schema", interrupted)
    assert main(["schema"]) == 130
    assert capsys.readouterr().err == ""


def test_a_script_that_is_not_text_is_bad_usage(tmp_path: Path) -> None:
    path = tmp_path / "latin.js"
    path.write_bytes(b"console.log('\xe9')")
    ended = cli("run", path)
    assert ended.code == 2
    assert ended.stderr == f"accessor-host: cannot read '{path}': it is not UTF-8 text\n"


# Runs that end by themselves


def test_a_script_runs_and_ends_by_itself(run_script: Finish) -> None:
    ended = run_script("console.log('one'); setTimeout(() => console.log('two'), 1);")
    assert ended == Ended(0, "one\ntwo\n", "")


def test_both_loops_run_a_script(run_script: Finish) -> None:
    for loop in ("asyncio", "uvloop"):
        assert run_script("console.log('hi')", "--loop", loop) == Ended(0, "hi\n", "")


def test_console_error_goes_to_standard_error(run_script: Finish) -> None:
    assert run_script("console.error('careful')") == Ended(0, "", "careful\n")


@pytest.mark.parametrize(
    ("source", "first_line"),
    [
        ("throw new Error('top level')", "Uncaught Error: top level"),
        ("setTimeout(() => { throw new TypeError('timer') })", "Uncaught TypeError: timer"),
        ("Promise.reject(new Error('promise'))", "Unhandled rejection: Error: promise"),
        ("let x = 1;\nlet x = 2;", "Uncaught SyntaxError: "),
        ("require('nowhere')", "Uncaught Error: Cannot find module 'nowhere'"),
        ("new (require('events'))().emit('error', new Error('e'))", "Uncaught Error: e"),
    ],
)
def test_an_uncaught_error_shows_the_script_s_stack_and_ends_with_1(
    run_script: Finish, source: str, first_line: str
) -> None:
    ended = run_script(source)
    assert ended.code == 1
    assert ended.stderr.startswith(first_line)
    assert "script.js" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_in_use_ends_with_1_and_names_host_and_port(run_script: Finish) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        ended = run_script(f"""
            const {{ Server }} = require('@modules/web-socket-server');
            const server = new Server({{ port: {port}, hostInterface: '127.0.0.1' }});
            server.on('listening', () => console.log('listening'));
            server.start();
        """)
    assert ended.code == 1
    assert ended.stdout == ""
    assert "EADDRINUSE" in ended.stderr
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_callback_that_runs_too_long_is_stopped(run_script: Finish) -> None:
    ended = run_script(
        "setTimeout(function forever() { for (;;); }); setTimeout(() => console.log('on'), 5);",
        "--callback-timeout",
        "0.3",
    )
    assert (ended.code, ended.stdout) == (1, "on\n")
    assert "ran longer than 0.3 s" in ended.stderr
    assert "forever" in ended.stderr
    assert "script.js:1" in ended.stderr


def test_scripts_do_not_see_the_environment(engine: str, script: Callable[[str], Path]) -> None:
    path = script("""
        const seen = new Set();
        function search(value, depth) {
          if (value === 'very secret') throw new Error('found');
          if (Object(value) !== value || seen.has(value) || depth > 6) return;
          seen.add(value);
          for (const key of Reflect.ownKeys(value)) {
            let member;
            try { member = value[key]; } catch { continue; }
            search(member, depth + 1);
          }
          search(Object.getPrototypeOf(value), depth + 1);
        }
        search(globalThis, 0);
        search(require, 0);
        search(module, 0);
        for (const name of ['buffer', 'console', 'events', 'timers', 'util']) {
          search(require(name), 0);
        }
        console.log(typeof process, seen.size > 100);
    """)
    ended = run(
        [ACCESSOR_HOST, "run", "--engine", engine, path],
        env={"ACCESSOR_HOST_TEST_SECRET": "very secret"},
    )
    assert ended == Ended(0, "undefined true\n", "")


# Signals

SERVER = """
    const { Server } = require('@modules/web-socket-server');
    const server = new Server({ port: 0, closingTimeout: CLOSING });
    server.on('listening', (port) => console.log('listening', port));
    server.on('connection', (socket) => {
      console.log('connection');
      socket.on('close', (code) => console.log('socket closed', code));
    });
    server.on('close', () => console.log('server closed'));
    server.start();
"""


def start_server(start_script: Start, *, closing_timeout: int = 10_000) -> tuple[Program, int]:
    program = start_script(SERVER.replace("CLOSING", str(closing_timeout)))
    program.wait_for("listening")
    program.wait_for("\n")
    return program, int(program.stdout.split()[1])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_servers_in_order(
    start_script: Start, number: signal.Signals, code: int
) -> None:
    program, port = start_server(start_script)
    with connect(f"ws://localhost:{port}", open_timeout=TIMEOUT):
        program.wait_for("connection\n")
        program.send_signal(number)
        ended = program.wait()
    assert ended.code == code
    assert ended.stdout.splitlines()[1:] == ["connection", "socket closed 1001", "server closed"]
    assert ended.stderr == ""


def test_clients_that_come_and_go_do_not_disturb_the_end(start_script: Start) -> None:
    program = start_script("""
        const { Client } = require('@modules/web-socket-client');
        const { Server } = require('@modules/web-socket-server');
        const server = new Server({ hostInterface: '127.0.0.1', port: 0 });
        let left = 3;
        server.on('listening', (port) => {
          for (let i = 0; i < 3; i++) {
            const client = new Client({ host: '127.0.0.1', port });
            client.on('open', () => { if (--left === 0) console.log('ready'); });
            client.on('close', (code) => {
              const late = new Client({ host: '127.0.0.1', port });
              late.on('error', (error) => console.log(code, error.code));
              late.open();
            });
            client.open();
          }
        });
        server.on('close', () => console.log('closed'));
        server.start();
    """)
    program.wait_for("ready\n")
    program.send_signal(signal.SIGINT)
    ended = program.wait()
    assert (ended.code, ended.stderr) == (130, "")
    ready, *late, closed = ended.stdout.splitlines()
    assert (ready, late, closed) == ("ready", ["1001 ERR_HOST_STOPPING"] * 3, "closed")


def test_a_signal_cancels_timers(start_script: Start) -> None:
    program = start_script("console.log('ready'); setInterval(() => {}, 5);")
    program.wait_for("ready\n")
    program.send_signal(signal.SIGINT)
    ended = program.wait()
    assert (ended.code, ended.stderr) == (130, "")


def test_a_second_signal_ends_at_once(start_script: Start) -> None:
    # The peer never answers the closing handshake, for which there is an hour.
    program, port = start_server(start_script, closing_timeout=3_600_000)
    with closing(socket.create_connection(("localhost", port), TIMEOUT)) as peer:
        peer.sendall(
            f"GET / HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        received = b""
        while b"\r\n\r\n" not in received:
            received += peer.recv(4096)
        program.wait_for("connection\n")
        program.send_signal(signal.SIGINT)
        # The close frame is proof that the first signal was dealt with.
        assert peer.recv(1) == b"\x88"
        program.send_signal(signal.SIGINT)
        ended = program.wait()
    assert ended.code == 130
    assert "server closed" not in ended.stdout
    assert "Traceback" not in ended.stderr


def test_a_signal_ends_an_endless_callback_in_the_end(
    engine: str, script: Callable[[str], Path]
) -> None:
    path = script("setTimeout(() => { console.error('in'); }, 0); setTimeout(spin, 20);"
                  "function spin() { for (;;); }")  # fmt: skip
    with Program(
        [ACCESSOR_HOST, "run", "--engine", engine, "--callback-timeout", "1", path]
    ) as program:
        program.wait_for("in\n", stream="stderr")
        program.send_signal(signal.SIGINT)
        ended = program.wait()
    assert ended.code == 130
    assert "Traceback" not in ended.stderr


def test_a_closed_pipe_ends_the_run_without_a_traceback(
    engine: str, script: Callable[[str], Path]
) -> None:
    path = script("let n = 0; setInterval(() => console.log('line', n++), 1);")
    command = shlex.join([ACCESSOR_HOST, "run", "--engine", engine, str(path)])
    ended = run(["bash", "-c", f"{command} | head -1"])
    assert ended.stdout == "line 0\n"
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


# The demo


def test_the_demo_shows_a_conversation_and_ends(engine: str) -> None:
    port = free_port()
    ended = cli("demo", "--engine", engine, "--port", str(port))
    assert (ended.code, ended.stderr) == (0, "")
    assert "require('@modules/web-socket-server')" in ended.stdout
    assert f"--- running it with the {engine} engine" in ended.stdout
    for line in (
        f"listening on port {port}",
        "a client connected",
        'client sends     "Hello from Python"',
        "client receives  '\"Reply message\"'",
        "Hello from Python",
        "{ reading: 21.5 }",
        "--- the client is gone",
    ):
        assert f"{line}\n" in ended.stdout


def test_the_demo_keeps_serving_when_told(engine: str) -> None:
    port = free_port()
    with Program(
        [ACCESSOR_HOST, "demo", "--engine", engine, "--port", str(port), "--keep"]
    ) as program:
        program.wait_for(f"new WebSocket('ws://localhost:{port}')")
        program.wait_for("Ctrl-C")
        with connect(f"ws://localhost:{port}", open_timeout=TIMEOUT) as client:
            client.send('"again"')
            assert client.recv(TIMEOUT) == '"Reply message"'
        program.send_signal(signal.SIGINT)
        ended = program.wait()
    assert (ended.code, ended.stderr) == (130, "")


def test_the_demo_says_when_its_port_is_taken(engine: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        ended = cli("demo", "--engine", engine, "--port", str(port))
    assert ended.code == 1
    assert "EADDRINUSE" in ended.stderr
    assert str(port) in ended.stderr
    assert "Traceback" not in ended.stderr
