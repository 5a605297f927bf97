"""The runner: every case ends with a verdict and a reason, whatever the host does."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from accessor_host.conformance import process
from accessor_host.conformance.case import Drive
from accessor_host.conformance.hosts import NODE_ACCESSORS, NODE_PACKAGES, HostCommand, find_host
from accessor_host.conformance.process import MARKER
from accessor_host.conformance.runner import Result
from accessor_host.conformance.trial import MAX_KEPT_REPORTS, Trial
from accessor_host.conformance.values import AN_ERROR, UNDEFINED, an_error, same
from accessor_host.conformance.wire import Deviation
from accessor_host.errors import AccessorHostError

from ..support.conformance import expect_done, fake_host, judge, made_case

STARTED = f"""
import sys, time, signal, os
def report(name, *values):
    import json
    print({MARKER!r} + json.dumps({{"report": name, "values": values}}), flush=True)
report("@started")
if "attempt('module'" in open(SCRIPT).read():
    report("module", "returned")
    sys.exit()
"""
"""A host that has every module: who fails a case is asked for it."""

HANG = "\nsignal.pause()\n"

SHORT = 0.5
"""Seconds, for cases that must run out of time."""


def failure(program: str, timeout: float = 10.0, drive: Drive = expect_done) -> Result:
    """Run the made-up case with a host that fails it, and return the result."""
    (result,) = judge(made_case(drive), fake_host(STARTED + program), timeout=timeout)
    assert result.verdict == "fail"
    return result


def fails(program: str, timeout: float = 10.0) -> str:
    """Run the made-up case with a host that fails it, and return the reason."""
    return failure(program, timeout).reason


def test_a_host_that_does_what_is_expected_passes() -> None:
    (result,) = judge(made_case(), fake_host(STARTED + "report('done')" + HANG))
    assert (result.verdict, result.reason, result.detail) == ("pass", "", "")


def test_a_host_that_hangs_fails_with_what_was_waited_for() -> None:
    result = failure(HANG, SHORT)
    assert result.reason == "0.5 s passed in waiting until the script reports done()"
    assert (result.expected, result.actual) == ("done()", "nothing in 0.5 s")


def test_a_host_that_never_starts_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accessor_host.conformance.runner.START_TIMEOUT", SHORT)
    (result,) = judge(made_case(), fake_host("import signal; signal.pause()"))
    assert result.verdict == "fail"
    assert result.reason == "0.5 s passed in waiting until the script reports @started()"


def test_a_host_that_ends_fails_with_its_exit_code_and_output() -> None:
    program = "print('some log'); sys.stderr.write('bad luck'); sys.exit(3)"
    (result,) = judge(made_case(), fake_host(STARTED + program))
    assert result.reason == "the host ended with exit code 3 before the script reported done()"
    assert result.detail == "stdout:\nsome log\nstderr:\nbad luck"
    assert (result.stdout, result.stderr) == ("some log", "bad luck")
    assert (result.expected, result.actual) == ("done()", "the host ended with exit code 3")


def test_a_host_that_crashes_fails_with_the_signal() -> None:
    reason = fails("os.kill(os.getpid(), signal.SIGSEGV)")
    assert reason == "the host ended by SIGSEGV before the script reported done()"


@pytest.mark.parametrize(
    "line", ["{", "[]", "7", '{"report": 7, "values": []}', '{"report": "done", "values": 7}']
)
def test_a_host_that_prints_nonsense_fails(line: str) -> None:
    reason = fails(f"print({MARKER + line!r}, flush=True)" + HANG)
    assert reason.startswith("the host printed a report that is none: ")


def test_a_host_that_prints_without_end_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MAX_OUTPUT", 1_000_000)
    assert fails("\nwhile True: print('x' * 1000)") == "the host prints without end"


def test_other_output_does_no_harm() -> None:
    program = "print('log'); print('12:00 INFO ' + chr(92) + 'x00', end=' '); report('done')" + HANG
    (result,) = judge(made_case(), fake_host(STARTED + program))
    assert result.verdict == "pass"


def test_another_report_fails_with_both() -> None:
    result = failure("report('other', 1, True)" + HANG)
    assert result.reason == "expected done(), but the script reported other(1, True)"
    assert (result.expected, result.actual) == ("done()", "other(1, True)")
    assert result.reported == ("other(1, True)",)


def test_long_values_are_shown_at_length_apart_from_the_reason() -> None:
    async def drive(t: Trial) -> None:
        await t.expect("done", "x" * 1000 + "y")

    result = failure("report('done', 'x' * 1000 + 'z')" + HANG, drive=drive)
    assert len(result.reason) < 400
    assert result.expected == f"done('{'x' * 1000}y')"
    assert result.actual == f"done('{'x' * 1000}z')"


def test_the_last_reports_of_a_failure_are_kept() -> None:
    async def drive(t: Trial) -> None:
        for number in range(MAX_KEPT_REPORTS + 2):
            await t.expect("n", number)
        await t.expect("done")

    program = f"\nfor number in range({MAX_KEPT_REPORTS + 3}): report('n', number)\n"
    result = failure(program + HANG, drive=drive)
    assert result.reported == tuple(f"n({each})" for each in range(3, MAX_KEPT_REPORTS + 3))
    assert result.actual == result.reported[-1]


def test_a_second_start_is_another_report() -> None:
    result = failure("report('@started')" + HANG)
    assert (result.expected, result.actual) == ("done()", "@started()")


def test_a_host_runs_in_the_directory_of_its_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("host.py").write_text(
        f"SCRIPT = __import__('sys').argv[1]\n{STARTED}"
        "report('done', os.getcwd(), os.path.isabs(SCRIPT), os.path.exists(SCRIPT))" + HANG,
        encoding="utf-8",
    )

    async def drive(t: Trial) -> None:
        await t.expect("done", str(tmp_path), True, True)

    own = find_host(shlex.join([sys.executable, "host.py", "{script}"]))
    (result,) = judge(made_case(drive), own)
    assert (result.verdict, result.reason) == ("pass", "")


def test_more_values_than_expected_fail() -> None:
    reason = fails("report('done', None)" + HANG)
    assert reason == "expected done(), but the script reported done(None)"


def test_a_command_that_cannot_run_fails() -> None:
    (result,) = judge(made_case(), HostCommand("none", ("/nowhere/at/all", "{script}")))
    assert result.verdict == "fail"
    assert "/nowhere/at/all" in result.reason


def test_a_case_that_is_wrong_is_not_the_host_s_fault() -> None:
    async def drive(t: Trial) -> None:
        raise KeyError("typo")

    (result,) = judge(made_case(drive), fake_host(STARTED + HANG))
    assert result.reason == "the kit itself failed: KeyError: 'typo'"


def test_everything_that_a_host_started_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    program = f"""
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
open({str(pid_file)!r}, "w").write(str(child.pid))
signal.signal(signal.SIGTERM, signal.SIG_IGN)
"""
    (result,) = judge(made_case(), fake_host(STARTED + program + HANG), timeout=SHORT)
    assert result.verdict == "fail"
    assert _is_gone(int(pid_file.read_text()))


def test_a_host_that_leaves_its_group_does_not_hold_the_run_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LAST_WORDS_TIMEOUT", 0.1)
    pid_file = tmp_path / "pid"
    program = f"""
