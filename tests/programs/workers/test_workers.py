"""``--workers``: several processes for one script, as clients and administrators see them."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from accessor_host.net.addresses import CAN_SHARE

from ...support.certificates import Certificates
from ...support.programs import ACCESSOR_HOST, TIMEOUT, Ended, Program, free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CAN_SHARE, reason="this system cannot share ports"),
]

SERVER = """
    const { Server } = require('@modules/web-socket-server');
    const name = Math.random();
    const server = new Server(OPTIONS);
    server.on('listening', (port) => console.log('listening', port));
    server.on('connection', (socket) => {
      console.log('connection');
      socket.send(name);
      socket.on('message', () => server.stop());
      socket.on('close', (code) => console.log('socket closed', code));
    });
    server.on('close', () => console.log('server closed'));
    server.start();
"""

Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a script with two workers; all is killed when the test ends."""
    with ExitStack() as programs:

        def run(source: str, *words: str, **options: Any) -> Program:
            path = tmp_path / "script.js"
            path.write_text(source.replace("OPTIONS", json.dumps({"port": 0, **options})))
            command = [ACCESSOR_HOST, "run", "--workers", "2", *words, path]
            return programs.enter_context(Program(command))

        yield run


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Start]:
    """Start a script with two workers and other limits than those of the command line."""
    with ExitStack() as programs:

        def run(source: str, limits: str) -> Program:
            path = tmp_path / "script.js"
            path.write_text(source.replace("OPTIONS", '{"port": 0, "closingTimeout": 3600000}'))
            program = (
                "import sys\n"
                "from functools import partial\n"
                "from accessor_host.programs.workers.backoff import Backoff\n"
                "from accessor_host.programs.workers.supervisor import supervise\n"
                "settings = {'engine': 'auto', 'loop': 'auto'}\n"
                f"sys.exit(supervise(sys.argv[1], 2, settings, {limits}))\n"
            )
            return programs.enter_context(Program([sys.executable, "-c", program, path]))

        yield run


def port_of(program: Program) -> int:
    """Wait until both workers listen; return their port."""
    program.wait_for("listening", times=2)
    ports = re.findall(r"listening (\d+)\n", program.stdout)
    assert len(set(ports)) == 1, ports
    return int(ports[0])


