"""``accessor-host check``: what is found in accessors that do not run."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from accessor_host.cli import main

from ..support.library_folder import LibraryFolder, here

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

__all__ = ["here"]

Check = Callable[..., list[str]]

GAIN = """
exports.setup = function () {
  this.input('in', { type: 'number' });
  this.input('count', { type: 'int' });
  this.input('on', { type: 'boolean' });
  this.output('out', { type: 'number' });
  this.output('flag', { type: 'boolean' });
  this.output('late', { spontaneous: true });
  this.parameter('gain', { type: 'number', value: 2 });
};
exports.initialize = function () { throw new Error('it was run'); };
"""


@pytest.fixture
def check(engine: str, here: LibraryFolder, capsys: pytest.CaptureFixture[str]) -> Check:
    """Check accessors, and return the lines of the report."""
    here.write("Gain", GAIN)

    def run(*words: str, code: int = 1) -> list[str]:
        assert main(["check", "--engine", engine, *words]) == code
        printed = capsys.readouterr()
        assert printed.err == ""
        return printed.out.splitlines()

    return run


def composite(lines: str) -> str:
    """Return a composite of two gains, a and b; line 4 is the first of those given."""
    return f"""
exports.setup = function () {{
  var a = this.instantiate('a', 'Gain');
  var b = this.instantiate('b', 'Gain');
{lines}
}};
"""


def test_nothing_is_found_in_good_accessors(check: Check, here: LibraryFolder) -> None:
    here.write("Top", composite("  this.connect(a, 'out', b, 'in');"))
    assert check("Gain", "Top", "Gain.js", code=0) == []


# Each line has its finding


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "this.connect(a, 'output', b, 'in');",
            "connect(): Source has no such output: output "
            "(accessor 'Top.a' has outputs: out, flag, late, error)",
        ),
        (
            "this.connect(a, 'out', b, 'inn');",
            "connect(): Destination has no such input: inn "
            "(accessor 'Top.b' has inputs: in, count, on)",
        ),
        (
            "this.connect('start', b, 'in');",
            "connect(): No such input: start (accessor 'Top' has inputs: none)",
        ),
        (
            "this.connect(a, 'out', 'end');",
            "connect(): No such output: end (accessor 'Top' has outputs: none)",
        ),
        (
            "this.connect(a, 'flag', b, 'in');",
            "connect(): Top.a.flag (boolean) to Top.b.in (number) can never be converted",
        ),
        (
            "this.connect(a, 'flag', b, 'count');",
            "connect(): Top.a.flag (boolean) to Top.b.count (int) can never be converted",
        ),
        (
            "this.input('i', { type: 'boolean' }); this.connect('i', b, 'in');",
            "connect(): Top.i (boolean) to Top.b.in (number) can never be converted",
        ),
        (
            "this.output('o', { type: 'int' }); this.connect(a, 'flag', 'o');",
            "connect(): Top.a.flag (boolean) to Top.o (int) can never be converted",
        ),
        (
            "this.connect(a, 'out', a, 'in');",
            "Causality loop found including at least: Top.a. "
            "A loop needs an output with the option spontaneous: true",
        ),
        (
            "this.input('i', { type: 'int', value: 1.5 });",
            "Top.i expected an int, but got 1.5",
        ),
        (
            "this.parameter('p', { type: 'number', value: true });",
            "Top.p expected a number, but got a boolean: true",
        ),
        (
            "this.output('o'); this.send('o', 1);",
            "sent 'o' in setup(), where nothing is connected yet; send from initialize() on",
        ),
        ("this.setParameter('p', 1);", "has no parameter 'p' (parameters: none)"),
        ("this.setDefault('i', 1);", "has no input 'i' (inputs: none)"),
        ("this.setDefaultInput('i', {});", "has no input 'i' (inputs: none)"),
        ("none.connect();", "Exception in setup(): ReferenceError: none is not defined"),
        ("throw new Error('a\\n  b');", "Exception in setup(): Error: a b"),
        ("this.connect(a, 'out', null, 'in');", "connect(): Destination is no accessor: null"),
    ],
)
def test_what_is_wrong_in_a_line_is_told_with_it(
    check: Check, here: LibraryFolder, line: str, message: str
) -> None:
    here.write("Top", composite(f"  {line}"))
    assert check("Top") == [f"Top.js:4: accessor 'Top': {message}"]


@pytest.mark.parametrize(
    ("line", "accessor", "message"),
    [
        ("b.setParameter('gian', 1);", "b", "has no parameter 'gian' (parameters: gain)"),
        (
            "b.setParameter('on', 1);",
            "b",
            "has no parameter 'on' (parameters: gain); for an input there is setDefault()",
        ),
        (
            "b.setParameter('gain', true);",
            "b",
            "Top.b.gain expected a number, but got a boolean: true",
        ),
        ("b.setDefault('count', 0.5);", "b", "Top.b.count expected an int, but got 0.5"),
        ("b.setDefaultInput('count', { value: 0.5 });", "b", "Top.b.count expected an int, but"),
    ],
)
def test_what_a_composite_does_wrong_to_another_is_told_with_its_line(
    check: Check, here: LibraryFolder, line: str, accessor: str, message: str
) -> None:
    here.write("Top", composite(f"  {line}"))
    [found] = check("Top")
    assert found.startswith(f"Top.js:4: accessor 'Top.{accessor}': {message}")


def test_everything_is_found_at_once(check: Check, here: LibraryFolder) -> None:
    here.write(
        "Top",
        """
