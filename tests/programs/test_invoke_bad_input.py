"""Accessors that do something wrong: one message, the others run on, all wrap up, nothing hangs."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from accessor_host.programs.invoke import EndAfter

from ..support.library import run_here, write_library
from ..support.programs import ACCESSOR_HOST, Ended, Program, run

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

MARK = "// HERE"
"""Ends the line of a source that the message has to name."""


@dataclass(frozen=True)
class Bad:
    """An accessor that does something wrong.

    Args:
        source: its class.
        says: the first line of the message, after where it happened.
        where: what was running, in the message.
        wraps_up: whether it had begun, so that it has to be wrapped up.
        inline: place in inline code, if the fault is in it; the mark then is where that stands.
    """

    source: str
    says: str
    where: str = "initialize()"
    wraps_up: bool = True
    inline: str | None = None

    @property
    def line(self) -> int | None:
        """Number of the marked line, if there is one."""
        lines = self.source.splitlines()
        return next((n for n, line in enumerate(lines, 1) if line.endswith(MARK)), None)


WRAPUP = "exports.wrapup = function () { console.log(this.accessorName, 'wrapped up'); };\n"

BAD = {
    "ThrowsInScript": Bad(
        "var self = this;\nundefined.foo; // HERE\n",
        "TypeError: cannot read property 'foo' of undefined",
        where="the script",
        wraps_up=False,
    ),
    "DoesNotCompile": Bad(
        "exports.setup = function () {\n  this.input('a';// HERE\n};\n",
        "SyntaxError: ",
        where="the script",
        wraps_up=False,
    ),
    "ThrowsInSetup": Bad(
        "exports.setup = function () {\n  null.x(); // HERE\n};\n",
        "TypeError: cannot read property 'x' of null",
        where="setup()",
        wraps_up=False,
    ),
    "ThrowsInInitialize": Bad(
        "exports.setup = function () {};\n"
        "exports.initialize = function () {\n"
        "  setInterval(function () { console.log('must not tick'); }, 1);\n"
        "  throw new Error('no device'); // HERE\n"
        "};\n",
        "Error: no device",
    ),
    "ThrowsInHandler": Bad(
        r"""exports.setup = function () {
          this.input('x');
          var code = "exports.setup = function () { this.input('in'); };\n" +
            "exports.initialize = function () {\n" +
            "  this.addInputHandler('in', function onIn() {\n    throw new TypeError('bad');\n" +
            "  });\n};";
          var part = this.instantiateFromCode('part', code); // HERE
          this.connect('x', part, 'in');
        };
        exports.initialize = function () {
          this.provideInput('x', 1);
          this.stopAt(30);
        };
        """,
        "TypeError: bad",
        where="a handler of input 'in'",
        inline="onIn (ThrowsInHandler.part (inline):4:",
    ),
    "ThrowsInGenericHandler": Bad(
        "exports.setup = function () { this.input('x'); };\n"
        "exports.initialize = function () {\n"
        "  this.addInputHandler(function () {\n    throw { code: 7 };\n  });\n"
        "  this.send('x', 1);\n"
        "  this.stopAt(30);\n"
        "};\n",
        "{ code: 7 }",
        where="a handler of all inputs",
    ),
    "ThrowsInFire": Bad(
        "exports.setup = function () { this.input('x'); };\n"
        "exports.initialize = function () { this.send('x', 1); this.stopAt(30); };\n"
        "exports.fire = function () { // HERE\n  throw 'a text';\n};\n",
        "'a text'",
        where="fire()",
    ),
    "ThrowsInTimer": Bad(
        "exports.setup = function () {};\n"
        "exports.initialize = function () {\n"
        "  setTimeout(function late() {\n    nowhere(); // HERE\n  }, 1);\n"
        "  this.stopAt(30);\n"
        "};\n",
        "ReferenceError: nowhere is not defined",
        where="a 1 ms timeout",
    ),
    "ThrowsInWrapup": Bad(
        "exports.setup = function () {\n"
        "  this.instantiateFromCode('part', 'exports.setup = function () {};' +\n"
        "    \"exports.wrapup = function () { console.log('ThrowsInWrapup wrapped up'); }\");\n"
        "};\n"
        "exports.initialize = function () { this.stopAt(30); };\n"
        "exports.wrapup = function () {\n  throw new Error('2 tokens are missing'); // HERE\n};\n",
        "Error: 2 tokens are missing",
        where="wrapup()",
    ),
    "SendsInSetup": Bad(
        "exports.setup = function () {\n"
        "  this.output('out');\n"
        "  this.send('out', 1); // HERE\n"
        "};\n",
        "Error: accessor 'SendsInSetup' sent 'out' in setup(), where nothing is connected yet",
        where="setup()",
        wraps_up=False,
    ),
    "GetsNoPort": Bad(
        "exports.setup = function () { this.input('in'); this.parameter('p'); };\n"
        "exports.initialize = function () {\n  this.get('im'); // HERE\n};\n",
        "Error: accessor 'GetsNoPort' has no input or parameter 'im' (inputs: in; parameters: p)",
    ),
    "SendsToNoPort": Bad(
        "exports.setup = function () { this.output('out'); };\n"
        "exports.initialize = function () {\n  this.send('aut', 1); // HERE\n};\n",
        "Error: accessor 'SendsToNoPort' has no output or input 'aut' "
        "(outputs: out, error; inputs: none)",
    ),
    "ProvidesNoPort": Bad(
        "exports.setup = function () { this.input('in'); };\n"
        "exports.initialize = function () {\n  this.provideInput('out', 1); // HERE\n};\n",
        "Error: accessor 'ProvidesNoPort' has no input 'out' (inputs: in)",
    ),
    "ConnectsNoPort": Bad(
        "exports.setup = function () {\n"
        "  this.input('in');\n"
        "  var part = this.instantiateFromCode('part', 'exports.setup = function () {};');\n"
        "  this.connect('in', part, 'in'); // HERE\n"
        "};\n",
        "Error: connect(): Destination has no such input: in "
        "(accessor 'ConnectsNoPort.part' has inputs: none)",
        where="setup()",
        wraps_up=False,
    ),
    "HandlesNoPort": Bad(
        "exports.setup = function () { this.input('in'); };\n"
        "exports.initialize = function () {\n"
        "  this.addInputHandler('on', function () {}); // HERE\n"
        "};\n",
        "Error: accessor 'HandlesNoPort' has no input 'on' (inputs: in)",
    ),
    "Loops": Bad(
        "exports.setup = function () { // HERE\n"
        "  var code = \"exports.setup = function () { this.input('i'); this.output('o'); };\";\n"
        "  var a = this.instantiateFromCode('a', code), b = this.instantiateFromCode('b', code);\n"
        "  this.connect(a, 'o', b, 'i');\n"
        "  this.connect(b, 'o', a, 'i');\n"
        "};\n",
        "Error: Causality loop found including at least: Loops.",
    ),
    "SetsWrongType": Bad(
        "exports.setup = function () { this.parameter('n', { type: 'number' }); };\n"
        "exports.initialize = function () {\n  this.setParameter('n', { a: 1 }); // HERE\n};\n",
        "TypeError: SetsWrongType.n expected a",
    ),
    "HasWrongDefault": Bad(
        "exports.setup = function () { this.parameter('n', { type: 'int', value: 1.5 }); };\n"
        "exports.initialize = function () {\n  this.getParameter('n'); // HERE\n};\n",
        "TypeError: HasWrongDefault.n expected an int, but got 1.5",
    ),
    "ProvidesWrongType": Bad(
        "exports.setup = function () { this.input('n', { type: 'int' }); };\n"
        "exports.initialize = function () {\n  this.provideInput('n', 2.5); // HERE\n};\n",
        "TypeError: ProvidesWrongType.n expected an int, but got 2.5",
    ),
    "MissesModule": Bad(
        "\nrequire('@modules/text-dsplay'); // HERE\nexports.setup = function () {};\n",
        "Error: Cannot find module '@modules/text-dsplay'",
        where="the script",
        wraps_up=False,
    ),
    "MissesClass": Bad(
        "exports.setup = function () {\n  this.instantiate('part', 'no/Such'); // HERE\n};\n",
        "Error: Cannot find accessor class 'no/Such'; looked for ",
        where="setup()",
        wraps_up=False,
    ),
}

GOOD = (
    "exports.setup = function () { this.output('tick', { spontaneous: true }); };\n"
    "exports.initialize = function () {\n"
    "  var n = 0, self = this;\n"
    "  setInterval(function () { self.send('tick', n++); if (n === 3) self.stop(); }, 20);\n"
    "};\n"
    "exports.wrapup = function () { console.log('good ticks', this.latestOutput('tick') + 1); };\n"
)

NO_SETUP = "exports.initialize = function () { this.stop(); };\n"

ENDLESS = {
    "EndlessSetup": "exports.setup = function () { for (;;); };\n",
    "EndlessInitialize": "exports.setup = function () {};\n"
    "exports.initialize = function () { for (;;); };\n" + WRAPUP,
    "EndlessHandler": "exports.setup = function () { this.input('x'); };\n"
    "exports.initialize = function () {\n"
    "  this.addInputHandler('x', function forever() { for (;;); });\n"
    "  this.send('x', 1);\n"
    "  this.stopAt(5);\n"
    "};\n" + WRAPUP,
    "EndlessFire": "exports.setup = function () { this.input('x'); };\n"
    "exports.initialize = function () { this.send('x', 1); this.stopAt(5); };\n"
    "exports.fire = function () { for (;;); };\n" + WRAPUP,
    "EndlessTimer": "exports.setup = function () {};\n"
    "exports.initialize = function () {\n"
    "  setInterval(function spin() { for (;;); }, 1);\n"
    "  this.stopAt(5);\n"
    "};\n" + WRAPUP,
    "EndlessWrapup": "exports.setup = function () {\n"
    '  var code = "exports.setup = function () {}; exports.wrapup = function () {";\n'
    "  this.instantiateFromCode('first', code + ' for (;;); };');\n"
    "  this.instantiateFromCode('second', code + \" console.log('second wrapped up'); };\");\n"
    "};\n"
    "exports.initialize = function () { this.stop(); };\n" + WRAPUP,
}

ZERO_DELAY = (
    "exports.setup = function () { this.input('x'); };\n"
    "exports.initialize = function () {\n"
    "  var self = this;\n"
    "  this.addInputHandler('x', function () { self.send('x', self.get('x') + 1); });\n"
    "  this.send('x', 1);\n"
    "};\n" + WRAPUP
)

FEEDBACK = (
    "exports.setup = function () {\n"
    "  var code = \"exports.setup = function () { this.input('i');\" +\n"
    "    \" this.output('o', { spontaneous: true }); };\" +\n"
    '    "exports.initialize = function () { var self = this;" +\n'
    "    \" this.addInputHandler('i', function () { self.send('o', 1); }); };\";\n"
    "  var a = this.instantiateFromCode('a', code), b = this.instantiateFromCode('b', code);\n"
    "  this.input('x');\n"
    "  this.connect('x', a, 'i');\n"
    "  this.connect(a, 'o', b, 'i');\n"
    "  this.connect(b, 'o', a, 'i');\n"
    "};\n"
    "exports.initialize = function () { this.provideInput('x', 1); };\n" + WRAPUP
)


# Nothing but a signal ends it: it is stopped again and again.
PERSISTENT = (
    "exports.setup = function () { this.input('x'); };\n"
    "exports.initialize = function () {\n"
    "  var self = this;\n"
    "  setInterval(function () { self.send('x', 1); }, 1);\n"
    "};\n"
    "exports.fire = function () { for (;;); };\n" + WRAPUP
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all classes."""
    classes = {name: bad.source for name, bad in BAD.items()}
    for name, bad in BAD.items():
        if bad.wraps_up and "exports.wrapup" not in bad.source:
            classes[name] += WRAPUP
    classes |= {"Good": GOOD, "NoSetup": NO_SETUP, "ZeroDelay": ZERO_DELAY, "Feedback": FEEDBACK}
    classes["Persistent"] = PERSISTENT
    return write_library(tmp_path_factory.mktemp("library"), classes | ENDLESS)


