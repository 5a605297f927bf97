"""What `require` finds, and what it says when it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ...conftest import Outcome, RunJs

Files = dict[str, str]
RunFiles = Callable[..., Outcome]


def lay_out(folder: Path, files: Files) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def run_files(run_js: RunJs, tmp_path: Path) -> RunFiles:
    """Lay out files and run the one named main.js."""

    def run(files: Files) -> Outcome:
        lay_out(tmp_path, files)
        return run_js(files["main.js"], name=str(tmp_path / "main.js"))

    return run


@pytest.mark.parametrize("scope", ["@modules", "@accessors-modules"])
@pytest.mark.parametrize("name", ["web-socket-server", "webSocketServer"])
def test_a_host_module_is_found_by_every_name_it_has(run_js: RunJs, scope: str, name: str) -> None:
    outcome = run_js(f"""
        const one = require('{scope}/{name}');
        console.log(typeof one.Server, one === require('@modules/web-socket-server'));
    """)
    assert outcome.stdout == "function true\n"


@pytest.mark.parametrize(
    "name", ["events", "util", "querystring", "buffer", "timers", "console", "node:events"]
)
def test_a_builtin_is_found(run_js: RunJs, name: str) -> None:
    outcome = run_js(
        f"console.log(typeof require('{name}'), require('{name}') === require('{name}'))"
    )
    assert outcome.stdout in ("object true\n", "function true\n")


def test_files_folders_json_and_packages_are_found(run_files: RunFiles) -> None:
    outcome = run_files(
        {
            "main.js": """
                console.log(require('./lib/a'), require('./lib/a.js'), require('./data'),
                  require('./data.json').list[1], require('./folder'), require('./packed'),
                  require('installed'), require('installed/extra'), require('@scope/thing'));
            """,
            "lib/a.js": "module.exports = 'a';",
            "data.json": '{"list": [1, 2]}',
            "folder/index.js": "module.exports = 'index';",
            "packed/package.json": json.dumps({"main": "start"}),
            "packed/start.js": "module.exports = require('../lib/a') + ' packed';",
            "node_modules/installed/package.json": json.dumps({"main": "./lib/main.js"}),
            "node_modules/installed/lib/main.js": "module.exports = 'installed';",
            "node_modules/installed/extra.js": "module.exports = 'extra';",
            "node_modules/@scope/thing/index.js": "module.exports = 'scoped';",
        }
    )
    assert outcome.stderr == ""
    assert outcome.stdout == "a a { list: [ 1, 2 ] } 2 index a packed installed extra scoped\n"


def test_a_file_is_run_once_and_its_exports_are_shared(run_files: RunFiles) -> None:
    outcome = run_files(
        {
            "main.js": "require('./a').n++; console.log(require('./b'), require('./a').n);",
            "a.js": "console.log('run'); exports.n = 1;",
            "b.js": "module.exports = require('./a').n;",
        }
    )
    assert outcome.stdout == "run\n2 2\n"


def test_a_cycle_hands_out_what_is_there_so_far(run_files: RunFiles) -> None:
    outcome = run_files(
        {
            "main.js": "console.log(require('./a').done, require('./b').seen);",
            "a.js": "exports.early = 1; require('./b'); exports.done = true;",
            "b.js": "exports.seen = Object.keys(require('./a')).join();",
        }
    )
    assert outcome.stdout == "true early\n"


def test_a_script_knows_its_place(run_files: RunFiles, tmp_path: Path) -> None:
    outcome = run_files(
        {
            "main.js": """
                console.log(__filename === module.filename, __dirname, require.main === module,
                  this === module.exports, require('./lib/a'), require.resolve('./lib/a'));
            """,
            "lib/a.js": "module.exports = [require.main === module, module.parent.id].join();",
        }
    )
    assert outcome.stdout == f"true {tmp_path} true true false,. {tmp_path}/lib/a.js\n"


def test_a_missing_module_is_named_with_who_asked_and_what_there_is(
    run_files: RunFiles, tmp_path: Path
) -> None:
    outcome = run_files(
        {
            "main.js": "require('./a');",
            "a.js": """
                try { require('./nothing'); } catch (error) {
                  console.log(error.code, error.requireStack.length);
                  throw error;
                }
            """,
        }
    )
    assert outcome.stdout == "MODULE_NOT_FOUND 2\n"
    assert "Cannot find module './nothing'" in outcome.stderr
    assert f"Required by:\n- {tmp_path}/a.js\n- {tmp_path}/main.js" in outcome.stderr
    assert "This host has: buffer, " in outcome.stderr
    assert "@modules/web-socket-server" in outcome.stderr
    assert outcome.exit_code == 1


@pytest.mark.parametrize("name", ["@modules/no-such", "no-such", "@modules/constructor"])
def test_other_missing_modules_are_errors_too(run_js: RunJs, name: str) -> None:
    outcome = run_js(f"try {{ require('{name}') }} catch (e) {{ console.log(e.code) }}")
    assert outcome.stdout == "MODULE_NOT_FOUND\n"


@pytest.mark.parametrize("argument", ["", "''", "null", "42", "{}"])
def test_a_request_that_is_no_name_is_a_type_error(run_js: RunJs, argument: str) -> None:
    outcome = run_js(f"try {{ require({argument}) }} catch (e) {{ console.log(e.name, e.code) }}")
    assert outcome.stdout == "TypeError ERR_INVALID_ARG_TYPE\n"


def test_a_module_that_throws_can_be_required_again(run_files: RunFiles) -> None:
    outcome = run_files(
        {
            "main.js": """
                for (let i = 0; i < 2; i++) {
                  try { require('./bad'); } catch (error) { console.log(error.message); }
                }
            """,
            "bad.js": "throw new Error('bad');",
        }
    )
    assert outcome.stdout == "bad\nbad\n"


def test_a_broken_json_file_is_named(run_files: RunFiles) -> None:
    outcome = run_files({"main.js": "require('./bad.json')", "bad.json": "{"})
    assert "bad.json: " in outcome.stderr


def test_a_file_required_late_by_a_literal_name_is_found(run_files: RunFiles) -> None:
    outcome = run_files(
        {"main.js": "setTimeout(() => console.log(require('./a')), 1)", "a.js": "module.exports=7"}
    )
    assert outcome.stdout == "7\n"


def test_a_computed_name_is_found_while_the_script_loads(run_files: RunFiles) -> None:
    outcome = run_files(
        {
            "main.js": "for (const n of ['a', 'b']) console.log(require('./' + n));",
            "a.js": "module.exports = 'a'",
            "b.js": "module.exports = 'b'",
        }
    )
    assert outcome.stdout == "a\nb\n"


COMPUTED_NAME = {
    "main.js": """
        const name = './' + 'a';
        setTimeout(() => {
          try { console.log(require(name)); } catch (error) { console.log(error.message); }
        }, 1);
    """,
    "a.js": "module.exports = 'a'",
}


def test_a_computed_name_in_a_callback_is_found(run_files: RunFiles) -> None:
    assert run_files(COMPUTED_NAME).stdout == "a\n"


@pytest.mark.parametrize("engine", ["quickjs"], indirect=True)
@pytest.mark.usefixtures("binding_limit")
def test_a_computed_name_in_a_callback_is_explained_where_python_cannot_be_called(
    run_files: RunFiles,
) -> None:
    assert run_files(COMPUTED_NAME).stdout.startswith("Cannot load './a' here: ")


def test_a_shebang_line_is_skipped_and_keeps_line_numbers(run_js: RunJs) -> None:
    outcome = run_js("#!/usr/bin/env accessor-host\nthrow new Error('x');", name="tool.js")
    assert "tool.js:2" in outcome.stderr


def test_globals_made_by_a_sloppy_script_are_shared(run_files: RunFiles) -> None:
    outcome = run_files({"main.js": "require('./a'); console.log(leaked);", "a.js": "leaked = 3;"})
    assert outcome.stdout == "3\n"