var display = require('@modules/no-display');
var screen = new display.Screen(640, 480).open();
exports.setup = function () {
  this.extend('NoBase');
  this.implement('NoInterface');
  var a = this.instantiate('a', 'NoClass');
  var b = this.instantiate('b', 'Gain');
  this.connect(a, 'anything', b, 'in');
  this.connect(b, 'nothing', a, 'anything');
  a.setParameter('any', 1);
  a.setDefault('some', 2);
  b.setParameter('none', 3);
  this.setParameter('perhapsOfTheBase', 4);
};
""",
    )
    found = check("Top")
    assert [line.partition(": ")[0] for line in found] == [
        f"Top.js:{line}" for line in (1, 4, 5, 6, 9, 12)
    ]
    assert "Cannot find module '@modules/no-display'" in found[0]
    for line, name in zip(found[1:4], ("NoBase", "NoInterface", "NoClass"), strict=True):
        assert f"Cannot find accessor class '{name}'; looked for {here.path}/{name}.js" in line
    assert "Source has no such output: nothing" in found[4]
    assert "has no parameter 'none'" in found[5]


def test_a_module_that_needs_what_is_not_here_does_not_hide_the_rest(
    check: Check, here: LibraryFolder
) -> None:
    here.write(
        "Finder",
        """
var ble = require('@modules/ble');
exports.setup = function () {
  this.input('service', { value: ble.services()[0] });
  this.setDefault('none', 1);
};
""",
    )
    missing, unknown = check("Finder")
    assert missing.startswith("Finder.js:1: accessor 'Finder': Module '@modules/ble' is not avail")
    assert unknown.startswith("Finder.js:4: ")


# Where it is


def test_an_error_is_told_where_it_happens_and_once(check: Check, here: LibraryFolder) -> None:
    here.write("lib/Part", "\nexports.setup = function () {\n  this.setDefault('x', 1);\n};\n")
    here.write(
        "Top",
        """
exports.setup = function () {
  this.instantiate('a', 'lib/Part');
  this.instantiate('b', 'lib/Part');
};
""",
    )
    message = "has no input 'x' (inputs: none)"
    found = f"lib/Part.js:2: accessor 'Top.a': {message}"
    assert check("Top", "lib/Part.js") == [found]
    assert check("lib/Part") == [f"lib/Part.js:2: accessor 'Part': {message}"]


def test_inline_code_is_told_by_the_line_that_has_it(check: Check, here: LibraryFolder) -> None:
    here.write(
        "Top",
        r"""
