"""The contract of @modules/shell, with programs of every kind."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from accessor_host.modules.shell import program
from accessor_host.modules.shell.binding import MAX_PROGRAMS

from ...conftest import RunJs
from ...core.test_children import group_is_alive, run_on, wait_until_gone
from ...support.scripts import Script, running
from ...support.wire import eventually, run

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

PYTHON = os.path.realpath(sys.executable)
ALL = {"run": ["*"]}

WATCH = """
function watch(shell, name) {
  shell.on('message', (line) => console.log(name, 'message', line));
  shell.on('stderr', (line) => console.log(name, 'stderr', line));
  shell.on('close', (code, signal) => console.log(name, 'close', code, signal));
  shell.on('error', (error) => {
    console.log(name, 'error', error instanceof Error, error.code, error.message);
  });
  return shell;
}
const { Shell } = require('@modules/shell');
"""


@pytest.fixture
def script(tmp_path: Path) -> Any:
    """Write a program for a shell, and return its path."""

    def put(body: str, name: str = "program") -> str:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return str(path)

    return put


def lines_of(engine: str, source: str, permissions: Any = ALL, loop: str = "asyncio") -> list[str]:
    """Run a script to its end, and return what it prints."""

    async def main() -> list[str]:
        async with running(engine, WATCH + source, permissions=permissions) as started:
            await started.ended()
            assert started.stderr.text == ""
            return started.stdout.text.splitlines()

    lines: list[str] = []
    run_on(loop, _keep(main(), lines))
    return lines


async def _keep(work: Coroutine[Any, Any, list[str]], lines: list[str]) -> None:
    async with asyncio.timeout(20):
        lines += await work


# The contract


def test_what_the_library_does_with_it(engine: str) -> None:
    """utilities/Exec of the library: its name, its options, its calls."""
    lines = lines_of(
        engine,
        """
        const shell = require('shell/shell');
        const sh = new shell.Shell({ 'cmd': 'cat' });
        sh.on('message', (data) => { console.log(data.toString()); sh.wrapup(); });
        sh.start();
        sh.write('a line');
        """,
    )
    assert lines == ["a line"]


def test_input_output_errors_and_the_end(engine: str, script: Any) -> None:
    path = script("while read -r line; do echo got $line; echo bad $line >&2; done; exit 3")
    lines = lines_of(
        engine,
        f"""
        const sh = watch(new Shell({{ cmd: {path!r} }}), 'a');
        console.log(sh.write('too early'));
        sh.start();
        console.log(sh.write('one'), sh.write('two\\n'), sh.write(3));
        sh.end();
        console.log(sh.write('too late'));
        sh.on('close', () => console.log(sh.write('over')));
        """,
    )
    assert lines[:3] == ["false", "true true true", "false"]
    assert [one for one in lines if "message" in one] == [
        "a message got one", "a message got two", "a message got 3"
    ]  # fmt: skip
    assert [one for one in lines if "stderr" in one] == [
        "a stderr bad one", "a stderr bad two", "a stderr bad 3"
    ]  # fmt: skip
    assert lines[-2:] == ["a close 3 null", "false"]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("cmd", ["true", "head -c 1", "seq 100000", "sh -c 'exec 0<&-; sleep 0.1'"])
def test_one_that_ends_or_closes_its_input_early(loop: str, cmd: str) -> None:
    lines = lines_of(
        "quickjs",
        f"""
        const sh = new Shell({{ cmd: {cmd!r} }});
        const timer = setInterval(() => sh.write('x'.repeat(1000)), 0);
        let count = 0;
        sh.on('message', () => count++);
        sh.on('close', (code) => {{ console.log(code, count); clearInterval(timer); }});
        sh.start();
        """,
        loop=loop,
    )
    assert lines == [f"0 {100_000 if 'seq' in cmd else 1 if 'head' in cmd else 0}"]


def test_it_can_be_started_again(engine: str) -> None:
    lines = lines_of(
        engine,
        """
        const sh = watch(new Shell({ cmd: 'echo again' }), 'a');
        sh.start();
        try { sh.start(); } catch (error) { console.log(error.code); }
        sh.once('close', () => sh.start());
        """,
    )
    assert lines == ["ERR_SHELL_RUNNING", *["a message again", "a close 0 null"] * 2]


def test_the_last_line_need_not_end(engine: str) -> None:
    lines = lines_of(engine, "watch(new Shell({ cmd: \"printf 'a\\\\nb'\" }), 'a').start();")
    assert lines == ["a message a", "a message b", "a close 0 null"]


def test_an_event_that_throws_does_not_disturb_others(engine: str, run_js: RunJs) -> None:
    async def main() -> None:
        source = """
        const sh = new Shell({ cmd: "printf 'a\\\\nb\\\\n'" });
        sh.on('message', (line) => { console.log(line); throw new Error('mine ' + line); });
        sh.on('close', () => console.log('closed'));
        sh.start();
        """
        async with running(engine, WATCH + source, permissions=ALL) as started:
            await started.ended()
            assert started.stdout.text == "a\nb\nclosed\n"
            assert "mine a" in started.stderr.text
            assert "mine b" in started.stderr.text

    run(main())


def test_complaints_are_printed_where_nobody_listens(engine: str, script: Any) -> None:
    path = script("echo 'oops \\033[2J' >&2; echo again >&2")

    async def main() -> None:
        source = f"new Shell({{ cmd: {path!r} }}).start();"
        async with running(engine, WATCH + source, permissions=ALL) as started:
            await started.ended()
            assert started.stderr.text.splitlines() == [
                f"accessor-host: warning: {path}: oops \\x1b[2J",
                f"accessor-host: warning: {path}: again",
            ]

    run(main())


# No shell


def test_no_shell_reads_a_command(engine: str, tmp_path: Path) -> None:
    code = "import sys; print(sys.argv[1:])"
    command = f"{PYTHON} -c \"{code}\" 'a b' c\\ d $HOME * ; > {tmp_path}/x `id` $(id) | cat"
    lines = lines_of(engine, f"watch(new Shell({{ cmd: {command!r} }}), 'a').start();")
    assert lines == [
        f"a message ['a b', 'c d', '$HOME', '*', ';', '>', '{tmp_path}/x', '`id`', '$(id)', "
        "'|', 'cat']",
        "a close 0 null",
    ]
    assert not (tmp_path / "x").exists()


def test_arguments_are_as_they_are(engine: str, script: Any, tmp_path: Path) -> None:
    path = script('printf "<%s>\\n" "$@"', "a program")
    lines = lines_of(
        engine,
        f"""
        const args = ['a b', '', '"', "';id'", '$HOME', '--'];
        watch(new Shell({{ cmd: {path!r}, args }}), 'a').start();
        """,
    )
    shown = [line.removeprefix("a message ") for line in lines[:-1]]
    assert shown == ["<a b>", "<>", '<">', "<';id'>", "<$HOME>", "<-->"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ('{ cmd: "echo \'a" }', 'ERR_INVALID_ARG_VALUE the command "echo \'a" cannot be split'),
        ("{ cmd: '   ' }", "ERR_INVALID_ARG_VALUE the command '   ' names no program"),
        ("{ cmd: 'no-such-program' }", "ENOENT there is no program 'no-such-program'"),
        ("{ cmd: '/etc/passwd' }", "ENOENT there is no program '/etc/passwd'"),
        ("{ cmd: 'echo', args: ['a\\0b'] }", "EINVAL cannot start 'echo': embedded null byte"),
        ("{ cmd: 'echo', args: ['a'.repeat(3e6)] }", "E2BIG cannot start 'echo': Argument list"),
    ],
)
def test_what_cannot_be_started_is_an_error(engine: str, options: str, error: str) -> None:
    lines = lines_of(engine, f"watch(new Shell({options}), 'a').start();")
    assert len(lines) == 1
    assert lines[0].startswith(f"a error true {error}")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("{}", "option 'cmd': '' is not allowed; expected a program and its arguments"),
        ("{ cmd: 5 }", "option 'cmd'"),
        ("{ cmd: 'ls', args: 'x' }", "option 'args'"),
        ("{ cmd: 'ls', timeout: -1 }", "option 'timeout'"),
    ],
)
def test_a_bad_option_throws(run_js: RunJs, options: str, message: str) -> None:
    outcome = run_js(f"""
        const {{ Shell }} = require('@modules/shell');
        try {{ new Shell({options}); }} catch (error) {{ console.log(error.message); }}
    """)
    assert outcome.stdout.startswith(message)


# Permissions


def test_without_permissions_no_program_is_started(engine: str, script: Any) -> None:
    path = script("touch started")
    lines = lines_of(engine, f"watch(new Shell({{ cmd: {path!r} }}), 'a').start();", None)
    assert lines == [
        f"a error true ERR_ACCESS_DENIED starting {path} is not permitted; allow it with "
        f"--allow-run={path}, in Python with permissions={{'run': ['{path}']}}"
    ]
    assert not Path("started").exists()


def test_a_grant_is_for_one_program(engine: str, script: Any, tmp_path: Path) -> None:
    path, other = script("echo one"), script("echo other", "other")
    (tmp_path / "program2").symlink_to(path)
    source = "".join(
        f"watch(new Shell({{ cmd: {cmd!r} }}), 'a').start();\n"
        for cmd in (path, other, str(tmp_path / "program2"), "sh -c id", f"sh {path}")
    )
    lines = lines_of(engine, source, {"run": [path]})
    assert sorted(line[:32] for line in lines) == [
        "a close 0 null",
        *["a error true ERR_ACCESS_DENIED s"] * 4,
        "a message one",
    ]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_program_of_many_names_is_told_the_one_that_is_granted(loop: str, tmp_path: Path) -> None:
    """As busybox is: by another name it would do something else, as its first argument says."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/one").symlink_to(shutil.which("sh") or "")
    path = f"{tmp_path}/bin/one"
    source = f"watch(new Shell({{ cmd: {path!r}, args: ['-c', 'echo $0'] }}), 'a').start();"
    lines = lines_of("quickjs", source, {"run": [path]}, loop)
    assert lines == [f"a message {path}", "a close 0 null"]