def workers_of(program: Program) -> list[int]:
    """Find the processes that a program has started."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(ValueError, OSError):
            number = int(entry.name)
            # After the name, which may hold anything but is in parentheses: state and parent.
            if (entry / "stat").read_text().rsplit(")", 1)[1].split()[1] == str(program.pid):
                found.append(number)
    return sorted(found)


@contextmanager
def expect_end(processes: list[int]) -> Iterator[None]:
    """Wait until processes have ended, whatever their parent is by then."""
    with ExitStack() as files:
        handles = []
        for process in processes:
            handles.append(os.pidfd_open(process))
            files.callback(os.close, handles[-1])
        yield
        for process, handle in zip(processes, handles, strict=True):
            assert select.select([handle], [], [], TIMEOUT)[0], f"process {process} goes on"


def greeting(port: int, scheme: str = "ws", **options: Any) -> str:
    """Ask a worker for the name that it chose."""
    with connect(f"{scheme}://localhost:{port}", open_timeout=TIMEOUT, **options) as client:
        return str(client.recv(TIMEOUT))


def greetings(
    port: int, enough: Callable[[set[str]], bool], scheme: str = "ws", **options: Any
) -> set[str]:
    """Connect again and again, until those who answered are enough."""
    names: set[str] = set()
    deadline = time.monotonic() + TIMEOUT
    while not enough(names):
        assert time.monotonic() < deadline, names
        # What a worker had not accepted yet when it was killed is cut off.
        with suppress(OSError, EOFError, WebSocketException):
            names.add(greeting(port, scheme, **options))
    return names


def both(names: set[str]) -> bool:
    return len(names) == 2


def clients_of_both(port: int, stack: ExitStack) -> list[ClientConnection]:
    """Connect until each worker has a client; return one of each."""
    clients: dict[str, ClientConnection] = {}
    deadline = time.monotonic() + TIMEOUT
    while len(clients) < 2:
        assert time.monotonic() < deadline
        client = stack.enter_context(connect(f"ws://localhost:{port}", open_timeout=TIMEOUT))
        if clients.setdefault(str(client.recv(TIMEOUT)), client) is not client:
            client.close()
    return list(clients.values())


# Sharing


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_both_workers_answer_on_the_port_that_the_system_chose(
    start: Start, engine: str, loop: str
) -> None:
    program = start(SERVER, "--engine", engine, "--loop", loop)
    assert len(greetings(port_of(program), both)) == 2
    assert len(workers_of(program)) == 2


def test_both_workers_answer_on_the_port_that_the_script_names(start: Start) -> None:
    port = free_port()
    program = start(SERVER, port=port, hostInterface="127.0.0.1")
    assert port_of(program) == port
    greetings(port, both)


def test_servers_share_with_tls_as_well(start: Start, certificates: Certificates) -> None:
    program = start(SERVER, **certificates.options)
    trust = ssl.create_default_context(cafile=certificates.ca)
    greetings(port_of(program), both, "wss", ssl=trust)


def test_servers_of_the_top_level_share_in_their_order(start: Start) -> None:
    program = start("""
        const { Server } = require('@modules/web-socket-server');
        for (const name of ['a', 'b', 'c']) {
          const server = new Server({ port: 0 });
          server.on('listening', (port) => console.log('port of', name, port));
          server.start();
        }
    """)
    program.wait_for("port of", times=6)
    lines = program.stdout.splitlines()
    assert len(lines) == 6
    assert len(set(lines)) == 3
    assert len({line.split()[-1] for line in lines}) == 3


def test_a_later_server_without_a_port_has_one_of_its_own(start: Start) -> None:
    program = start("""
        const { Server } = require('@modules/web-socket-server');
        function serve() {
          const server = new Server({ port: 0 });
          server.on('listening', (port) => console.log('own', port));
          server.start();
        }
        setTimeout(serve, 1);
    """)
    program.wait_for("own", times=2)
    assert len(set(program.stdout.splitlines())) == 2


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_servers_can_stop_and_start_again(start: Start, loop: str) -> None:
    program = start(
        """
        const { Server } = require('@modules/web-socket-server');
        const server = new Server(OPTIONS);
        let times = 0;
        server.on('listening', () => { times++; console.log('listening'); server.stop(); });
        server.on('close', () => { if (times < 5) server.start(); });
        server.start();
        """,
        "--loop",
        loop,
        port=free_port(),
    )
    assert program.wait() == Ended(0, "listening\n" * 10, "")


def test_one_worker_cannot_listen_twice_on_a_port(start: Start) -> None:
    program = start(
        """
        const { Server } = require('@modules/web-socket-server');
        const [one, two] = [new Server(OPTIONS), new Server(OPTIONS)];
        one.on('listening', () => { console.log('listening'); two.start(); });
        two.on('listening', () => console.log('twice'));
        two.on('error', (error) => {
          console.log(error.code);
          // Something that listens after all: else the worker has failed, and starts again.
          const three = new Server({ ...OPTIONS, port: 0 });
          three.on('listening', () => { three.stop(); one.stop(); });
          three.start();
        });
        one.start();
        """,
        port=free_port(),
    )
    ended = program.wait()
    assert sorted(ended.stdout.split()) == ["EADDRINUSE"] * 2 + ["listening"] * 2
    assert (ended.code, ended.stderr) == (0, "")


# A port that is taken


@pytest.mark.parametrize("option", ["SO_REUSEADDR", "SO_REUSEPORT"])
def test_a_port_of_another_program_is_told_once(start: Start, option: str) -> None:
    with closing(socket.socket()) as taken:
        taken.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = start(SERVER, port=port, hostInterface="127.0.0.1").wait()
    assert (ended.code, ended.stdout) == (1, "")
    assert ended.stderr.count("Uncaught Error: listen EADDRINUSE") == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in ended.stderr
    assert "accessor-host: " not in ended.stderr


def test_a_port_of_other_workers_is_taken(start: Start) -> None:
    port = free_port()
    port_of(start(SERVER, port=port))
    ended = start(SERVER, port=port).wait()
    assert ended.code == 1
    assert ended.stderr.count("Uncaught Error: listen EADDRINUSE") == 1


def test_one_process_alone_shares_with_nobody(start: Start) -> None:
    program = start(SERVER, "--workers", "1", hostInterface="127.0.0.1")
    program.wait_for("listening")
    port = int(program.stdout.split()[1])
    assert workers_of(program) == []
    with closing(socket.socket()) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))


def test_the_others_do_not_wait_for_ever_when_the_script_goes_on(supervise: Start) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        program = supervise(
            f"""
            const {{ Server }} = require('@modules/web-socket-server');
            const server = new Server({{
              port: {taken.getsockname()[1]}, hostInterface: '127.0.0.1'
            }});
            server.on('error', (error) => console.log(error.code));
            server.start();
            setInterval(() => {{}}, 1000);
            """,
            "lead_time=0.3",
        )
        began = time.monotonic()
        program.wait_for("EADDRINUSE", times=2)
        assert time.monotonic() - began >= 0.3


# What is wrong with the script


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        ("throw new Error('top level')", 1, "Uncaught Error: top level"),
        ("let x = 1;\nlet x = 2;", 1, "Uncaught SyntaxError: "),
        ("\udce9", 2, "accessor-host: cannot read "),
    ],
)
def test_what_keeps_the_script_from_loading_is_told_once(
    tmp_path: Path, source: str, code: int, said: str
) -> None:
    path = tmp_path / "script.js"
    path.write_text(source, errors="surrogateescape")
    with Program([ACCESSOR_HOST, "run", "--workers", "3", path]) as program:
        ended = program.wait()
    assert (ended.code, ended.stdout) == (code, "")
    assert ended.stderr.count(said) == 1
    assert "worker" not in ended.stderr


def test_a_missing_file_is_told_once() -> None:
    with Program([ACCESSOR_HOST, "run", "--workers", "3", "/nowhere/script.js"]) as program:
        ended = program.wait()
    assert ended == Ended(2, "", "accessor-host: cannot find script '/nowhere/script.js'\n")


# Workers that end


def test_workers_that_end_by_themselves_are_not_started_again(start: Start) -> None:
    assert start("console.log('done')").wait() == Ended(0, "done\n" * 2, "")


def test_the_run_ends_when_the_last_worker_has_ended(start: Start) -> None:
    program = start(SERVER)
    with ExitStack() as stack:
        first, second = clients_of_both(port_of(program), stack)
        one, other = workers_of(program)
        with expect_end([one, other]):
            first.send("1")
            program.wait_for("server closed\n")
            # The other one has its client, and serves whoever comes.
            assert second.ping().wait(TIMEOUT)
            second.send("1")
    assert program.wait().code == 0
    assert program.stdout.count("listening") == 2


def test_a_worker_that_is_killed_is_started_again_on_the_same_port(start: Start) -> None:
    program = start(SERVER)
    port = port_of(program)
    names = greetings(port, both)
    first, second = workers_of(program)
    os.kill(second, signal.SIGKILL)
    program.wait_for("starts again", stream="stderr")
    survivors = greetings(port, lambda seen: len(seen - names) == 1 and len(seen) == 2)
    assert len(survivors & names) == 1
    assert re.fullmatch(
        rf"accessor-host: worker 2 \(pid {second}\) was killed by SIGKILL; "
        r"it starts again in 0\.2 s\n",
        program.stderr,
    )
    assert first in workers_of(program)


def test_a_worker_that_is_told_to_end_is_started_again(start: Start) -> None:
    program = start(SERVER)
    port = port_of(program)
    with connect(f"ws://localhost:{port}", open_timeout=TIMEOUT) as client:
        client.recv(TIMEOUT)
        for worker in workers_of(program):
            os.kill(worker, signal.SIGTERM)
        # In order: its clients are told.
        with pytest.raises(WebSocketException, match="1001"):
            client.recv(TIMEOUT)
    program.wait_for("listening", times=4)
    assert program.stderr.count("ended with exit code 143; it starts again in") == 2
    assert port_of(program) == port


def test_workers_that_keep_dying_end_the_run(supervise: Start) -> None:
    program = supervise(
        "setTimeout(() => { throw new Error('again') }, 1)",
        "backoff=partial(Backoff, first_delay=0.01, factor=3, max_deaths=3)",
    )
    ended = program.wait()
    assert ended.code == 1
    said = [line for line in ended.stderr.splitlines() if line.startswith("accessor-host: ")]
    expected = [
        "ended with exit code 1; it starts again in 0.01 s",
        "ended with exit code 1; it starts again in 0.03 s",
        "ended with exit code 1; giving up after 3 deaths in a row",
    ]
    histories = [
        [line.split(") ")[1] for line in said if f"worker {number} " in line] for number in (1, 2)
    ]
    assert expected in histories
    for history in histories:
        assert history == expected[: len(history)]


def test_giving_up_stops_the_other_workers_in_order(supervise: Start) -> None:
    program = supervise(SERVER, "backoff=partial(Backoff, max_deaths=1)")
    port_of(program)
    first, second = workers_of(program)
    with expect_end([first, second]):
        os.kill(first, signal.SIGKILL)
        ended = program.wait()
    assert ended.code == 128 + signal.SIGKILL
    assert "server closed" in ended.stdout
    assert ended.stderr == (
        f"accessor-host: worker 1 (pid {first}) was killed by SIGKILL; "
        "giving up after 1 deaths in a row\n"
    )


def test_an_interrupt_ends_a_wait_for_a_new_start(supervise: Start) -> None:
    program = supervise(SERVER, "backoff=partial(Backoff, first_delay=3600, max_delay=3600)")
    port_of(program)
    os.kill(workers_of(program)[0], signal.SIGKILL)
    program.wait_for("it starts again in 3600 s", stream="stderr")
    program.send_signal(signal.SIGINT)
    assert program.wait().code == 130


# Signals


def to_supervisor(program: Program, number: signal.Signals) -> None:
    program.send_signal(number)


def to_all(program: Program, number: signal.Signals) -> None:
    """Signal as a terminal does, and as an administrator's tool does."""
    os.killpg(program.pid, number)