exports.setup = function () {
  var i = this.instantiateFromCode('i',
    'exports.setup = function () {\n  this.input("x");\n  this.connect("x", "y");\n};');
  this.connect(i, 'z', i, 'x');
};
""",
    )
    found = check("Top")
    assert len(found) == 2
    assert found[0].startswith("Top.js:")
    assert found[0].endswith(
        "accessor 'Top.i': connect(): No such output: y (accessor 'Top.i' has outputs: none) "
        "(line 3 of its inline code)"
    )
    assert found[1].startswith("Top.js:4: accessor 'Top': connect(): Source has no such output: z")


def test_a_module_s_own_errors_are_told_in_its_file(check: Check, here: LibraryFolder) -> None:
    here.write("helper", "exports.one = 1;\n\nnull.two;\n")
    here.write("Top", "var one = require('./helper').one;\n")
    [found] = check("Top")
    assert found.startswith("helper.js:3: accessor 'Top': Exception in the script: TypeError:")


def test_a_file_elsewhere_is_told_with_its_whole_path(
    check: Check, here: LibraryFolder, engine: str
) -> None:
    folder = here.path.parent / "elsewhere"
    folder.mkdir()
    bad = LibraryFolder(folder).write("net/Bad", "\nthrow 5;\n")
    message = "accessor 'Bad': Exception in the script: 5"
    assert check("--library", str(folder), "net/Bad") == [f"{bad}: {message}"]
    assert check(str(bad)) == [f"{bad}: {message}"]


# Scripts that are in a bad way


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("\nthis is no script;\n", 1, "Exception in the script: SyntaxError: "),
        ("\n\n\nvar a = {;\n", 3, "Exception in the script: SyntaxError: "),
        ("\n\nthrow new TypeError('t');\n", 2, "Exception in the script: TypeError: t"),
        ("\nmodule.exports = {};\n", 1, "Exception in the script: ReferenceError: module is not"),
    ],
)
def test_a_script_that_does_not_load_is_told(
    check: Check, here: LibraryFolder, source: str, line: int, message: str
) -> None:
    here.write("Bad", source)
    [found] = check("Bad")
    assert found.startswith(f"Bad.js:{line}: accessor 'Bad': {message}")


@pytest.mark.parametrize("thrown", ["null", "undefined", "'text'", "{ a: 1 }"])
def test_whatever_a_setup_throws_is_told(check: Check, here: LibraryFolder, thrown: str) -> None:
    here.write("Odd", f"exports.setup = function () {{ throw {thrown}; }};")
    # An engine that is out of memory throws null, too.
    told = {"null": "null, by a script or because the engine is out of memory"}.get(thrown, thrown)
    assert check("Odd") == [f"Odd.js: accessor 'Odd': Exception in setup(): {told}"]


def test_an_empty_file_is_told(check: Check, here: LibraryFolder) -> None:
    here.write("Empty", "")
    assert check("Empty") == ["Empty.js: accessor 'Empty': has no code"]


def test_a_setup_that_does_not_end_is_stopped_and_told(check: Check, here: LibraryFolder) -> None:
    here.write("Loop", "\nexports.setup = function () {\n  for (;;);\n};\n")
    here.write("Bad", "throw new Error('later');")
    found = check("--callback-timeout", "0.3", "Loop", "Bad")
    assert found == [
        "Loop.js:1: accessor 'Loop': setup() ran longer than 0.3 s and was stopped",
        "Bad.js:1: accessor 'Bad': Exception in the script: Error: later",
    ]


def test_a_script_that_does_not_end_is_stopped_although_it_looks_up_a_class(
    check: Check, here: LibraryFolder
) -> None:
    # Under a time limit, one engine cannot ask for a class that is not named literally.
    here.write(
        "Loop",
        """
exports.setup = function () {
  for (;;);
  this.instantiate('a', 'Ga' + 'in');
};
""",
    )
    [found] = check("--callback-timeout", "0.3", "Loop")
    assert found.endswith("setup() ran longer than 0.3 s and was stopped")


def test_a_class_that_contains_itself_is_told(check: Check, here: LibraryFolder) -> None:
    # Were the rest of each setup looked at, there would be no end of it.
    here.write(
        "Self",
        """
exports.setup = function () {
  this.instantiate('one', 'Self');
  this.instantiate('two', 'Self');
};
""",
    )
    [found] = check("Self")
    assert "Maximum call stack size exceeded" in found
    assert len(found) < 2_000


def test_a_promise_that_is_rejected_is_told(check: Check, here: LibraryFolder) -> None:
    here.write(
        "Late",
        """
exports.setup = function () {
  Promise.reject(new Error('too late'));
};
""",
    )
    assert check("Late") == ["Late.js:2: accessor 'Late': Error: too late"]


# What is no error


def test_classes_and_modules_with_computed_names_are_found(
    check: Check, here: LibraryFolder
) -> None:
    here.write("helper", "exports.name = 'Gain';")
    here.write(
        "Top",
        """
