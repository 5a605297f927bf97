"""The runner: every case ends with a verdict and a reason, whatever the host does."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from accessor_host.conformance import process
from accessor_host.conformance.hosts import HostCommand, find_host
from accessor_host.conformance.process import MARKER
from accessor_host.conformance.trial import Trial
from accessor_host.conformance.values import AN_ERROR, UNDEFINED, an_error, same
from accessor_host.conformance.wire import Deviation
from accessor_host.errors import AccessorHostError

from ..support.conformance import fake_host, judge, made_case

STARTED = f"""
import sys, time, signal, os
def report(name, *values):
    import json
    print({MARKER!r} + json.dumps({{"report": name, "values": values}}), flush=True)
report("@started")
"""

HANG = "\nsignal.pause()\n"

SHORT = 0.5
"""Seconds, for cases that must run out of time."""


def fails(program: str, timeout: float = 10.0) -> str:
    """Run the made-up case with a host that fails it, and return the reason."""
    (result,) = judge(made_case(), fake_host(STARTED + program), timeout=timeout)
    assert result.verdict == "fail"
    return result.reason


def test_a_host_that_does_what_is_expected_passes() -> None:
    (result,) = judge(made_case(), fake_host(STARTED + "report('done')" + HANG))
    assert (result.verdict, result.reason, result.detail) == ("pass", "", "")


def test_a_host_that_hangs_fails_with_what_was_waited_for() -> None:
    reason = fails(HANG, SHORT)
    assert reason == "0.5 s passed in waiting until the script reports done()"


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
    reason = fails("report('other', 1, True)" + HANG)
    assert reason == "expected done(), but the script reported other(1, True)"


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
