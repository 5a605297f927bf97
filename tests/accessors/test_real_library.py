"""The public accessor library, unchanged, on this host.

The library is other people's code and no part of this repository. Who has a checkout of it
(``icyphy/accessors``) can repeat the proof; the variable names its folder ``web``::

    ACCESSOR_HOST_REAL_LIBRARY=accessors/web python -m pytest tests/accessors/test_real_library.py

It takes some minutes, most of them waiting. Three things are looked at, on both engines:

- the test composites that need no internet, run by ``accessor-host invoke``: they print what they
  print on the reference host, and most hold an accessor that compares what arrives with what
  should, and throws;
- what the library's own unit tests expect of single accessors;
- that every file with a ``setup`` can be set up, stand-ins taking the places of modules that this
  host does not have, each for a reason that it gives.

What a folder does not hold is skipped. The composites have ports
of their own on this machine (4568, 8090, 8183, 8184, 8496, 8597, 8684, 8982 and 9981), which must
be free. The one for local storage leaves a folder ``LocalStorage…`` in ``/tmp``, as on every host.

Source: accessor host reference sections 5, 9, 10 and 11 (items 2 and 40).
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from accessor_host import Host
from accessor_host.inspection.inspection import inspect
from accessor_host.scripts.absent import why_absent
from accessor_host.scripts.files import script_from_text

from ..support.programs import ACCESSOR_HOST, Ended, fixed_port, run

VARIABLE = "ACCESSOR_HOST_REAL_LIBRARY"
LIBRARY = Path(os.environ.get(VARIABLE, "")).absolute()
DEADLINE = 30.0

if not os.environ.get(VARIABLE):
    pytest.skip(f"{VARIABLE} does not name the library's folder web", allow_module_level=True)

# What the 26 composites that need no internet print: as the library's own Node host prints it with
# all its packages, and without what only that host says. Three differ where it does not keep the
# specification: it neither encodes nor decodes what its web socket server sends and receives (two
# composites never end there), and its client loses what is sent between two attempts to connect.
GOLDEN: dict[str, list[str]] = json.loads(
    (Path(__file__).parents[1] / "vectors/library-output.json").read_text(encoding="utf-8")
)

# Composites whose last line comes on some runs and not on others, on the reference host too: it
# sends every 100 ms, is stopped at 4500, and what a serial port is sent then comes back on a later
# turn, unless it is closed by then.
SOMETIMES = {
    "net/test/auto/SerialLoopbackInvalid": "SerialPort: invalid data: a" + "b" * 44 + ", error: "
}

# Folders whose files are for other hosts, or no accessors.
ELSEWHERE = {"hosts", "demo", "adapters", "tutorial", "node_modules"}

# Files that cannot be set up on the reference host either: they set a parameter that another
# accessor does not have, and instantiate a class of a file that is not there.
WRONG = {"devices/test/TestHue.js", "grpc/greeterTest.js"}

# A function of earlier hosts, which accessors of old checkouts call in their setup. It did nothing
# but take a note.
REALIZE = "realize"


def needs(*classes: str) -> None:
    """Skip the test unless the folder has some classes."""
    for name in classes:
        if not (LIBRARY / f"{name}.js").is_file():
            pytest.skip(f"{LIBRARY} has no {name}.js")


def invoke(engine: str, *words: str) -> Ended:
    """Run a command line, having all ports that its composites name."""
    paths = [LIBRARY / f"{word}.js" for word in words]
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths if path.is_file())
    with ExitStack() as ports:
        for port in sorted(set(re.findall(r"'(?:port|listeningPort)', (\d+)\)", text))):
            ports.enter_context(fixed_port(int(port)))
        return run([ACCESSOR_HOST, "invoke", "--engine", engine, "--library", LIBRARY, *words])


def drive(engine: str, script: str) -> list[str]:
    """Run a script that makes accessors and prints; returns its lines."""
    stdout, stderr = io.StringIO(), io.StringIO()

    async def main() -> int:
        async with Host(engine=engine, library=[LIBRARY], stdout=stdout, stderr=stderr) as host:
            # Brings the globals for accessors.
            await host.accessors.control("isAnyRunning")
            host.accessors.follow(script_from_text(script, "drive.js"))
            await host.run(script, name="drive.js")
            await host.wait()
            return host.exit_code

    code = asyncio.run(asyncio.wait_for(main(), DEADLINE))
    assert (code, stderr.getvalue()) == (0, "")
    return stdout.getvalue().splitlines()


# Composites


@pytest.mark.parametrize("name", GOLDEN)
def test_a_composite_prints_what_it_does_on_the_reference_host(engine: str, name: str) -> None:
    needs(name)
    ended = invoke(engine, name)
    assert (ended.code, ended.stderr) == (0, "")
    lines = lines_of(name, ended.stdout)
    if name in SOMETIMES:
        lines = [line for line in lines if not line.startswith(SOMETIMES[name])]
    assert lines == GOLDEN[name]


def lines_of(name: str, text: str) -> list[str]:
    """Return what a composite printed, without what changes from run to run."""
    # The words for a text that is no JSON are each engine's own.
    text = re.sub("(?m)(error: SyntaxError: ).*", r"\1…", text)
    text = re.sub(r"/tmp/[^\s']+", "/tmp/…", text)
    if not name.endswith("AccessorStatusTest"):
        return text.splitlines()
    # Times, whose lengths decide where lines break.
    text = re.sub(r"(?<!TextDisplay): -?[0-9.]+(e-?[0-9]+)?", ": #", text)
    text = " ".join(text.split())
    return re.split(" (?=(?:Monitor|TextDisplay|Status|All initialized)\\b)", text)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["test/auto/RampJSTest", "test/auto/RampJSInspect"])
def test_the_order_of_timers_is_the_same_twenty_times(engine: str, name: str) -> None:
    needs(name)
    for _ in range(20):
        ended = invoke(engine, name)
        assert (ended.code, ended.stderr) == (0, "")


def test_composites_run_side_by_side(engine: str) -> None:
    names = [name for name in GOLDEN if name.startswith("test/auto/RampJS")]
    needs(*names)
    ended = invoke(engine, *names, *names, *names)
    assert (ended.code, ended.stderr) == (0, "")


def test_the_judge_of_the_composites_does_judge(engine: str) -> None:
    needs("test/auto/RampJSTest")
    values = "RampJSTest.TrainableTest2.correctValues=[1,2,3,5]"
    ended = invoke(engine, "--set", values, "test/auto/RampJSTest")
    assert ended.code == 1
    assert "is not within" in ended.stderr
    assert "TrainableTest.js:" in ended.stderr


# Single accessors


def test_ports_and_handlers(engine: str) -> None:
    needs("test/TestAccessor")
    lines = drive(
        engine,
        """
        const a = instantiate('a', 'test/TestAccessor');
        a.initialize();
        console.log(a.getParameter('p'));
        a.setParameter('p', 12);
        console.log(a.getParameter('p'));
        console.log(a.get('numeric'), a.get('untyped'), a.get('boolean'));
        a.provideInput('boolean', true);
        a.react();
        console.log(a.latestOutput('negation'));
        """,
    )
    assert lines[:3] == ["42", "12", "0 null null"]
    assert len(lines) == 5, "fire() prints one line"
    assert lines[-1] == "false"


def test_a_composite_by_hand(engine: str) -> None:
    needs("test/TestComposite")
    lines = drive(
        engine,
        """
        const a = instantiate('a', 'test/TestComposite');
        a.initialize();
        const [first, second] = a.containedAccessors;
        console.log(first.priority < second.priority);
        a.provideInput('input', 10);
        first.react();
        second.react();
        console.log(a.latestOutput('output'));
        const b = instantiate('b', 'test/TestComposite');
        b.initialize();
        b.provideInput('input', 5);
        b.react();
        console.log(b.latestOutput('output'));
        """,
    )
    # Some versions of the library print what they add.
    told = [line for line in lines if not line.startswith("TestAdder: ")]
    assert told == ["true", "50", "25"]


def test_spontaneous_outputs(engine: str) -> None:
    needs("test/TestSpontaneous", "test/TestCompositeSpontaneous")
    lines = drive(
        engine,
        """
        const classes = ['test/TestSpontaneous', 'test/TestCompositeSpontaneous'];
        const made = classes.map((name) => instantiate(uniqueName(name), name));
        for (const accessor of made) accessor.initialize();
        const tell = () => console.log(...made.map((one) => one.latestOutput('output')));
        setTimeout(tell, 1500);
        setTimeout(() => {
          tell();
          for (const accessor of made) accessor.wrapup();
        }, 2500);
        """,
    )
    assert lines == ["0 0", "1 4"]


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [
        ("TestInheritance", "'untyped', 'foo'", {"jsonOfUntyped": "hello"}),
        ("TestImplement", "'numeric', 42", {"numericPlusP": 84}),
        ("TestDerivedC", "'in1', '42'", {"out1": 2}),
        ("TestDerivedAgainA", "'in1', 42", {"out1": 2, "out2": 2}),
    ],
)
def test_levels_of_classes(
    engine: str, name: str, given: str, wanted: dict[str, str | int]
) -> None:
    needs(f"test/{name}")
    lines = drive(
        engine,
        f"""
        const a = instantiate('a', 'test/{name}');
        a.initialize();
        a.provideInput({given});
        a.react();
        for (const output of {list(wanted)}) console.log(a.latestOutput(output));
        console.log(a.outputList.join());
        """,
    )
    count = len(wanted)
    assert lines[-count - 1 : -1] == [str(value) for value in wanted.values()]
    if name == "TestDerivedAgainA":
        assert lines[-1] == "out1,error,out2"


def test_timers_with_one_clock(engine: str) -> None:
    folder = "deterministicTemporalSemantics"
    needs(f"{folder}/SpontaneousPeriodic", f"{folder}/SpontaneousAperiodic")
    lines = drive(
        engine,
        f"""
        const periods = {{ A: 2000, B: 4000, C: 1200 }};
        const make = (name, kind, parameter, milliseconds) => {{
          const accessor = instantiate(name, './{folder}/Spontaneous' + kind + '.js');
          accessor.setParameter('synchronizationLabel', 'SL');
          accessor.setParameter(parameter, milliseconds);
          return accessor;
        }};
        const all = Object.keys(periods).map((name) =>
          make(name, 'Periodic', 'period', periods[name])
        );
        all.push(make('O', 'Aperiodic', 'timeout', 1500));
        for (const accessor of all) accessor.initialize();
        const start = all[0].currentTime('SL');
        const seen = [];
        for (const accessor of all) {{
          accessor.on('output', () =>
            seen.push(accessor.accessorName + (accessor.currentTime('SL') - start))
          );
        }}
        setTimeout(() => console.log(seen.join(' ')), 12300);
        """,
    )
    assert lines[-1] == (
        "C1200 O1500 A2000 C2400 C3600 A4000 B4000 C4800 A6000 C6000 C7200 A8000 B8000 C8400 C9600 "
        "A10000 C10800 A12000 B12000 C12000"
    )
    assert [line[0] for line in lines[-4:-1]] == ["A", "B", "C"]


def test_a_mutable_is_one_accessor_and_then_another(engine: str) -> None:
    needs("mutable/MutableTestGain", "mutable/TestGain1", "mutable/TestGain2")
    lines = drive(
        engine,
        f"""
        Accessor.prototype.{REALIZE} = function () {{}};
        const mutable = instantiate('mutable', './mutable/MutableTestGain.js');
        const first = instantiate('first', './mutable/TestGain1.js');
        const second = instantiate('second', './mutable/TestGain2.js');
        const tell = (value) => {{
          mutable.provideInput('input', value);
          mutable.react();
          console.log('told', mutable.latestOutput('scaled'));
        }};
        for (const [accessor, values] of [[first, [1, 6]], [second, [6, 11]]]) {{
          console.log('told', isReifiableBy(mutable, accessor), mutable.reify(accessor));
          accessor.initialize();
          values.forEach(tell);
          console.log('told', mutable.unreify());
        }}
        """,
    )
    told = [line.removeprefix("told ") for line in lines if line.startswith("told ")]
    assert told == ["true true", "2", "12", "true", "true true", "24", "44", "true"]


def test_a_mutable_takes_what_arrives(engine: str) -> None:
    needs("utilities/MutableBase", "test/TestGain")
    lines = drive(
        engine,
        """
        const script = `exports.setup = function () {
          this.extend('utilities/MutableBase');
          this.input('input', { type: 'number' });
          this.output('scaled', { type: 'number' });
        };`;
        const mutable = new Accessor('mutable', script, getAccessorCode, {});
        mutable.initialize();
        const give = (what) => {
          mutable.provideInput('accessor', what);
          mutable.react();
          console.log(mutable.latestOutput('state'), mutable.state);
          mutable.provideInput('input', 4);
          mutable.react();
          console.log(mutable.latestOutput('scaled'));
        };
        give('test/TestGain');
        give({ accessor: 'test/TestGain', parameterMap: { gain: 10 }, inputMap: {} });
        give('');
        give(getAccessorCode('test/TestGain'));
        """,
    )
    real = "true reified"
    assert lines == [real, "8", real, "40", "false unreified", "40", real, "8"]


# All files


@pytest.mark.timeout(600)
def test_02_every_file_can_be_set_up(engine: str) -> None:
    names = [
        str(path.relative_to(LIBRARY))
        for path in sorted(LIBRARY.rglob("*.js"))
        if not _is_elsewhere(path.relative_to(LIBRARY)) and _is_accessor(path)
    ]
    assert names, f"{LIBRARY} holds no accessors"

    async def main() -> dict[str, list[str]]:
        wrong = {}
        for name in names:
            found = await inspect(name, library=[LIBRARY], engine=engine)
            problems = [text for problem in found.problems if not _is_absence(text := str(problem))]
            # What has no reason is no module that somebody decided to leave out.
            problems += [module for module in found.missing if why_absent(module) is None]
            if problems or found.interface is None or found.interface.get("incomplete"):
                wrong[name] = problems
        return wrong

    wrong = asyncio.run(main())
    assert wrong.keys() == WRONG.intersection(names), wrong


def _is_elsewhere(path: Path) -> bool:
    return path.parts[0] in ELSEWHERE or "mocha" in path.parts


def _is_absence(problem: str) -> bool:
    return re.search("Module '[^']+' is not available: ", problem) is not None


def _is_accessor(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    return "exports.setup" in text and f"this.{REALIZE}(" not in text
