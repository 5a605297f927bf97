"""Standard output and standard error into pipes whose readers stop to read."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from websockets.sync.client import connect

from accessor_host.programs import streams
from accessor_host.programs.streams import MAX_UNREAD, PATIENCE, Pipe, run_with_streams

from ..support.programs import ACCESSOR_HOST, TIMEOUT, free_port

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

ROOM = 65_536
"""Bytes that a pipe of Linux holds."""


class Reader:
    """The end of a pipe that is read when a test wants it to be."""

    def __init__(self) -> None:
        self.descriptor, self.writer = os.pipe()
        self.pipe = Pipe(self.writer)

    def read(self, size: int) -> bytes:
        """Read as much, which must come."""
        data = b""
        while len(data) < size:
            data += os.read(self.descriptor, size - len(data))
        return data

    def close(self) -> None:
        """Close what is open."""
        for descriptor in (self.descriptor, self.writer):
            with suppress(OSError):
                os.close(descriptor)


@pytest.fixture
def reader() -> Iterator[Reader]:
    """Make a pipe that nobody reads yet."""
    one = Reader()
    yield one
    one.close()


@pytest.fixture(params=["now", "older"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system as it is, and one that has no write that does not wait."""
    if request.param == "older":
        monkeypatch.delattr(os, "RWF_NOWAIT", raising=False)


@pytest.mark.usefixtures("system")
def test_what_a_pipe_takes_is_there_at_once(reader: Reader) -> None:
    assert reader.pipe.write(b"text\n")
    assert reader.read(5) == b"text\n"
    assert "accessor-host-output" not in {one.name for one in threading.enumerate()}


@pytest.mark.usefixtures("system")
def test_a_write_does_not_wait_and_everything_comes_in_its_order(reader: Reader) -> None:
    lines = [b"%d %s\n" % (number, b"x" * number) for number in range(3_000)]
    assert all(map(reader.pipe.write, lines))
    whole = b"".join(lines)
    assert len(whole) > 10 * ROOM
    assert not reader.pipe.finish(0.05)
    assert reader.read(len(whole)) == whole
    assert reader.pipe.finish(TIMEOUT)
    # And then as at first.
    assert reader.pipe.write(b"again")
    assert reader.read(5) == b"again"


def test_a_pipe_that_another_process_made_nonblocking(reader: Reader) -> None:
    os.set_blocking(reader.writer, False)
    whole = b"x" * 3 * ROOM
    assert reader.pipe.write(whole)
    assert reader.read(len(whole)) == whole