_together: dict[str, Ended] = {}


@pytest.fixture
def together(engine: str, library: Path) -> Ended:
    """All bad accessors in one run of the real command, with a good one before and one after."""
    if engine not in _together:
        command = [ACCESSOR_HOST, "invoke", "--engine", engine, "--library", library]
        _together[engine] = run([*command, "Good", *BAD, "Good"])
    return _together[engine]


def messages(stderr: str) -> list[str]:
    """Split what was printed into messages."""
    return re.split(r"^(?=Uncaught |Stopped: |accessor-host: )", stderr, flags=re.MULTILINE)[1:]


def check_message(stderr: str, name: str, library: Path) -> None:
    """Check that the one message about an accessor says all that there is to say."""
    bad = BAD[name]
    told = [message for message in messages(stderr) if re.search(rf"'{name}[.']", message)]
    assert len(told) == 1, stderr
    owner = f"'{name}.part'" if bad.inline else f"'{name}'"
    first, *frames = told[0].splitlines()
    start = f"Uncaught Error: Exception in {bad.where} of accessor {owner}: {bad.says}"
    assert first.startswith(start)
    # Nothing of the host's own files, which say nothing to who wrote the accessor.
    assert "accessor-host:" not in told[0]
    places = [frame.strip() for frame in frames if frame.startswith("    at ")]
    if bad.inline is not None:
        assert places[0].startswith(f"at {bad.inline}")
    if bad.line is not None:
        place = places[0 if bad.inline is None else 1]
        assert re.search(rf"{re.escape(str(library))}/{name}\.js:{bad.line}\b", place), told[0]