@pytest.mark.parametrize("send", [to_supervisor, to_all])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_all_workers_in_order(
    start: Start,
    send: Callable[[Program, signal.Signals], None],
    number: signal.Signals,
    code: int,
) -> None:
    program = start(SERVER)
    with ExitStack() as stack:
        clients = clients_of_both(port_of(program), stack)
        with expect_end(workers_of(program)):
            send(program, number)
            for client in clients:
                with pytest.raises(WebSocketException, match="1001"):
                    client.recv(TIMEOUT)
            ended = program.wait()
    assert ended.code == code
    assert ended.stdout.count("server closed") == 2
    assert ended.stderr == ""


def test_ctrl_c_while_the_workers_start(start: Start) -> None:
    program = start(SERVER)
    deadline = time.monotonic() + TIMEOUT
    while not workers_of(program):
        assert time.monotonic() < deadline
    to_all(program, signal.SIGINT)
    ended = program.wait()
    assert (ended.code, ended.stderr) == (130, "")


def test_workers_leave_ctrl_c_to_the_supervisor(start: Start) -> None:
    program = start(SERVER)
    port_of(program)
    for worker in workers_of(program):
        os.kill(worker, signal.SIGINT)
        status = Path(f"/proc/{worker}/status").read_text()
        for kind in ("SigBlk", "ShdPnd"):
            found = re.search(rf"{kind}:\t(\w+)", status)
            assert found is not None
            assert int(found[1], 16) & (1 << (signal.SIGINT - 1)), kind