def test_an_error_names_what_is_missing(engine: str) -> None:
    lines = lines_of(
        engine,
        """
        const sh = new Shell({ cmd: 'no-such-program' });
        sh.on('error', (error) => console.log(error.code, error.permission, error.resource));
        sh.start();
        """,
        {},
    )
    # Whether there is one is not told.
    assert lines == ["ERR_ACCESS_DENIED run no-such-program"]


def test_what_it_gets_of_the_environment(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    monkeypatch.setenv("SHOWN", "shown")
    source = "watch(new Shell({ cmd: 'env' }), 'a').start();"
    lines = lines_of(engine, source, {"run": ["env"], "env": ["SHOWN"]})
    names = {line.split()[2].partition("=")[0] for line in lines if "message" in line}
    assert {"PATH", "SHOWN"} <= names
    kept = {"HOME", "LANG", "LANGUAGE", "LOGNAME", "SHELL", "TMPDIR", "TZ", "USER", "_", "PWD"}
    assert {one for one in names if not one.startswith("LC_")} <= kept | {"PATH", "SHOWN"}


# Programs that do not behave


def test_one_that_floods_is_told_whole_and_others_go_on(engine: str) -> None:
    lines = lines_of(
        engine,
        """
        let count = 0, ticks = 0;
        const timer = setInterval(() => ticks++, 1);
        const sh = new Shell({ cmd: 'seq 200000' });
        sh.on('message', (line) => { if (line !== String(++count)) console.log('lost', line); });
        sh.on('close', () => {
          console.log(count, ticks > 3);
          clearInterval(timer);
        });
        sh.start();
        """,
    )
    assert lines == ["200000 true"]


def test_one_that_floods_without_end_is_stopped_and_takes_no_memory(engine: str) -> None:
    async def main() -> None:
        source = """
        const sh = new Shell({ cmd: 'yes' });
        let count = 0;
        sh.on('message', () => { if (++count === 20000) { console.log('many'); sh.wrapup(); } });
        sh.on('close', (code, signal) => console.log(code, signal));
        sh.start();
        """
        async with running(engine, WATCH + source, permissions=ALL) as started:
            assert await started.stdout.next() == "many"
            assert await started.stdout.next() == "null SIGTERM"
            await started.ended()

    run(main())


def test_a_line_without_end_comes_in_pieces(engine: str) -> None:
    code = "import sys; sys.stdout.write('a' * 200000)"
    lines = lines_of(
        engine,
        f"""
        let length = 0, pieces = 0;
        const sh = new Shell({{ cmd: {PYTHON!r}, args: ['-c', {code!r}] }});
        sh.on('message', (line) => {{ length += line.length; pieces++; }});
        sh.on('close', () => console.log(length, pieces));
        sh.start();
        """,
    )
    assert lines == ["200000 4"]


def test_one_that_does_not_read_is_an_error_and_goes_on(engine: str, script: Any) -> None:
    path = script("echo ready; read line; echo $line | head -c 5; echo")
    lines = lines_of(
        engine,
        f"""
        const sh = watch(new Shell({{ cmd: {path!r}, maxUnsentBytes: 100000 }}), 'a');
        sh.start();
        sh.write('short');
        sh.write('x'.repeat(99000));
        sh.write('y'.repeat(99000));
        """,
    )
    assert lines[0] == (
        "a error true ERR_SHELL_QUEUE_FULL 99001 bytes are not written: more than "
        "maxUnsentBytes, 100000, wait"
    )
    assert lines[1:] == ["a message ready", "a message short", "a close 0 null"]


@pytest.mark.parametrize("fits", [True, False])
def test_the_limit_of_what_waits(engine: str, fits: bool) -> None:
    lines = lines_of(
        engine,
        f"""
        const sh = watch(new Shell({{ cmd: 'wc -c', maxUnsentBytes: {10 if fits else 9} }}), 'a');
        sh.start();
        sh.write('123456789');
        sh.end();
        """,
    )
    assert ("a message 10" in lines) is fits
    assert any("QUEUE_FULL" in line for line in lines) is not fits


def test_one_that_takes_too_long(engine: str) -> None:
    lines = lines_of(engine, "watch(new Shell({ cmd: 'sleep 600', timeout: 100 }), 'a').start();")
    assert lines == [
        "a error true ERR_SHELL_TIMEOUT the program 'sleep' took more than 0.1 seconds",
        "a close null SIGTERM",
    ]


def test_one_that_ignores_sigterm_is_killed(
    engine: str, script: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "GRACE", 0.1)
    path = script("trap '' TERM; echo ready; while :; do sleep 600; done")
    lines = lines_of(
        engine,
        f"""
        const sh = watch(new Shell({{ cmd: {path!r} }}), 'a');
        sh.on('message', () => sh.wrapup());
        sh.start();
        """,
    )
    assert lines == ["a message ready", "a close null SIGKILL"]


def test_a_child_that_it_leaves_ends_with_it(engine: str, script: Any) -> None:
    """It keeps the pipe open."""
    path = script("echo $$; sleep 600 & echo over")
    start = time.monotonic()
    lines = lines_of(engine, f"watch(new Shell({{ cmd: {path!r} }}), 'a').start();")
    assert lines[1:] == ["a message over", "a close 0 null"]
    wait_until_gone(int(lines[0].split()[2]))
    assert time.monotonic() - start < 5


def test_a_child_that_left_its_group_keeps_nobody_waiting(
    engine: str, script: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "MAX_DRAIN", 0.1)
    path = script("setsid sh -c 'echo $$; exec sleep 600' & sleep 0.3; echo over")
    lines = lines_of(engine, f"watch(new Shell({{ cmd: {path!r} }}), 'a').start();")
    assert lines[1:] == ["a message over", "a close 0 null"]
    os.kill(int(lines[0].split()[2]), signal.SIGKILL)


def test_so_many_run_at_a_time(engine: str) -> None:
    lines = lines_of(
        engine,
        f"""
        const all = [];
        for (let i = 0; i <= {MAX_PROGRAMS}; i++) {{
          const sh = new Shell({{ cmd: 'cat' }});
          sh.on('error', (error) => {{
            console.log(error.code);
            for (const one of all) one.end();
          }});
          sh.on('close', (code) => console.log(code));
          all.push(sh);
          sh.start();
        }}
        """,
    )
    assert lines == ["ERR_SHELL_BUSY", *["0"] * MAX_PROGRAMS]


def test_a_host_that_stops_ends_all_of_it(engine: str, script: Any) -> None:
    path = script("echo $$; sleep 600 & sleep 600")

    async def main() -> list[int]:
        source = f"for (const n of 'ab') watch(new Shell({{ cmd: {path!r} }}), n).start();"
        async with running(engine, WATCH + source, permissions=ALL) as started:
            groups = [int((await started.stdout.next()).split()[2]) for _ in "ab"]
            assert "programs: 2" in _state(started)
            # What a program prints may be here before its start has come to its end.
            told = f"  {path}: process {groups[0]}, 0 bytes unsent"
            await eventually(lambda: told in _state(started))
        return groups

    for group in run(main()):
        # What was killed is gone in a moment.
        wait_until_gone(group)


def test_a_host_that_stops_while_programs_start(engine: str, script: Any, tmp_path: Path) -> None:
    path = script(f"echo $$ > {tmp_path}/$$; sleep 600")

    async def main() -> None:
        source = f"for (let i = 0; i < 4; i++) new Shell({{ cmd: {path!r} }}).start();"
        async with running(engine, WATCH + source, permissions=ALL):
            pass
        await eventually(lambda: not any(map(group_is_alive, _numbers(tmp_path))))

    run(main())


def _numbers(folder: Path) -> list[int]:
    return [int(path.name) for path in folder.iterdir() if path.name.isdecimal()]


def _state(script: Script) -> list[str]:
    bindings = script.host._bindings
    return [line for binding in bindings if hasattr(binding, "state") for line in binding.state()]