var name = require('./' + 'helper').name;
exports.setup = function () {
  var a = this.instantiate('a', name);
  var b = this.instantiate('b', 'Ga' + 'in');
  this.connect(a, 'out', b, 'in');
};
""",
    )
    assert check("Top", code=0) == []


def test_connections_that_values_decide_about_are_no_error(
    check: Check, here: LibraryFolder
) -> None:
    here.write(
        "Top",
        composite(
            """
  this.input('s', { type: 'string' }); this.input('j', { type: 'JSON' }); this.input('any');
  this.input('b', { type: 'boolean' });
  this.connect('s', a, 'in'); this.connect('j', a, 'count'); this.connect('any', a, 'count');
  this.connect(a, 'out', b, 'count'); this.connect(a, 'out', b, 'on'); this.connect('b', a, 'on');
  this.connect(b, 'late', a, 'in');
"""
        ),
    )
    assert check("Top", code=0) == []


def test_a_connection_that_was_taken_back_is_no_error(check: Check, here: LibraryFolder) -> None:
    lines = "  this.connect(a, 'flag', b, 'in'); this.disconnect(a, 'flag', b, 'in');"
    here.write("Top", composite(lines))
    assert check("Top", code=0) == []


def test_a_loop_through_an_unknown_accessor_is_no_error_of_its_own(
    check: Check, here: LibraryFolder
) -> None:
    lines = """
  var c = this.instantiate('c', 'Unknown');
  this.connect(a, 'out', c, 'x'); this.connect(c, 'y', a, 'in');
"""
    here.write("Top", composite(lines))
    [found] = check("Top")
    assert "Cannot find accessor class 'Unknown'" in found


def test_what_setup_starts_does_not_go_on(check: Check, here: LibraryFolder) -> None:
    here.write(
        "Starts",
        """
console.log('loading'); console.error('loading'); error('loading');
exports.setup = function () {
  setInterval(function () { throw new Error('it was run'); }, 1);
  setTimeout(function () { throw new Error('it was run'); }, 1);
  setTimeout(function () { throw new Error('it was run'); }, 0);
  this.input('i'); this.provideInput('i', 1); this.stop();
  for (var end = Date.now() + 20; Date.now() < end;);
};
exports.wrapup = function () { throw new Error('it was run'); };
""",
    )
    assert check("Starts", code=0) == []


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (
            composite("  this.connect(a, 'out', b, 'in');\n  this.connect(a, 'out', b, 'in');"),
            "Top.js:5: warning: accessor 'Top': connect(): Top.a.out to Top.b.in again: "
            "each value will come twice",
        ),
        ("var x = 1;", "Top.js: warning: accessor 'Top': has no setup(), and so no ports"),
    ],
)
def test_a_warning_does_not_count(
    check: Check, here: LibraryFolder, source: str, line: str
) -> None:
    here.write("Top", source)
    assert check("Top", code=0) == [line]


# The command


def test_json_has_a_member_for_each_part_of_a_finding(check: Check, here: LibraryFolder) -> None:
    here.write("Top", composite("  this.setParameter('p', 1);\n  this.setParameter('p', 1);"))
    here.write("Plain", "1")
    text = "\n".join(check("--format", "json", "Top", "Plain"))
    message = "has no parameter 'p' (parameters: none)"
    place = {"accessor": "Top", "message": message, "severity": "error", "file": "Top.js"}
    assert json.loads(text) == [
        {**place, "line": 4},
        {**place, "line": 5},
        {
            "accessor": "Plain",
            "message": "has no setup(), and so no ports",
            "severity": "warning",
            "file": "Plain.js",
            "line": None,
        },
    ]
    assert json.loads("\n".join(check("--format", "json", "Gain", code=0))) == []


def test_the_environment_names_folders_too(
    check: Check, here: LibraryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = here.path.parent / "library"
    LibraryFolder(folder).write("net/Fine", "exports.setup = function () {};")
    monkeypatch.setenv("ACCESSOR_LIBRARY", str(folder))
    assert check("net/Fine", code=0) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Gain", "Gone"], "cannot find accessor class 'Gone'; looked for"),
        (["gone.js"], "cannot find accessor class 'gone.js'"),
        (["--library", "nowhere", "Gain"], "there is no folder nowhere"),
    ],
)
def test_what_is_not_there_is_bad_usage(
    here: LibraryFolder, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    here.write("Gain", "null.x")
    assert main(["check", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err


@pytest.mark.parametrize("words", [[], ["--format", "xml", "x"], ["--engine", "v8", "x"]])
def test_bad_words_are_bad_usage(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", *words])
    assert ended.value.code == 2
    assert "usage: accessor-host check" in capsys.readouterr().err