@contextmanager
def deaf_peers(port: int, workers: int = 2) -> Iterator[list[socket.socket]]:
    """Connect, until all workers have one, peers that answer no closing handshake."""
    request = (
        f"GET / HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    peers: dict[bytes, socket.socket] = {}
    with ExitStack() as stack:
        while len(peers) < workers:
            peer = stack.enter_context(
                closing(socket.create_connection(("localhost", port), TIMEOUT))
            )
            peer.sendall(request.encode())
            received = b""
            # The answer to the handshake, and the frame with the worker's name.
            while not re.search(rb"\r\n\r\n\x81.0\.\d+$", received):
                received += peer.recv(4096)
            if peers.setdefault(received.split(b"\x81")[-1], peer) is not peer:
                peer.close()
        yield list(peers.values())


def test_a_second_signal_ends_all_at_once(start: Start) -> None:
    program = start(SERVER, closingTimeout=3_600_000)
    with deaf_peers(port_of(program)) as peers, expect_end(workers_of(program)):
        program.send_signal(signal.SIGINT)
        # The close frame is proof that the first signal was dealt with.
        for peer in peers:
            assert peer.recv(1) == b"\x88"
        program.send_signal(signal.SIGINT)
        ended = program.wait()
    assert ended.code == 130
    assert "server closed" not in ended.stdout
    assert ended.stderr == ""


def test_workers_that_do_not_stop_are_killed(supervise: Start) -> None:
    program = supervise(SERVER, "grace=0.5")
    with deaf_peers(port_of(program)):
        processes = workers_of(program)
        with expect_end(processes):
            program.send_signal(signal.SIGTERM)
            began = time.monotonic()
            ended = program.wait()
        assert time.monotonic() - began >= 0.5
    assert ended.code == 143
    assert ended.stderr.splitlines() == [
        f"accessor-host: worker {number} (pid {process}) did not stop within 0.5 s; it is killed"
        for number, process in enumerate(processes, 1)
    ]


# The supervisor's death


def test_workers_end_in_order_without_their_supervisor(start: Start) -> None:
    program = start(SERVER)
    with ExitStack() as stack:
        clients = clients_of_both(port_of(program), stack)
        with expect_end(workers_of(program)):
            program.send_signal(signal.SIGKILL)
            for client in clients:
                with pytest.raises(WebSocketException, match="1001"):
                    client.recv(TIMEOUT)
    ended = program.wait()
    assert ended.stdout.count("server closed") == 2
    assert ended.stderr.count("no supervisor") == 2


WORKER = """
import sys
from accessor_host.programs.workers import worker
worker.ORPHAN_GRACE = 0.5
sys.exit(worker.main(sys.argv[1:]))
"""


class Channel:
    """A supervisor's side of the channel, held by a test."""

    def __init__(self, path: Path, engine: str = "auto", limit: float | None = 10) -> None:
        self.ours, theirs = socket.socketpair()
        self.ours.settimeout(TIMEOUT)
        settings = json.dumps({"engine": engine, "loop": "auto", "callback_timeout": limit})
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-c", WORKER, str(theirs.fileno()), path, settings],
                pass_fds=[theirs.fileno()],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        self._lines = self.ours.makefile("r")

    def receive(self) -> Any:
        return json.loads(self._lines.readline())

    def send(self, *message: object) -> None:
        self.ours.sendall(json.dumps(message).encode() + b"\n")

    def hang_up(self) -> None:
        self._lines.close()
        self.ours.close()

    def __enter__(self) -> Channel:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self.process.kill()
        self.process.communicate()


def wait_until_busy(process: int) -> None:
    """Wait until a process has computed for a while without a break."""

    def ticks() -> int:
        return int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[11])

    deadline, enough = time.monotonic() + TIMEOUT, ticks() + 10
    while ticks() < enough:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("engine", "limit"),
    # Without a limit nothing but SIGKILL interrupts dukpy, which keeps the GIL.
    [("quickjs", None), ("dukpy", 4.0)],
)
def test_an_endless_callback_does_not_outlive_the_supervisor(
    tmp_path: Path, engine: str, limit: float | None
) -> None:
    path = tmp_path / "script.js"
    path.write_text("""
        setInterval(() => {}, 1000);
        setTimeout(() => { console.log('in'); setTimeout(() => { for (;;); }); });
    """)
    with Channel(path, engine, limit) as channel:
        assert channel.receive() == ["ready"]
        assert channel.process.stdout is not None
        assert channel.process.stdout.readline() == "in\n"
        wait_until_busy(channel.process.pid)
        channel.hang_up()
        began = time.monotonic()
        assert channel.process.wait(TIMEOUT) == 143
        assert limit or time.monotonic() - began >= 0.5