import subprocess
child = subprocess.Popen(
    [sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
open({str(pid_file)!r}, "w").write(str(child.pid))
report("done")
"""
    try:
        (result,) = judge(made_case(), fake_host(STARTED + program + HANG))
        assert result.verdict == "pass"
    finally:
        os.kill(int(pid_file.read_text()), signal.SIGKILL)


def test_cases_run_at_the_same_time_and_keep_their_order() -> None:
    host = fake_host(STARTED + "report('done')" + HANG)
    slow = fake_host(STARTED + HANG, "slow")
    cases = [made_case(id=f"made/{number}") for number in range(3)]
    results = judge(cases, host, slow, timeout=SHORT, jobs=6)
    assert [(r.case.id, r.host, r.verdict) for r in results] == [
        (case.id, name, verdict)
        for case in cases
        for name, verdict in (("fake", "pass"), ("slow", "fail"))
    ]


def test_a_deviation_on_the_wire_is_the_reason() -> None:
    async def drive(t: Trial) -> None:
        async with t.connect_raw() as raw:
            await raw.handshake()

    program = """
import re, socket
port = int(re.search(r"PORT = (\\d+)", open(SCRIPT).read())[1])
server = socket.create_server(("127.0.0.1", port))
while True:
    client = server.accept()[0]
    client.recv(65536)
    client.sendall(b"HTTP/1.1 500 No\\r\\n\\r\\n")
    client.close()
"""
    (result,) = judge(made_case(drive), fake_host(STARTED + program))
    assert result.reason.startswith("the handshake was answered with 'HTTP/1.1 500 No")


ECHO = """
import asyncio, re
from websockets.asyncio.server import serve
port = int(re.search(r"PORT = (\\d+)", open(SCRIPT).read())[1])
async def main():
    async def handler(socket):
        await socket.send('"y"')
        await socket.close(4001)
    async with serve(handler, "127.0.0.1", port):
        await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("what", "expected", "actual"),
    [
        ("expect_json", "'x'", "'y'"),
        ("expect_text", "'x'", """'"y"'"""),
        ("expect", "b'x' as a binary frame", """'"y"' as a text frame"""),
    ],
)
def test_a_message_that_differs_is_shown_beside_the_expected(
    what: str, expected: str, actual: str
) -> None:
    async def drive(t: Trial) -> None:
        async with t.connect() as client:
            await getattr(client, what)(b"x" if what == "expect" else "x")

    result = failure(ECHO, drive=drive)
    assert (result.expected, result.actual) == (expected, actual)


def test_a_close_code_that_differs_is_shown_beside_the_expected() -> None:
    async def drive(t: Trial) -> None:
        async with t.connect_raw() as raw:
            await raw.handshake()
            await raw.expect_close(1000, 1001)

    result = failure(ECHO, drive=drive)
    assert result.expected == "a close frame with 1000 or 1001"
    assert result.actual == "a close frame with 4001"


# Hosts


def test_any_command_with_a_script_is_a_host() -> None:
    host = find_host("sh -c 'cat {script}'")
    assert host.words(Path("/x y")) == ["sh", "-c", "cat /x y"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("perl", "expected python, node, or a command with {script} in it"),
        ("no-such-program {script}", "'no-such-program' cannot be found"),
        ("python/spidermonkey", "unknown engine 'spidermonkey'"),
    ],
)
def test_a_host_that_is_not_there_is_a_clear_error(name: str, said: str) -> None:
    with pytest.raises(AccessorHostError) as caught:
        find_host(name)
    assert said in str(caught.value)