@pytest.mark.parametrize("name", BAD)
def test_each_fault_is_told_once_with_accessor_and_line(
    name: str, together: Ended, library: Path
) -> None:
    check_message(together.stderr, name, library)


@pytest.mark.parametrize("name", [name for name, bad in BAD.items() if bad.wraps_up])
def test_each_accessor_that_began_is_wrapped_up(name: str, together: Ended) -> None:
    assert together.stdout.count(f"{name} wrapped up\n") == 1


def test_38_the_others_run_on_and_the_run_ends_by_itself(together: Ended) -> None:
    assert together.code == 1
    assert together.stdout.count("good ticks 3\n") == 2
    assert "must not tick" not in together.stdout
    assert together.stdout.endswith("wrapped up. Terminating.\n")
    assert "Traceback" not in together.stderr
    assert len(messages(together.stderr)) == len(BAD)


@pytest.mark.parametrize("name", BAD)
def test_38_each_fault_alone_makes_the_exit_code(name: str, engine: str, library: Path) -> None:
    ended = run_here(library, name, engine=engine)
    assert ended.code == 1
    check_message(ended.stderr, name, library)
    assert ended.stdout.count("wrapped up\n") == BAD[name].wraps_up


def test_an_accessor_without_setup_is_a_warning(engine: str, library: Path) -> None:
    ended = run_here(library, "NoSetup", engine=engine)
    assert ended.code == 0
    assert ended.stderr == (
        "accessor-host: warning: accessor 'NoSetup' has no setup(), and so no ports; "
        "a plain script runs with --js\n"
    )


