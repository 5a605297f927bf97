"""Nothing that a script can reach leads to the runtime's state, or to requests of its making."""

from __future__ import annotations

from pathlib import Path

import pytest

from ...conftest import RunJs

SYMBOLS = """
    const { Server, Socket } = require('@modules/web-socket-server');
    const { Client } = require('@modules/web-socket-client');
    const names = new Set();
    function add(value) {
      for (let at = value; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
        for (const symbol of Object.getOwnPropertySymbols(at)) names.add(String(symbol));
      }
    }
    const handles = [setTimeout(() => {}, 1), setImmediate(() => {})];
    for (const value of [new Server(), new Client(), Socket.prototype, ...handles]) add(value);
    console.log([...names].join());
"""


def test_no_symbol_leads_to_private_state(run_js: RunJs) -> None:
    # The listeners of an emitter are the script's own.
    assert run_js(SYMBOLS).stdout == "Symbol(listeners),Symbol(Symbol.toPrimitive)\n"


@pytest.mark.parametrize("owner", ["Object", "Array", "Number", "String"])
def test_no_request_is_written_by_a_script_s_to_json(run_js: RunJs, owner: str) -> None:
    outcome = run_js(f"""
        const seen = [];
        Object.defineProperty({owner}.prototype, 'toJSON', {{
          configurable: true,
          get() {{
            seen.push(this);
            return () => ['print', 'stdout', 'forged'];
          }}
        }});
        const timer = setTimeout(() => console.log('timer', seen.length), 1);
        timer.unref();
        timer.ref();
        console.log('text');
    """)
    assert (outcome.stdout, outcome.stderr) == ("text\ntimer 0\n", "")


@pytest.mark.parametrize("owner", ["Object", "Array"])
def test_no_request_passes_a_setter_or_getter_of_a_script(run_js: RunJs, owner: str) -> None:
    outcome = run_js(f"""
        let seen = 0;
        const trap = {{ get() {{ seen++; }}, set() {{ seen++; }}, configurable: true }};
        for (let at = 0; at < 20; at++) Object.defineProperty({owner}.prototype, at, trap);
        console.log('text');
        setTimeout(() => console.log('timer', seen), 1);
    """)
    assert (outcome.stdout, outcome.stderr) == ("text\ntimer 0\n", "")


def test_a_value_that_is_sent_still_honours_to_json(run_js: RunJs) -> None:
    asked: list[object] = []
    outcome = run_js(
        "Array.prototype.toJSON = () => 'mine'; ask([1]); ask({ list: [1] });",
        expose={"ask": asked.append},
    )
    assert asked == ["mine", {"list": "mine"}]
    assert outcome.stderr == ""


def test_late_modules_get_their_host_from_nobody_s_call(run_js: RunJs) -> None:
    outcome = run_js("""
        const seen = [];
        const { call, apply } = Function.prototype;
        Function.prototype.call = function (...args) { seen.push(...args); };
        Function.prototype.apply = function (...args) { seen.push(...args); };
        Reflect.apply = (...args) => { seen.push(...args); };
        require('util');
        require('querystring');
        require('@modules/web-socket-server');
        console.log(seen.length);
    """)
    assert (outcome.stdout, outcome.stderr) == ("0\n", "")


def test_frames_of_a_trace_do_not_hand_out_functions(run_js: RunJs) -> None:
    outcome = run_js("""
        Error.prepareStackTrace = (_, frames) => frames;
        const { stack } = new Error();
        console.log(stack.length > 0, stack.some((frame) => frame.getFunction));
    """)
    assert outcome.stdout == "true false\n"


def test_a_forged_timer_asks_for_nothing(run_js: RunJs) -> None:
    outcome = run_js("""
        const { refresh } = Object.getPrototypeOf(setTimeout(() => {}, 1));
        try {
          refresh.call({ id: 7, delay: 1, referenced: true });
        } catch (error) {
          console.log(error.name);
        }
        clearTimeout({ id: 7 });
    """)
    assert (outcome.stdout, outcome.stderr) == ("TypeError\n", "")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("shadow", "root:SECRET:19000:", "Error: Cannot find module '{file}': "),
        (
            "environ.js",
            "A=1\nSECRET here",
            "SyntaxError: cannot load '{file}': it is no JavaScript",
        ),
        ("config.json", '{"key": SECRET}', "SyntaxError: cannot load '{file}': it is no JSON"),
    ],
)
def test_an_error_does_not_quote_a_file_from_elsewhere(
    run_js: RunJs, tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    file = tmp_path / "elsewhere" / name
    file.write_text(text)
    (tmp_path / "app").mkdir()
    outcome = run_js(
        f"try {{ require('{file}'); }} catch (error) {{ console.log(error.stack); }}",
        name=str(tmp_path / "app" / "main.js"),
    )
    assert message.format(file=file) in outcome.stdout
    assert "SECRET" not in outcome.stdout


def test_an_error_in_a_script_s_own_files_says_what(run_js: RunJs, tmp_path: Path) -> None:
    (tmp_path / "part.js").write_text("let one;\nlet one;\n")
    (tmp_path / "data.json").write_text('{"key": oops}')
    outcome = run_js(
        """
        for (const name of ['./part', './data.json']) {
          try { require(name); } catch (error) { console.log(error.stack); }
        }
        """,
        name=str(tmp_path / "main.js"),
    )
    assert "invalid redefinition of lexical identifier" in outcome.stdout
    assert f"SyntaxError: {tmp_path}/data.json: " in outcome.stdout


def test_a_file_s_text_passes_no_function_of_a_script(run_js: RunJs, tmp_path: Path) -> None:
    (tmp_path / "late.js").write_text("#!/usr/bin/env SECRET\nexports.fine = true;")
    outcome = run_js(
        """
        let seen = '';
        const { startsWith } = String.prototype;
        String.prototype.startsWith = function (...args) {
          seen += this;
          return startsWith.apply(this, args);
        };
        for (const name of ['source', 'missing', 'module', 'path', 'options']) {
          Object.defineProperty(Object.prototype, name, {
            get() { seen += this.source; }, configurable: true
          });
        }
        console.log(require('./late.js').fine, seen.includes('SECRET'));
        """,
        name=str(tmp_path / "main.js"),
    )
    assert (outcome.stdout, outcome.stderr) == ("true false\n", "")
