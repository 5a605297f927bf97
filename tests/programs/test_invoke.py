"""``accessor-host invoke``: what starts, in which order, and how a run ends."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from accessor_host.programs.invoke import EndAfter, RunScript, Say

from ..support.library import run_here, write_library
from ..support.programs import ACCESSOR_HOST, TIMEOUT, Ended, Program, run
from ..support.wire import handshake

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

ALL_ENDED = "All initialized accessors have wrapped up. Terminating."
NOTHING = "No standalone accessors were instantiated"

# Tells every step of its life, and stops by itself.
TELLS = """
    exports.setup = function () {
      console.log(this.accessorName, 'setup');
      this.parameter('ms', { type: 'int', value: 1 });
      this.parameter('text', { type: 'string', value: 'default' });
    };
    exports.initialize = function () {
      console.log(this.accessorName, 'initialize', this.getParameter('text'));
      this.stopAt(this.getParameter('ms'));
    };
    exports.wrapup = function () { console.log(this.accessorName, 'wrapup'); };
"""

# Never stops, and leaves a socket and a timer open.
STAYS = """
    const { Server } = require('@modules/web-socket-server');
    exports.setup = function () { this.parameter('port', { value: 0 }); };
    exports.initialize = function () {
      const server = new Server({ port: this.getParameter('port'), hostInterface: '127.0.0.1' });
      server.on('listening', (port) => console.log('listening', port));
      server.on('close', () => console.log('server closed'));
      server.start();
      setInterval(function () {}, 5);
    };
    exports.wrapup = function () { console.log(this.accessorName, 'wrapup'); };
"""

IDLE = """
    exports.setup = function () {};
    exports.wrapup = function () { console.log(this.accessorName, 'wrapup'); };