# What the two say to each other


def test_a_worker_is_ready_when_its_servers_listen(tmp_path: Path) -> None:
    path = tmp_path / "script.js"
    path.write_text(SERVER.replace("OPTIONS", '{"port": 0, "hostInterface": "127.0.0.1"}'))
    with Channel(path) as channel:
        place = ["127.0.0.1", 0, 1]
        assert channel.receive() == ["claim", place, [[socket.AF_INET, "127.0.0.1"]]]
        port = free_port()
        channel.send("granted", port)
        assert channel.receive() == ["ready"]
        channel.send("stop", signal.SIGINT)
        assert channel.receive() == ["release", place]
        stdout, stderr = channel.process.communicate(timeout=TIMEOUT)
    assert channel.process.returncode == 130
    assert (stdout, stderr) == (f"listening {port}\nserver closed\n", "")


def test_only_the_supervisor_makes_a_worker_hurry(tmp_path: Path) -> None:
    path = tmp_path / "script.js"
    options = '{"port": 0, "hostInterface": "127.0.0.1", "closingTimeout": 500}'
    path.write_text(SERVER.replace("OPTIONS", options))
    with Channel(path) as channel:
        assert channel.receive()[0] == "claim"
        port = free_port()
        channel.send("granted", port)
        assert channel.receive() == ["ready"]
        with deaf_peers(port, 1) as [peer]:
            channel.send("stop", signal.SIGTERM)
            assert peer.recv(1) == b"\x88"
            # What manages services signals every process of one.
            channel.process.send_signal(signal.SIGTERM)
            stdout, stderr = channel.process.communicate(timeout=TIMEOUT)
    assert (channel.process.returncode, stderr) == (143, "")
    assert stdout.endswith("server closed\n")


