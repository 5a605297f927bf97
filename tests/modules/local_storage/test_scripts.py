"""The contract of @modules/local-storage, as scripts see it."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from accessor_host.modules.local_storage.entry_files import file_name
from accessor_host.options import load_schema

from ...conftest import Outcome, RunJs
from ...support.programs import ACCESSOR_HOST, run
from ...support.scripts import DEADLINE, running

FUNCTIONS = [
    "clear",
    "getItem",
    "initSync",
    "key",
    "length",
    "remove",
    "removeItem",
    "setItem",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "deep" / "store"


def opened(folder: Path, body: str, **options: Any) -> str:
    """Return a script that opens a store."""
    return f"""
        const storage = require('@modules/local-storage');
        storage.initSync({json.dumps({"dir": str(folder), **options})});
        {body}
    """


def printed(outcome: Outcome) -> Any:
    """Return the one JSON value that a script printed."""
    assert (outcome.stderr, outcome.exit_code) == ("", 0)
    return json.loads(outcome.stdout)


# The contract


@pytest.mark.parametrize("scope", ["@modules", "@accessors-modules"])
@pytest.mark.parametrize("name", ["local-storage", "localStorage"])
def test_it_is_one_module_by_every_name_it_has(
    run_js: RunJs, folder: Path, scope: str, name: str
) -> None:
    outcome = run_js(f"""
        const storage = require('{scope}/{name}');
        storage.initSync({{ dir: {json.dumps(str(folder))} }});
        const same = storage === require('@modules/local-storage');
        console.log(JSON.stringify([same, Object.keys(storage).sort()]));
    """)
    assert printed(outcome) == [True, FUNCTIONS]


def test_what_is_set_is_got(run_js: RunJs, folder: Path) -> None:
    outcome = run_js(
        opened(
            folder,
            """
            const seen = [storage.length(), storage.getItem('a'), storage.key(0)];
            seen.push(storage.setItem('b', 'bed'), storage.setItem('a', 'apple'));
            seen.push(storage.getItem('a'), storage.getItem('b'), storage.length());
            storage.setItem('a', 'ace');
            seen.push(storage.getItem('a'), storage.length());
            seen.push(storage.remove('a'), storage.getItem('a'), storage.length());
            storage.remove('never there');
            storage.setItem('c', '');
            storage.removeItem('b');
            seen.push(storage.key(0), storage.getItem('c'), storage.clear(), storage.length());
            console.log(JSON.stringify(seen));
            """,
        )
    )
    before, after, emptied = [0, None, None, None, None], ["apple", "bed", 2], ["c", "", None, 0]
    assert printed(outcome) == [*before, *after, "ace", 2, None, None, 1, *emptied]


def test_keys_are_sorted_and_end_with_null(run_js: RunJs, folder: Path) -> None:
    outcome = run_js(
        opened(
            folder,
            """
            for (const key of ['pear', 'Apple', '', 'fig', 'apple']) storage.setItem(key, '1');
            const places = [0, 1, 2, 3, 4, 5, -1, 1.5, NaN, Infinity, '0', true, undefined];
            console.log(JSON.stringify(places.map((n) => storage.key(n))));
            """,
        )
    )
    assert printed(outcome) == ["", "Apple", "apple", "fig", "pear", *[None] * 8]


@pytest.mark.parametrize("call", [f"{name}('a', 'b')" for name in FUNCTIONS if name != "initSync"])
def test_before_init_sync_every_function_throws(run_js: RunJs, call: str) -> None:
    outcome = run_js(f"""
        const storage = require('@modules/local-storage');
        try {{ storage.{call}; }}
        catch (error) {{ console.log(error instanceof Error, error.code, error.message); }}
    """)
    assert outcome.stdout == "true ERR_STORAGE_NOT_OPEN call initSync() before anything else\n"


def test_an_uncaught_error_shows_where_in_the_script(run_js: RunJs) -> None:
    outcome = run_js("require('@modules/local-storage')\n  .getItem('a');", name="net/main.js")
    assert outcome.stderr.startswith("Uncaught Error: call initSync() before anything else\n")
    assert "net/main.js:2" in outcome.stderr
    assert "code: 'ERR_STORAGE_NOT_OPEN'" in outcome.stderr
    assert outcome.exit_code == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "../../etc/passwd",
        "/",
        ".",
        "..",
        "a\x00b",
        "\x1e\x1f\n\r",
        "\u2028 °C 🚀",
        "\ud800",
        "x" * 1024,
        "__proto__",
        '{"key": 1}',
    ],
)
def test_any_text_is_a_key_and_a_value(run_js: RunJs, folder: Path, text: str) -> None:
    literal = json.dumps(text)
    assert run_js(opened(folder, f"storage.setItem({literal}, {literal});")).stderr == ""
    outcome = run_js(
        opened(
            folder,
            f"""
            const got = [storage.getItem({literal}), storage.key(0)];
            console.log(storage.length(), got.every((one) => one === {literal}));
            """,
        )
    )
    assert (outcome.stdout, outcome.stderr) == ("1 true\n", "")
    assert [path.name for path in folder.iterdir()] == [file_name(text)]


def test_numbers_and_booleans_are_taken_for_their_text(run_js: RunJs, folder: Path) -> None:
    outcome = run_js(
        opened(
            folder,
            """
            storage.setItem(1, 2.5);
            storage.setItem(true, 10n ** 20n);
            const keys = [storage.key(0), storage.key(1)];
            console.log(JSON.stringify([keys, storage.getItem('1'), storage.getItem(true)]));
            storage.remove(1);
            """,
        )
    )
    assert printed(outcome) == [["1", "true"], "2.5", "100000000000000000000"]


@pytest.mark.parametrize("call", ["getItem(%s)", "setItem(%s, 'v')", "setItem('k', %s)"])
def test_what_is_no_text_is_a_type_error(run_js: RunJs, folder: Path, call: str) -> None:
    argument = "value" if call.startswith("setItem('k'") else "key"
    values = ("undefined", "null", "{}", "['a']", "() => 1", "Symbol('s')")
    attempts = "".join(
        f"""
        try {{ storage.{call % value}; }}
        catch (error) {{ console.log(error instanceof TypeError, error.code, error.message); }}
        console.log(storage.length());
        """
        for value in values
    )
    lines = run_js(opened(folder, attempts)).stdout.splitlines()
    begin = f'true ERR_INVALID_ARG_TYPE The "{argument}" argument must be of type string. '
    assert lines[1::2] == ["0"] * len(values)
    for value, line in zip(values, lines[::2], strict=True):
        assert line.startswith(begin), value


# Options


def test_the_folder_is_persist_unless_told_otherwise(engine: str, tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text("""
        const storage = require('@modules/local-storage');
        for (const given of [undefined, null, {}, { dir: null }, { dir: '' }]) {
          storage.initSync(given);
          console.log(storage.length());
          storage.setItem('key ' + storage.length(), 'value');
        }
    """)
    ended = run([ACCESSOR_HOST, "run", "--engine", engine, "main.js"], cwd=tmp_path)
    assert (ended.stdout, ended.stderr) == ("0\n1\n2\n3\n4\n", "")
    assert len(list((tmp_path / "persist").iterdir())) == 5


def test_every_option_refuses_a_value_of_another_type(run_js: RunJs) -> None:
    names = sorted(load_schema("local-storage")["properties"])
    outcome = run_js(f"""
        const storage = require('@modules/local-storage');
        for (const name of {json.dumps(names)}) {{
          try {{ storage.initSync({{ [name]: [] }}); console.log('accepted', name); }}
          catch (error) {{
            if (!(error instanceof TypeError && error.message.includes(`'${{name}}'`))) throw error;
          }}
        }}
        try {{ storage.length(); }} catch (error) {{ console.log(error.code); }}
    """)
    assert (outcome.stdout, outcome.stderr) == ("ERR_STORAGE_NOT_OPEN\n", "")


def test_a_folder_by_itself_is_no_option(run_js: RunJs) -> None:
    outcome = run_js("require('@modules/local-storage').initSync('persist')")
    assert "TypeError: options must be an object, not 'persist'" in outcome.stderr


def test_an_unknown_option_is_a_warning(run_js: RunJs, folder: Path) -> None:
    outcome = run_js(opened(folder, "", dri="x"))
    assert re.fullmatch(
        r"accessor-host: warning: script\.js:\d+: unknown option 'dri'; did you mean 'dir'\?\n",
        outcome.stderr,
    )


@pytest.mark.parametrize(
    ("options", "body", "code"),
    [
        ({"quota": 9}, "storage.setItem('key', '1234567')", "ERR_STORAGE_QUOTA"),
        ({"maxItems": 1}, "storage.setItem('other', '')", "ERR_STORAGE_QUOTA"),
        ({"maxKeySize": 4}, "storage.setItem('°°°', '')", "ERR_STORAGE_KEY_SIZE"),
    ],
)
def test_a_limit_is_an_error_with_a_code_and_stores_nothing(
    run_js: RunJs, folder: Path, options: dict[str, int], body: str, code: str
) -> None:
    outcome = run_js(
        opened(
            folder,
            f"""
            storage.setItem('key', 'old');
            try {{ {body}; }} catch (error) {{ console.log(error instanceof Error, error.code); }}
            console.log(storage.length(), storage.getItem('key'));
            """,
            **options,
        )
    )
    assert outcome.stdout == f"true {code}\n1 old\n"
    assert len(list(folder.iterdir())) == 1


def test_a_folder_that_cannot_be_used_is_an_error_with_the_system_s_code(
    run_js: RunJs, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    dirs = [str(tmp_path / "file"), str(tmp_path / "file" / "below"), "a\x00b", "\ud800", "x" * 300]
    outcome = run_js(f"""
        const storage = require('@modules/local-storage');
        storage.initSync({{ dir: {json.dumps(str(tmp_path / "good"))} }});
        for (const dir of {json.dumps(dirs)}) {{
          try {{ storage.initSync({{ dir }}); }}
          catch (error) {{ console.log(error.code, error.message.startsWith('cannot create')); }}
        }}
        storage.setItem('still', 'good');
    """)
    codes = ["EEXIST", "ENOTDIR", "EINVAL", "EINVAL", "ENAMETOOLONG"]
    assert outcome.stdout.splitlines() == [f"{code} true" for code in codes]
    assert outcome.stderr == ""
    assert len(list((tmp_path / "good").iterdir())) == 1


# What is on the disk


def test_values_survive_the_run(run_js: RunJs, folder: Path) -> None:
    run_js(opened(folder, "storage.setItem('a', 'apple'); storage.setItem('b', 'bed')"))
    run_js(opened(folder, "storage.remove('b'); storage.setItem('c', 'car')"))
    outcome = run_js(
        opened(folder, "console.log(JSON.stringify(['a', 'b', 'c'].map(storage.getItem)))")
    )
    assert printed(outcome) == ["apple", None, "car"]


def test_the_store_that_was_opened_last_is_everybody_s(run_js: RunJs, tmp_path: Path) -> None:
    outcome = run_js(f"""
        const storage = require('@modules/local-storage');
        const other = require('@accessors-modules/localStorage');
        const [one, two] = {json.dumps([str(tmp_path / "one"), str(tmp_path / "two")])};
        storage.initSync({{ dir: one }});
        storage.setItem('in', 'one');
        other.initSync({{ dir: two }});
        console.log(storage.getItem('in'));
        storage.initSync({{ dir: one }});
        console.log(other.getItem('in'));
    """)
    assert outcome.stdout == "null\none\n"


def test_what_is_no_entry_is_one_warning_and_stays(run_js: RunJs, folder: Path) -> None:
    run_js(opened(folder, "storage.setItem('a', 'apple')"))
    (folder / "notes.txt").write_text("mine")
    (folder / file_name("b")).write_text('{"key": "b", "val')
    body = "console.log(storage.length(), storage.getItem('a'), storage.getItem('b'))"
    outcome = run_js(opened(folder, body))
    assert outcome.stdout == "1 apple null\n"
    assert outcome.stderr == (
        f"accessor-host: warning: the storage folder '{folder}' has files that are no entries: "
        f"'{file_name('b')}' (damaged), 'notes.txt' (not one of a store's names)\n"
    )
    assert outcome.exit_code == 0
    outcome = run_js(opened(folder, "storage.clear(); storage.setItem('b', 'bed')"))
    assert {path.name for path in folder.iterdir()} == {"notes.txt", file_name("b")}


# In the middle of events


def test_it_works_in_every_later_callback(run_js: RunJs, folder: Path) -> None:
    outcome = run_js(
        opened(
            folder,
            """
            storage.setItem('seen', '');
            function note(what) { storage.setItem('seen', storage.getItem('seen') + what); }
            note('main ');
            setImmediate(() => note('immediate '));
            Promise.resolve().then(() => note('promise '));
            setTimeout(async () => {
              note('timer ');
              await null;
              note('then');
              console.log(JSON.stringify(storage.getItem('seen')));
            }, 5);
            """,
        )
    )
    assert printed(outcome) == "main promise immediate timer then"


@pytest.mark.parametrize("name", ["'@modules/local' + '-storage'", "`@modules/local-storage`"])
def test_a_computed_name_at_the_top_level_is_enough(run_js: RunJs, folder: Path, name: str) -> None:
    outcome = run_js(f"""
        const storage = require({name});
        storage.initSync({{ dir: {json.dumps(str(folder))} }});
        setTimeout(() => {{ storage.setItem('a', 'late'); console.log(storage.getItem('a')); }}, 1);
    """)
    assert (outcome.stdout, outcome.stderr) == ("late\n", "")


def test_a_file_that_the_script_requires_is_enough(run_js: RunJs, tmp_path: Path) -> None:
    (tmp_path / "store.js").write_text(
        "module.exports = require('@accessors-modules/localStorage')"
    )
    outcome = run_js(
        f"""
        setTimeout(() => {{
          const storage = require('./store');
          storage.initSync({{ dir: {json.dumps(str(tmp_path / "store"))} }});
          console.log(storage.length());
        }}, 1);
        """,
        name=str(tmp_path / "main.js"),
    )
    assert (outcome.stdout, outcome.stderr) == ("0\n", "")


def computed_name(folder: Path) -> str:
    return f"""
        const name = '@modules/local' + '-storage';
        const get = () => require(name);
        function open() {{
          try {{
            get().initSync({{ dir: {json.dumps(str(folder))} }});
            console.log('open');
          }} catch (error) {{
            console.log(error.code, error.message);
          }}
        }}
        setTimeout(() => {{ open(); setTimeout(open, 1); }}, 1);
    """


def test_a_computed_name_in_a_callback_works(run_js: RunJs, folder: Path) -> None:
    assert run_js(computed_name(folder)).stdout == "open\nopen\n"


@pytest.mark.parametrize("engine", ["quickjs"], indirect=True)
@pytest.mark.usefixtures("binding_limit")
def test_where_python_cannot_be_called_a_computed_name_works_from_the_next_event_on(
    run_js: RunJs, folder: Path
) -> None:
    first, second = run_js(computed_name(folder)).stdout.splitlines()
    assert first.startswith("ERR_REQUIRED_TOO_LATE this module cannot be used in the callback")
    assert second == "open"


def test_exposing_a_function_later_takes_nothing_away(engine: str, folder: Path) -> None:
    async def nothing() -> None: ...

    async def work() -> str:
        body = "exports.read = () => String(storage.length());"
        async with running(engine, opened(folder, body)) as script:
            script.host.expose("nothing", nothing)
            answer: str = await script.host.call("read")
            return answer

    assert asyncio.run(asyncio.wait_for(work(), 3 * DEADLINE)) == "0"


def test_python_keeps_its_own_functions_beside_it(run_js: RunJs, folder: Path) -> None:
    outcome = run_js(
        opened(folder, "storage.setItem('a', double(21)); console.log(storage.getItem('a'));"),
        expose={"double": lambda number: 2 * number},
    )
    assert outcome.stdout == "42\n"


def test_without_a_time_limit_it_works_too(run_js: RunJs, folder: Path) -> None:
    body = "setTimeout(() => console.log(storage.length()), 1)"
    assert run_js(opened(folder, body), callback_timeout=None).stdout == "0\n"


def test_an_endless_callback_ends_the_program_with_its_name(engine: str, tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text("""
        require('@modules/local-storage').initSync();
        console.log('on');
        setTimeout(function spin() { for (;;); }, 1);
    """)
    command = [ACCESSOR_HOST, "run", "--engine", engine, "--callback-timeout", "0.2", "main.js"]
    ended = run(command, cwd=tmp_path)
    assert (ended.code, ended.stdout) == (1, "on\n")
    assert "ran longer than 0.2 s" in ended.stderr