"""

OUTER = """
    exports.setup = function () {
      const inner = this.instantiate('inner', 'Tells');
      inner.setParameter('text', 'from setup');
    };
    exports.initialize = function () { this.stop(); };
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder with classes."""
    return write_library(
        tmp_path / "library",
        {"Tells": TELLS, "deep/Tells": TELLS, "Stays": STAYS, "Idle": IDLE, "Outer": OUTER},
    )


@pytest.fixture
def invoke(engine: str, library: Path, tmp_path: Path) -> Callable[..., Ended]:
    """Run the real command to its end."""

    def finish(*words: str | Path) -> Ended:
        command = [ACCESSOR_HOST, "invoke", "--engine", engine, "--library", library]
        return run([*command, *words], cwd=tmp_path)

    return finish


@pytest.fixture
def start(engine: str, library: Path, tmp_path: Path) -> Callable[..., Program]:
    """Start the real command, as a context manager."""

    def begin(*words: str | Path) -> Program:
        command = [ACCESSOR_HOST, "invoke", "--engine", engine, "--library", library]
        return Program([*command, *words], cwd=tmp_path)

    return begin


# What starts


def test_37_words_are_done_from_left_to_right(invoke: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "look.js").write_text(
        "console.log('sees', getTopLevelAccessors().map((one) => one.accessorName).join());"
    )
    ended = invoke("-js", "look.js", "Tells", "deep/Tells.js", "--js", "look.js", "-e", "Tells")
    assert (ended.code, ended.stderr) == (0, "")
    began = [line for line in ended.stdout.splitlines() if not line.endswith("wrapup")]
    *steps, echo, fifth, sixth, last = began
    assert steps == [
        "sees ",
        "Tells setup",
        "Tells initialize default",
        "Tells2 setup",
        "Tells2 initialize default",
        "sees Tells,Tells2",
    ]
    assert echo.startswith("[ '--engine', ")
    assert echo.endswith(
        ", '-js', 'look.js', 'Tells', 'deep/Tells.js', '--js', 'look.js', '-e', 'Tells' ]"
    )
    assert [fifth, sixth] == ["Tells3 setup", "Tells3 initialize default"]
    assert last == ALL_ENDED
    assert ended.stdout.count(" wrapup\n") == 3


def test_classes_are_found_here_in_the_library_and_in_the_environment(
    engine: str, tmp_path: Path
) -> None:
    named = "exports.initialize = function () { console.log('NAME'); this.stop(); };" + (
        "exports.setup = function () {};"
    )
    folders = {}
    for name, classes in {
        "here": ["A"],
        "one": ["A", "B"],
        "two": ["A", "B", "C"],
        "variable": ["A", "B", "C", "sub/D"],
    }.items():
        sources = {one: named.replace("NAME", f"{one} of {name}") for one in classes}
        folders[name] = write_library(tmp_path / name, sources)
    words = ["A", "B", "C", "sub/D", "--library", "../one", "-library", "../two"]
    ended = run(
        [ACCESSOR_HOST, "invoke", "--engine", engine, *words],
        cwd=folders["here"],
        env={"ACCESSOR_LIBRARY": f"{folders['variable']}"},
    )
    *lines, last = ended.stdout.splitlines()
    assert lines == ["A of here", "B of one", "C of two", "sub/D of variable"]
    assert (ended.code, ended.stderr, last) == (0, "", ALL_ENDED)


def test_a_script_makes_and_starts_accessors(invoke: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "make.js").write_text("""
        var name = uniqueName('deep/Tells');
        var made = instantiate(name, 'deep/Tells');
        console.log(made.getName(), uniqueName('deep/Tells'), getAccessorCode('Idle').length > 9);
        made.setParameter('text', 'by a script');
        made.initialize();
        instantiate('idle', 'Idle').initialize();
        setTimeout(function () { stopAllAccessors(); console.log('stopped'); }, 20);
    """)
    ended = invoke("--js", "make.js")
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        "Tells setup",
        "Tells Tells2 true",
        "Tells initialize by a script",
        "Tells wrapup",
        "Wrapping up idle",
        "idle wrapup",
        "stopped",
    ]


def test_parameters_are_set_before_initialize(engine: str, library: Path) -> None:
    ended = run_here(
        library,
        "Tells",
        "Outer",
        "Tells",
        parameters=[
            ("Tells.text", "plain text"),
            ("Outer.inner.text", '"quoted"'),
            ("Tells2.text", '{"a": 1}'),
            ("Tells2.ms", "2"),
        ],
        engine=engine,
    )
    assert (ended.code, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    # All are made first, so that nothing has started when a name is wrong.
    assert lines[:3] == ["Tells setup", "Outer.inner setup", "Tells2 setup"]
    assert [line for line in lines if "initialize" in line] == [
        "Tells initialize plain text",
        "Outer.inner initialize quoted",
        'Tells2 initialize {"a":1}',
        ALL_ENDED,
    ]


# Bad usage: exit code 2, and nothing starts


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Tells", "deep/None"], "cannot find accessor class 'deep/None'; looked for "),
        (["Tells", "--js", "none.js"], "cannot find script '"),
        (["Tells", "--library", "none"], "there is no folder none"),
        (["Tells", "--set", "Tels.ms=1"], "there is no accessor 'Tels' (accessors: Tells)"),
        (
            ["Tells", "--set", "Tells.sm=1"],
            "cannot set Tells.sm: accessor 'Tells' has no parameter 'sm' (parameters: ms, text)",
        ),
        (["Tells", "--set", "Tells.ms=1.5"], "Tells.ms expected an int, but got 1.5"),
        (
            ["Outer", "--set", "Outer.inner.none=1"],
            "accessor 'Outer.inner' has no parameter 'none'",
        ),
        (["Tells", "--set", "Tells"], "expected NAME.param=VALUE"),
        (["Tells", "--timeout"], "expected one argument"),
        (["Tells", "-t", "soon"], "expected 0 to 2147483647 milliseconds, not 'soon'"),
        (["Tells", "-timeout=-1"], "expected 0 to 2147483647 milliseconds, not '-1'"),
        (["Tells", "--callback-timeout", "x"], "expected seconds, 0 or more, not 'x'"),
        (["Tells", "-memory-limit", "1.5"], "expected MiB, 1 or more, not '1.5'"),
        (["Tells", "--bogus"], "there is no option --bogus"),
    ],
)
def test_what_is_not_there_ends_with_2_before_anything_starts(
    cli_here: Callable[..., Ended],
    library: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = cli_here("invoke", "--library", library, *words)
    assert ended.code == 2
    assert said in ended.stderr
    assert "initialize" not in ended.stdout
    assert "Traceback" not in ended.stderr


def test_a_missing_class_names_the_places_searched(library: Path, tmp_path: Path) -> None:
    ended = run([ACCESSOR_HOST, "invoke", "--library", library, "x/Y"], cwd=tmp_path)
    places = f"{tmp_path}/x/Y.js, {library}/x/Y.js"
    expected = f"accessor-host: cannot find accessor class 'x/Y'; looked for {places}\n"
    assert ended == Ended(2, "", expected)


# Nothing to run


def test_without_words_the_usage_is_printed() -> None:
    ended = run([ACCESSOR_HOST, "invoke"])
    assert (ended.code, ended.stdout) == (0, f"{NOTHING}\n")
    assert ended.stderr.startswith("usage: accessor-host invoke ")


@pytest.mark.parametrize("word", ["-h", "-version"])
def test_what_only_prints_ends_with_the_documented_line(word: str) -> None:
    ended = run([ACCESSOR_HOST, "invoke", word, "None"])
    assert (ended.code, ended.stderr) == (0, "")
    *_, last = ended.stdout.splitlines()
    assert last == NOTHING


def test_a_script_that_starts_nothing_runs_until_nothing_is_left(
    engine: str, library: Path, tmp_path: Path
) -> None:
    script = tmp_path / "script.js"
    script.write_text("setTimeout(() => console.log('late'), 300); instantiate('idle', 'Idle');")
    ended = run_here(library, RunScript(script), engine=engine)
    assert ended == Ended(0, f"{NOTHING}\nlate\n", "")


def test_words_that_only_print_need_no_host(library: Path) -> None:
    assert run_here(library, Say("one"), EndAfter(5), engine="none") == Ended(
        0, f"one\n{NOTHING}\n", ""
    )


# The end


def test_37_a_run_ends_with_its_last_accessor_whatever_is_still_open(
    engine: str, library: Path, tmp_path: Path
) -> None:
    script = tmp_path / "open.js"
    script.write_text("""
        const { Server } = require('@modules/web-socket-server');
        new Server({ port: 0 }).start();
        setInterval(() => {}, 5);
        instantiate('other', 'Idle').initialize();
    """)
    ended = run_here(library, RunScript(script), "Tells", "Tells", engine=engine)
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-3:] == [ALL_ENDED, "Wrapping up other", "other wrapup"]


def test_37_the_timeout_wraps_up_everything(engine: str, library: Path) -> None:
    ended = run_here(library, EndAfter(50), "Idle", "Stays", "Idle", engine=engine)
    assert (ended.code, ended.stderr) == (0, "")
    first, listening, *rest = ended.stdout.splitlines()
    assert first == "Setting timeout to stop after 50 ms."
    assert listening.startswith("listening ")
    assert rest == [
        "Maximum time reached. Wrapping up all accessors.",
        "Wrapping up Idle",
        "Idle wrapup",
        "Wrapping up Stays",
        "Stays wrapup",
        "Wrapping up Idle2",
        "Idle2 wrapup",
        "server closed",
    ]


def test_a_timeout_delays_nothing(engine: str, library: Path) -> None:
    ended = run_here(library, EndAfter(3_600_000), "Tells", engine=engine)
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1] == ALL_ENDED


def test_keepalive_runs_on_without_accessors(start: Callable[..., Program], tmp_path: Path) -> None:
    (tmp_path / "script.js").write_text("console.log('script');")
    with start("-k", "-js", "script.js", "-t", "100") as program:
        ended = program.wait()
    assert ended == Ended(
        0,
        "script\nSetting timeout to stop after 100 ms.\n"
        "Maximum time reached. Wrapping up all accessors.\n",
        "",
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_wraps_up_everything(
    start: Callable[..., Program], number: signal.Signals, code: int
) -> None:
    with start("Stays", "Idle") as program:
        program.wait_for("listening")
        program.send_signal(number)
        ended = program.wait()
    assert (ended.code, ended.stderr) == (code, "")
    assert ended.stdout.splitlines()[1:] == [
        "Wrapping up Stays",
        "Stays wrapup",
        "Wrapping up Idle",
        "Idle wrapup",
        "server closed",
    ]


def test_a_second_signal_ends_at_once(start: Callable[..., Program], library: Path) -> None:
    # The peer never answers the closing handshake, for which there is an hour.
    patient = STAYS.replace("new Server({", "new Server({ closingTimeout: 3600000,")
    write_library(library, {"Patient": patient})
    with start("Patient") as program:
        program.wait_for("listening")
        program.wait_for("\n")
        port = int(program.stdout.split()[1])
        with closing(socket.create_connection(("127.0.0.1", port), TIMEOUT)) as peer:
            peer.sendall(handshake())
            assert peer.recv(4096).startswith(b"HTTP/1.1 101 ")
            program.send_signal(signal.SIGINT)
            program.wait_for("Patient wrapup\n")
            program.send_signal(signal.SIGINT)
            ended = program.wait()
    assert ended.code == 130
    assert "server closed" not in ended.stdout
    assert "Traceback" not in ended.stderr


def test_a_closed_pipe_ends_the_run_without_a_traceback(engine: str, library: Path) -> None:
    write_library(
        library,
        {
            "Prints": "exports.setup = function () {};"
            "exports.initialize = function () {"
            "  let n = 0; setInterval(() => console.log('line', n++), 1); };"
        },
    )
    command = f"{ACCESSOR_HOST} invoke --engine {engine} --library '{library}' Prints | head -1"
    ended = run(["bash", "-c", command])
    assert ended.stdout == "line 0\n"
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


# Errors


def test_a_script_that_throws_does_not_keep_accessors_from_running(
    engine: str, library: Path, tmp_path: Path
) -> None:
    script = tmp_path / "bad.js"
    script.write_text("console.log('first');\nnull.x;\n")
    ended = run_here(library, RunScript(script), "Tells", engine=engine)
    assert ended.code == 1
    assert ended.stderr.startswith("Uncaught TypeError: ")
    assert f"{script}:2" in ended.stderr
    assert ended.stdout.splitlines()[-2:] == ["Tells wrapup", ALL_ENDED]


def test_error_alone_does_not_count(engine: str, library: Path) -> None:
    write_library(
        library,
        {
            "Complains": "exports.setup = function () {};"
            "exports.initialize = function () { error('no matter'); this.stop(); };"
        },
    )
    ended = run_here(library, "Complains", engine=engine)
    assert ended.code == 0
    assert "no matter" in ended.stderr


def test_after_an_error_a_run_in_which_nothing_can_happen_ends(engine: str, library: Path) -> None:
    write_library(
        library,
        {
            "Stuck": "exports.setup = function () {};"
            "exports.initialize = function () {"
            "  const self = this; setTimeout(() => { null.x; self.stop(); }, 5); };"
            "exports.wrapup = function () { console.log('wrapup'); };"
        },
    )
    ended = run_here(library, "Stuck", EndAfter(3_600_000), engine=engine)
    assert ended.code == 1
    assert ended.stdout.splitlines()[1:] == ["Wrapping up Stuck", "wrapup"]
    assert ended.stderr.endswith(
        "accessor-host: nothing is left to happen after these errors; the run ends\n"
    )


def test_a_port_that_is_taken_is_an_error(engine: str, library: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        parameters = [("Stays.port", str(port))]
        ended = run_here(library, "Stays", EndAfter(200), parameters=parameters, engine=engine)
    assert ended.code == 1
    assert "EADDRINUSE" in ended.stderr
    assert "Stays wrapup" in ended.stdout


def test_an_accessor_that_starts_itself_again_is_waited_for(engine: str, library: Path) -> None:
    write_library(
        library,
        {
            "Again": """
                var runs = 0;
                exports.setup = function () {};
                exports.initialize = function () {
                  const self = this;
                  console.log('run', ++runs);
                  setTimeout(function () {
                    self.wrapup();
                    if (runs < 3) self.initialize();
                  }, 1);
                };
            """
        },
    )
    ended = run_here(library, "Again", engine=engine)
    assert ended == Ended(0, f"run 1\nrun 2\nrun 3\n{ALL_ENDED}\n", "")
