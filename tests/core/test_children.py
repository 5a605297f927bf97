"""Programs that the host starts: what they leave, and that nothing of them stays."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from accessor_host.core.children import ChildError, Finished, run_child

from ..support.wire import eventually, run


def run_on(loop: str, work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in an event loop of a kind."""
    factory = asyncio.new_event_loop
    if loop == "uvloop":
        factory = pytest.importorskip("uvloop").new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(work)


def child(code: str, data: bytes = b"", **limits: Any) -> Finished:
    """Run a Python program as a child."""
    given = {"seconds": 20.0, "max_output": 100_000, "environment": {}, **limits}

    async def main() -> Finished:
        return await run_child([sys.executable, "-c", code], data, **given)

    finished: Finished = run(main())
    return finished


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie of an init that reaps late is not alive.
    return " Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[1][:3]


def test_what_it_reads_and_writes() -> None:
    code = "import sys; d = sys.stdin.buffer.read(); print(len(d)); print('x', file=sys.stderr)"
    assert child(code, b"a" * 1_000_000) == Finished(0, b"1000000\n", "x\n")
    assert child("import sys; sys.exit(3)").code == 3


def test_it_need_not_read() -> None:
    assert child("print(1)", b"a" * 5_000_000).output == b"1\n"


def test_it_gets_the_environment_that_is_given_alone() -> None:
    code = "import os; print({k for k in os.environ if not k.startswith('LC_')})"
    assert child(code, environment={"ONE": "1"}).output == b"{'ONE'}\n"


def test_what_is_not_there_is_an_error() -> None:
    async def main() -> None:
        with pytest.raises(ChildError) as caught:
            await run_child(["/nowhere/program"], b"", seconds=1, max_output=1, environment={})
        assert caught.value.code == "ENOENT"
        assert "cannot start 'program'" in caught.value.reason

    run(main())


@pytest.mark.parametrize("most", [4, 5])
def test_the_limit_of_what_it_writes(most: int) -> None:
    if most == 5:
        assert child("print(1234)", max_output=most).output == b"1234\n"
        return
    with pytest.raises(ChildError) as caught:
        child("print(1234)", max_output=most)
    assert caught.value.code == "ERR_CHILD_OUTPUT"


def test_one_that_floods_is_ended() -> None:
    with pytest.raises(ChildError) as caught:
        child("while True: print('x' * 1000)")
    assert caught.value.code == "ERR_CHILD_OUTPUT"
    long = child("import sys; sys.stderr.write('x' * 1_000_000)").complaint
    assert len(long) == 65_536


FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, file=open({path!r}, "w"), flush=True)
os.rename({path!r}, {path!r} + ".done")
time.sleep(600)
"""


def test_one_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    with pytest.raises(ChildError) as caught:
        child(FAMILY.format(path=str(path)), seconds=2.0, environment=dict(os.environ))
    assert caught.value.code == "ERR_CHILD_TIMEOUT"
    pid = int((tmp_path / "pid.done").read_text())
    end = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.01)
    assert not is_alive(pid)


STUBBORN = """#!/bin/sh
trap '' TERM
echo $$ > {path}
sleep 600
"""
"""Writes its number, ignores what asks it to end, and has a child that keeps its pipes open."""


async def cancel_early(task: asyncio.Task[Any], turns: int) -> None:
    """Cancel a task again and again, from some iteration of the loop on."""
    for _ in range(turns):
        await asyncio.sleep(0)
    while not task.done():
        task.cancel()
        await asyncio.sleep(0)


def group_is_alive(group: int) -> bool:
    """Tell whether anything of a group of processes is alive, and no zombie."""
    return any(
        (text := stat.read_text(errors="replace").rpartition(")")[2].split())[2] == str(group)
        and text[0] not in "ZX"
        for stat in Path("/proc").glob("[0-9]*/stat")
        if stat.exists()
    )


def wait_until_gone(group: int) -> None:
    """Wait until nothing of a group of processes is alive: what was killed takes a moment."""
    end = time.monotonic() + 5
    while group_is_alive(group):
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("turns", range(12))
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_one_whose_caller_gives_up_while_it_starts_is_ended(
    turns: int, loop: str, tmp_path: Path
) -> None:
    """asyncio waits for ever here: it ends the program and not its child, which has the pipes."""
    path = tmp_path / "pid"
    (tmp_path / "program").write_text(STUBBORN.format(path=path))
    (tmp_path / "program").chmod(0o755)

    async def main() -> None:
        command = [str(tmp_path / "program")]
        task = asyncio.create_task(
            run_child(command, b"x" * 1_000_000, seconds=60, max_output=1, environment={})
        )
        async with asyncio.timeout(10):
            await cancel_early(task, turns)
        assert task.cancelled()

    run_on(loop, main())
    if path.exists() and (number := path.read_text().strip()):
        wait_until_gone(int(number))


def test_what_cannot_be_started_is_given_up_too() -> None:
    async def main() -> None:
        task = asyncio.create_task(
            run_child(["/nowhere/program"], b"", seconds=1, max_output=1, environment={})
        )
        await cancel_early(task, 1)
        assert task.cancelled()

    run(main())


LEAVES = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    open({path!r}, "w").write(str(os.getpid()))
    os.rename({path!r}, {path!r} + ".done")
    time.sleep(600)
while not os.path.exists({path!r} + ".done"):
    time.sleep(0.01)
"""


def test_one_that_left_its_group_keeps_nobody_waiting(tmp_path: Path) -> None:
    """It has the pipes, and does not read what is still to be written."""
    path = tmp_path / "pid"
    with pytest.raises(ChildError) as caught:
        child(LEAVES.format(path=str(path)), b"x" * 1_000_000, seconds=1.0)
    assert caught.value.code == "ERR_CHILD_TIMEOUT"
    os.kill(int((tmp_path / "pid.done").read_text()), signal.SIGKILL)


def test_one_whose_caller_gives_up_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    code = f"import os; open({str(path)!r}, 'w').write(str(os.getpid())); os.rename({str(path)!r}, "
    code += f"{str(path) + '.done'!r}); import time; time.sleep(600)"

    async def main() -> None:
        task = asyncio.create_task(
            run_child([sys.executable, "-c", code], b"", seconds=60, max_output=1, environment={})
        )
        await eventually((tmp_path / "pid.done").exists)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not is_alive(int((tmp_path / "pid.done").read_text()))

    run(main())