def test_the_node_host_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(AccessorHostError, match=r"npm install @accessors-modules|no program node"):
        find_host("node", node_modules=str(tmp_path))


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
def test_the_node_host_runs_accessors_where_all_of_it_is_there(tmp_path: Path) -> None:
    for package in (NODE_PACKAGES[0], *NODE_ACCESSORS):
        (tmp_path / package).mkdir(parents=True)
        accessors = find_host("node", node_modules=str(tmp_path)).accessors
        assert bool(accessors) == (package == NODE_ACCESSORS[-1])
    assert accessors[-2:] == ("--accessor", "{script}")


def test_a_command_may_have_another_for_accessors() -> None:
    host = find_host("cat {script}", accessors="cat -n {script}")
    assert host.words(Path("a.js")) == ["cat", "a.js"]
    assert host.words(Path("a.js"), accessor=True) == ["cat", "-n", "a.js"]
    assert find_host("cat {script}").accessors == ()


@pytest.mark.parametrize(
    ("name", "accessors", "said"),
    [
        ("python", "cat {script}", "the host 'python' runs accessors by itself"),
        ("cat {script}", "cat", "the command 'cat' has no {script} in it"),
        ("cat {script}", "no-such-program {script}", "'no-such-program' cannot be found"),
    ],
)
def test_a_wrong_command_for_accessors_is_a_clear_error(
    name: str, accessors: str, said: str
) -> None:
    with pytest.raises(AccessorHostError) as caught:
        find_host(name, accessors=accessors)
    assert said in str(caught.value)


# Values


def test_values_are_compared_as_javascript_would() -> None:
    assert same(1, 1.0)
    assert same([1, {"a": None}], [1, {"a": None}])
    assert same(float("nan"), float("nan"))
    for expected, actual in ((1, True), (None, UNDEFINED), ([], {}), ("1", 1), ([1], [1, 2])):
        assert not same(expected, actual)


def test_the_prelude_reports_every_kind_of_value(engine: str) -> None:
    async def drive(t: Trial) -> None:
        await t.expect("plain", None, True, 1.5, "é\ud800\n", [1, [2]], {"a": {"$b": 1}})
        await t.expect("special", UNDEFINED, float("inf"), b"\x00\xff", an_error(name="RangeError"))
        await t.expect("attempt", "threw", AN_ERROR)
        await t.expect("attempt", "returned", 17)
        await t.expect("settled")
        if (await t.ended()) != 0:
            raise Deviation("it was to end with 0")

    script = r"""
report('plain', null, true, 1.5, 'é\ud800\n', [1, [2]], {a: {$b: 1}});
report('special', undefined, Infinity, new Uint8Array([0, 255]), new RangeError('x'));
attempt('attempt', function () { throw new Error('x'); });
attempt('attempt', function () { return 17; });
settle();
"""
    (result,) = judge(made_case(drive, script=script), find_host(f"python/{engine}"))
    assert (result.verdict, result.reason) == ("pass", "")


def _is_gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        except OSError:
            return True
        if state[0] == "Z":
            return True
    return False