def test_a_worker_that_cannot_have_its_port_is_not_ready(tmp_path: Path) -> None:
    path = tmp_path / "script.js"
    path.write_text(SERVER.replace("OPTIONS", '{"port": 8082}'))
    with Channel(path) as channel:
        kind, place, addresses = channel.receive()
        assert (kind, place) == ("claim", ["localhost", 8082, 0])
        assert [address for _, address in addresses] == ["127.0.0.1", "::1"]
        channel.send("refused", "EADDRINUSE", 8082, "told so")
        _, stderr = channel.process.communicate(timeout=TIMEOUT)
        with pytest.raises(ValueError, match="Expecting value"):
            channel.receive()
    assert channel.process.returncode == 1
    assert "listen EADDRINUSE: cannot listen on localhost:8082: told so" in stderr


def test_a_worker_without_an_answer_ends_with_its_supervisor(tmp_path: Path) -> None:
    path = tmp_path / "script.js"
    path.write_text(SERVER.replace("OPTIONS", '{"port": 8082}'))
    with Channel(path) as channel:
        assert channel.receive()[0] == "claim"
        channel.hang_up()
        stdout, stderr = channel.process.communicate(timeout=TIMEOUT)
    assert (channel.process.returncode, stdout) == (143, "")
    assert "no supervisor; it stops" in stderr
    assert "listen ECANCELED: cannot listen on localhost:8082: no supervisor" in stderr


# In a Python program


def test_a_python_program_has_workers_too(tmp_path: Path) -> None:
    (tmp_path / "script.js").write_text("""
        console.error('two');
        const { Server } = require('@modules/web-socket-server');
        const server = new Server({ port: 0 });
        server.on('listening', () => { console.log('one'); server.stop(); });
        server.start();
    """)
    (tmp_path / "program.py").write_text(
        "import sys, threading\n"
        "import accessor_host\n"
        "codes = []\n"
        "def run():\n"
        "    with open('out', 'w') as out, open('err', 'w') as err:\n"
        "        codes.append(\n"
        "            accessor_host.run('script.js', workers=3, stdout=out, stderr=err)\n"
        "        )\n"
        "thread = threading.Thread(target=run)\n"
        "thread.start()\n"
        "thread.join()\n"
        "sys.exit(codes[0])\n"
    )
    # What lies in the current directory is none of the workers' business.
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    # A Python outside the environment finds the package only where this program tells it.
    outside = getattr(sys, "_base_executable", sys.executable)
    program = "import runpy, sys; sys.path[:] = sys.argv[1:]; runpy.run_path('program.py')"
    search = [folder for folder in sys.path if folder]
    # A warning is for what is left open.
    command = [outside, "-W", "error", "-c", program, *search]
    with Program(command, cwd=tmp_path) as running:
        assert running.wait() == Ended(0, "", "")
    assert (tmp_path / "out").read_text() == "one\n" * 3
    assert (tmp_path / "err").read_text() == "two\n" * 3


def test_a_supervisor_has_no_engine_and_no_host(tmp_path: Path) -> None:
    (tmp_path / "script.js").write_text("console.log('done');")
    program = (
        "import sys\n"
        "from accessor_host.cli import main\n"
        "assert main(['run', '--workers', '2', sys.argv[1]]) == 0\n"
        "print({'_quickjs', 'dukpy', 'uvloop', 'accessor_host.host'} & set(sys.modules))\n"
    )
    with Program([sys.executable, "-c", program, tmp_path / "script.js"]) as running:
        assert running.wait() == Ended(0, "done\ndone\nset()\n", "")
