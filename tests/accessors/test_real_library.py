"""The public accessor library, unchanged, on this host.

The library is other people's code and no part of this repository. Who has a checkout of it
(``icyphy/accessors``) can repeat the proof; the variable names its folder ``web``::

    ACCESSOR_HOST_REAL_LIBRARY=accessors/web python -m pytest tests/accessors/test_real_library.py

It takes some minutes, most of them waiting. Three things are looked at, on both engines:

- the test composites for which this host has the modules, run by ``accessor-host invoke``; most
  hold an accessor that compares what arrives with what should, and throws;
- what the library's own unit tests expect of single accessors;
- that every file with a ``setup`` can be set up, stand-ins taking the places of modules that this
  host does not have.

What a folder does not hold is skipped. The composites have ports of their own on this machine
(8090, 8183, 8184, 8982 and 9981), which must be free. The one for local storage leaves a folder
``LocalStorage…`` in ``/tmp``, as on every host.

Source: accessor host reference sections 5, 9, 10 and 11 (items 2 and 40).
"""

from __future__ import annotations

import asyncio
import io
import os
import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from accessor_host import Host
from accessor_host.inspection.inspection import inspect
from accessor_host.scripts.files import script_from_text

from ..support.programs import ACCESSOR_HOST, Ended, fixed_port, run

VARIABLE = "ACCESSOR_HOST_REAL_LIBRARY"
LIBRARY = Path(os.environ.get(VARIABLE, "")).absolute()
DEADLINE = 30.0

if not os.environ.get(VARIABLE):
    pytest.skip(f"{VARIABLE} does not name the library's folder web", allow_module_level=True)

# Composites, and the values that the display named TextDisplay must show, if it is telling.
COMPOSITES: dict[str, list[str] | None] = {
    "test/auto/Stop": ["0", "1", "2", "3"],
    "test/auto/TestComposite": [],
    "test/auto/RampJSDisplay": ["1", "2", "3", "4", "5"],
    "test/auto/RampJSTextDisplay": ["1", "2", "3", "4", "5"],
    "test/auto/RampJSTest": [],
    "test/auto/RampJSInspect": [],
    "test/auto/AccessorStatusTest": ["1", "2", "3", "4", "5"],
    "utilities/test/auto/LocalStorageTestJS": [
        "'apple'",
        "'bed'",
        "'car'",
        "'dog'",
        "'eagle'",
        "'ace'",
        "'car'",
        "'dog'",
        "'eagle'",
        "'ace'",
    ],
    "net/test/auto/SerialLoopbackIntToString": [],
    "net/test/auto/SerialLoopbackInvalid": [],
    "net/test/auto/SerialLoopbackJSON": [],
    "net/test/auto/SerialLoopbackNumber": [],
    "net/test/auto/SerialLoopbackShort": [],
    "net/test/auto/SerialLoopbackString": [],
    "net/test/auto/SerialLoopbackUnsignedByte": [],
    "net/test/auto/WebSocketClientJS": [],
    "net/test/auto/WebSocketClient2JS": [],
    "net/test/auto/WebSocketClient3JS": [],
    "net/test/auto/WebSocketLog": [],
    "net/test/auto/WebSocketSendReceive": None,
}

# Folders whose files are for other hosts, or no accessors.
ELSEWHERE = {"hosts", "demo", "adapters", "tutorial", "mocha", "node_modules"}

# Files that cannot be set up on the reference host either.
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
        for port in sorted(set(re.findall(r"'port', (\d+)\)", text))):
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


@pytest.mark.parametrize("name", COMPOSITES)
def test_a_composite_passes(engine: str, name: str) -> None:
    needs(name)
    ended = invoke(engine, name)
    assert (ended.code, ended.stderr) == (0, "")
    assert "wrapped up. Terminating" in ended.stdout.splitlines()[-1]
    shown = COMPOSITES[name]
    if shown is not None:
        assert re.findall("(?m)^TextDisplay: (.*)", ended.stdout) == shown


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["test/auto/RampJSTest", "test/auto/RampJSInspect"])
def test_the_order_of_timers_is_the_same_twenty_times(engine: str, name: str) -> None:
    needs(name)
    for _ in range(20):
        ended = invoke(engine, name)
        assert (ended.code, ended.stderr) == (0, "")


def test_composites_run_side_by_side(engine: str) -> None:
    names = [name for name in COMPOSITES if name.startswith("test/auto/RampJS")]
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
        if not ELSEWHERE.intersection(path.relative_to(LIBRARY).parts) and _is_accessor(path)
    ]
    assert names, f"{LIBRARY} holds no accessors"

    async def main() -> list[str]:
        wrong = []
        for name in names:
            found = await inspect(name, library=[LIBRARY], engine=engine)
            if found.interface is None or found.interface.get("incomplete"):
                wrong.append("; ".join([name, *map(str, found.problems)]))
        return wrong

    wrong = asyncio.run(main())
    unexpected = [text for text in wrong if text.partition(";")[0] not in WRONG]
    assert not unexpected, "\n".join(unexpected)


def _is_accessor(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    return "exports.setup" in text and f"this.{REALIZE}(" not in text