def test_a_plain_script_ends_with_what_it_does(engine: str, library: Path) -> None:
    text = "setTimeout(function () { console.log('last'); }, 5);"
    write_library(library, {"Plain": text})
    ended = run_here(library, "Plain", engine=engine)
    assert (ended.code, ended.stdout) == (0, "last\nWrapping up Plain\n")
    warning, end = ended.stderr.splitlines()
    assert warning.startswith("accessor-host: warning: accessor 'Plain' has no setup()")
    assert end == "accessor-host: nothing is left to happen; the run ends"


def test_an_empty_file_is_one_line(engine: str, library: Path) -> None:
    write_library(library, {"Nothing": ""})
    ended = run_here(library, "Nothing", "Good", engine=engine)
    assert ended.code == 1
    assert len(ended.stderr.splitlines()) == 1
    assert "accessor 'Nothing' has no code" in ended.stderr
    assert "good ticks 3\n" in ended.stdout


# What takes its own end apart


ODD = {
    "NoFunction": "exports.initialize = function () { this.wrapup = 7; };",
    "NothingInIt": "exports.initialize = function () { this.wrapup = function () {}; };",
    "NoName": "exports.initialize = function () { this.accessorName = Symbol('n'); };",
    "NoList": "exports.initialize = function () { this.containedAccessors = 7; };",
    "StartsAgain": "exports.wrapup = function () { this.wrapup(); this.initialize(); };",
    "StartsOthers": "exports.wrapup = function () {"
    " instantiate(uniqueName('o'), 'StartsOthers').initialize(); };",
}