def test_more_than_the_limit_waits_once_and_is_dropped(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MAX_UNREAD", 1_000)
    monkeypatch.setattr(streams, "PATIENCE", 0.2)
    assert reader.pipe.write(b"a" * ROOM)
    assert reader.pipe.write(b"b" * 900)
    assert reader.pipe.write(b"c" * 100)
    began = time.monotonic()
    assert not reader.pipe.write(b"d")
    assert time.monotonic() - began >= 0.2
    monkeypatch.setattr(streams, "PATIENCE", TIMEOUT)
    # A second write would wait for that long.
    assert not reader.pipe.write(b"e")
    assert reader.read(ROOM + 1_000) == b"a" * ROOM + b"b" * 900 + b"c" * 100
    assert reader.pipe.finish(TIMEOUT)
    assert reader.pipe.write(b"f")
    assert reader.read(1) == b"f"


def test_a_slow_reader_gets_everything(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_UNREAD", 1_000)
    monkeypatch.setattr(streams, "PATIENCE", TIMEOUT)
    written: list[bool] = []

    def write() -> None:
        written.extend(reader.pipe.write(b"%04d" % number * 100) for number in range(1_000))

    thread = threading.Thread(target=write)
    thread.start()
    assert reader.read(400_000) == b"".join(b"%04d" % number * 100 for number in range(1_000))
    thread.join(TIMEOUT)
    assert written == [True] * 1_000


def test_one_text_may_be_larger_than_the_limit(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MAX_UNREAD", 1_000)
    assert reader.pipe.write(b"x" * 3 * ROOM)
    assert reader.read(3 * ROOM) == b"x" * 3 * ROOM


def test_a_reader_that_has_gone(reader: Reader) -> None:
    assert reader.pipe.write(b"x" * 2 * ROOM)
    os.close(reader.descriptor)
    with pytest.raises(BrokenPipeError):
        reader.pipe.finish(TIMEOUT)
    with pytest.raises(BrokenPipeError):
        reader.pipe.write(b"x")


def test_only_pipes_and_sockets_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def program() -> int:
        seen.append((sys.stdout, sys.stderr))
        return 0

    with (tmp_path / "file").open("w") as file:
        monkeypatch.setattr(sys, "stdout", file)
        monkeypatch.setattr(sys, "stderr", None)
        assert run_with_streams(program) == 0
        assert seen == [(file, None)]
        monkeypatch.setattr(sys, "stdout", io.StringIO())
        assert run_with_streams(program) == 0
        assert isinstance(seen[1][0], io.StringIO)


# Programs

SERVER = """
const { Server } = require('@modules/web-socket-server');
const server = new Server({ port: PORT });
let number = 0;
server.on('listening', () => console.error('listening'));
server.on('connection', (socket) => socket.on('message', (size) => {
  number += 1;
  console.log(number + ' ' + 'x'.repeat(size));
  socket.send(number);
}));
server.start();
"""

MEBIBYTE = 1024 * 1024


@contextmanager
def program(
    script: Path, source: str, *words: str, together: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a script whose output nobody reads, and kill it at the end."""
    script.write_text(source)
    errors = subprocess.STDOUT if together else subprocess.PIPE
    command = [ACCESSOR_HOST, "run", *words, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process:
        try:
            yield process
        finally:
            process.kill()


def lines_of(data: bytes) -> list[str]:
    """Return lines, without what makes them long."""
    return [line.rstrip("x").rstrip() for line in data.decode().splitlines()]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_clients_are_served_while_nobody_reads_the_output(
    engine: str, loop: str, tmp_path: Path
) -> None:
    port, most = free_port(), MAX_UNREAD // MEBIBYTE
    source = SERVER.replace("PORT", str(port))
    words = ["--engine", engine, "--loop", loop]
    with program(tmp_path / "s.js", source, *words) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stderr.readline() == b"listening\n"
        with connect(f"ws://127.0.0.1:{port}", open_timeout=TIMEOUT) as client:
            for number in range(1, most + 6):
                client.send(str(MEBIBYTE))
                assert client.recv(TIMEOUT) == str(number)
            assert process.stderr.readline() == (
                b"accessor-host: warning: nobody reads standard output; "
                b"what comes is dropped until somebody does\n"
            )
            # Those that fit are whole, and one line says how many did not.
            for number in range(1, most + 1):
                line = process.stdout.readline()
                assert line == b"%d %s\n" % (number, b"x" * MEBIBYTE)
            client.send("1")
            assert client.recv(TIMEOUT) == str(most + 6)
            assert process.stdout.readline() == b"%d x\n" % (most + 6)
            assert process.stderr.readline() == (
                b"accessor-host: warning: 5 texts were dropped, as nobody read standard output\n"
            )


def test_in_one_pipe_the_gap_is_told_in_its_place(tmp_path: Path) -> None:
    port, most = free_port(), MAX_UNREAD // MEBIBYTE
    source = SERVER.replace("PORT", str(port))
    with program(tmp_path / "s.js", source, together=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"listening\n"
        with connect(f"ws://127.0.0.1:{port}", open_timeout=TIMEOUT) as client:
            for number in range(1, most + 3):
                client.send(str(MEBIBYTE))
                assert client.recv(TIMEOUT) == str(number)
        process.send_signal(signal.SIGTERM)
        rest = lines_of(process.stdout.read())
    assert process.returncode == 128 + signal.SIGTERM
    assert rest == [
        *map(str, range(1, most + 1)),
        "accessor-host: warning: 2 texts were dropped, as nobody read standard output",
    ]


LINES = """
for (let number = 0; number < 3000; number += 1) {
  console.log(number + ' ' + 'x'.repeat(1000));
}
console.error('over');
"""


@pytest.mark.parametrize("words", [[], ["--workers=2"], ["--sandbox"]])
def test_a_program_ends_when_its_output_is_read(
    engine: str, words: list[str], tmp_path: Path
) -> None:
    with program(tmp_path / "s.js", LINES, "--engine", engine, *words) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stderr.readline() == b"over\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2 * PATIENCE)
        read = lines_of(process.stdout.read())
        assert sorted(set(read), key=int) == [str(number) for number in range(3_000)]
        assert process.wait(TIMEOUT) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_program_whose_output_nobody_reads(
    engine: str, number: signal.Signals, tmp_path: Path
) -> None:
    source = LINES + "setInterval(() => {}, 1000);"
    with program(tmp_path / "s.js", source, "--engine", engine) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"over\n"
        process.send_signal(number)
        assert process.wait(TIMEOUT) == 128 + number
        assert process.stderr.read() == (
            b"accessor-host: warning: nobody reads standard output; what waited for it is dropped\n"
        )


def test_a_program_that_waits_for_its_reader_can_be_interrupted(tmp_path: Path) -> None:
    with program(tmp_path / "s.js", LINES) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"over\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT) == 128 + signal.SIGINT


def test_a_reader_that_goes_ends_the_program(tmp_path: Path) -> None:
    with program(tmp_path / "s.js", LINES) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"0 x")
        process.stdout.close()
        assert process.wait(TIMEOUT) == 1
        assert process.stderr is not None
        assert process.stderr.read().endswith(b"accessor-host: the output was closed\n")