@pytest.mark.parametrize("name", ODD)
def test_38_no_accessor_can_keep_the_run_from_its_end(
    name: str, engine: str, library: Path
) -> None:
    source = f"exports.setup = function () {{}};\n{ODD[name]}\n"
    if "exports.wrapup" not in source:
        source += WRAPUP
    write_library(library, {name: source})
    ended = run_here(library, name, "Good", EndAfter(200), engine=engine)
    assert ended.code == (1 if name.startswith("No") and name != "NothingInIt" else 0)
    assert ended.stdout.count("good ticks ") == 1


@pytest.mark.parametrize("size", [17, 100, 106, 5000])
def test_a_full_heap_ends_the_run(size: int, engine: str, library: Path) -> None:
    if engine == "dukpy":
        pytest.skip("a full heap makes the engine of dukpy 0.6 damage its memory, at times")
    text = (
        "exports.setup = function () {};\n"
        "exports.initialize = function () {\n"
        f"  for (this.list = [];;) this.list.push(new Array({size}).fill(1));\n"
        "};\n"
    )
    write_library(library, {"Hoarder": text})
    command = [ACCESSOR_HOST, "invoke", "--engine", engine, "--library", library]
    ended = run([*command, "--callback-timeout", "0", "--memory-limit", "32", "Hoarder"])
    assert ended.code == 1
    # It is told with the callback, or, where the engine had no room for an error, without: room is
    # held for that. "The heap is full" is said where it stays full (tests/runtime/core).
    told, place = ended.stderr.splitlines()
    assert told in (
        "Uncaught Error: Exception in initialize() of accessor 'Hoarder': "
        "null, by a script or because the engine is out of memory",
        "Uncaught InternalError: out of memory",
        "Uncaught InternalError, thrown by the engine itself, as when it is out of memory",
    )
    assert place.startswith("    at " if "null" in told else ("    at ", "    in "))


# What does not end


def test_what_never_ends_is_stopped_and_all_is_wrapped_up(engine: str, library: Path) -> None:
    command = [ACCESSOR_HOST, "invoke", "--engine", engine, "--library", library]
    ended = run([*command, "--callback-timeout", "0.3", *ENDLESS, "Good"])
    assert ended.code == 1
    told = messages(ended.stderr)
    expected = {
        "EndlessSetup": "setup() of accessor 'EndlessSetup', a function",
        "EndlessInitialize": "initialize() of accessor 'EndlessInitialize', a function",
        "EndlessHandler": "a handler of input 'x' of accessor 'EndlessHandler', forever",
        "EndlessFire": "fire() of accessor 'EndlessFire', a function",
        "EndlessTimer": "a 1 ms interval of accessor 'EndlessTimer', spin",
        "EndlessWrapup": "wrapup() of accessor 'EndlessWrapup.first', a function",
    }
    for name, what in expected.items():
        [message] = [one for one in told if f"'{name}" in one]
        assert message.startswith(f"Stopped: {what} (")
        assert message.endswith(" ran longer than 0.3 s and was stopped\n")
        place = "EndlessWrapup.first (inline):1" if name == "EndlessWrapup" else f"{name}.js:"
        assert place in message
    assert len(told) == len(expected)
    for name in {*ENDLESS, "second"} - {"EndlessSetup"}:
        assert ended.stdout.count(f"{name} wrapped up\n") == 1
    assert ended.stdout.count("good ticks 3\n") == 1


@pytest.mark.slow  # it computes until its time is over
@pytest.mark.parametrize("name", ["ZeroDelay", "Feedback"])
def test_an_endless_loop_of_values_can_be_ended_by_the_timeout(
    name: str, engine: str, library: Path
) -> None:
    ended = run_here(library, EndAfter(300), name, "Good", engine=engine, callback_timeout=None)
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.count(f"{name} wrapped up\n") == 1
    assert ended.stdout.count("good ticks ") == 1


@pytest.mark.parametrize("name", ["ZeroDelay", "Feedback", "Persistent"])
@pytest.mark.slow
def test_a_signal_ends_what_never_ends(name: str, engine: str, library: Path) -> None:
    command = [ACCESSOR_HOST, "invoke", "--engine", engine, "--library", library]
    script = library / f"ready-{name}.js"
    script.write_text("console.log('ready');")
    with Program([*command, "--callback-timeout", "1", name, "--js", script]) as program:
        program.wait_for("ready")
        program.send_signal(signal.SIGINT)
        ended = program.wait()
    assert ended.code == 130
    assert ended.stdout.count(f"{name} wrapped up\n") == 1
    assert "Traceback" not in ended.stderr
