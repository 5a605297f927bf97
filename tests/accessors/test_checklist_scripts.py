"""Checklist 1, 3, 4, 33 to 36: what a script is, and what it sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Drive

PARAMETERS = (
    "alert currentTime error exports getResource getTopLevelAccessors hostStackTrace httpRequest "
    "readURL require setInterval setTimeout clearInterval clearTimeout"
)

METHODS = (
    "input output parameter extend implement mutable get getParameter setParameter setDefault "
    "setDefaultInput send latestOutput provideInput react addInputHandler removeInputHandler "
    "instantiate instantiateFromCode connect disconnect reify unreify assignPriorities "
    "scheduleEvent stop stopAt initialize fire wrapup clearTimers isInitialized getName "
    "getAccessorClass error alert currentTime require getResource getTopLevelAccessors "
    "httpRequest readURL hostStackTrace setTimeoutDeterministic setIntervalDeterministic "
    "clearTimeoutDeterministic clearIntervalDeterministic startMonitoring getMonitoring "
    "stopMonitoring on addListener once removeListener removeAllListeners emit"
)

PROPERTIES = (
    "accessorName extendedBy implementedBy code bindings timers exports implementedInterfaces "
    "ssuper root module container inputList inputs inputHandlers anyInputHandlers "
    "inputHandlersIndex inputHandlerID outputList outputs parameterList parameters "
    "containedAccessors initialized"
)


def test_01_a_script_is_a_function_body_with_14_parameters(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          trace(arguments.length, [NAMES].every((one, index) => one === arguments[index]));
          trace(this.accessorName, exports === this.exports, exports.ssuper, this.module.id);
          this.exports.shared = 'extensible';
          return;
        });
        trace(a.exports.shared);
        """.replace("NAMES", PARAMETERS.replace(" ", ", "))
    )
    assert run.lines == ["14 true", "top true null unspecified", "extensible"]


def test_01_every_instance_of_a_class_has_its_own_variables(drive: Drive) -> None:
    run = drive(
        """
        const one = instantiate('one', 'Counter');
        const two = instantiate('two', 'Counter');
        trace(one.next(), one.next(), two.next());
        """,
        library={"Counter": "'use strict'; var n = 0; this.next = function () { return ++n; };"},
    )
    assert run.lines == ["1 2 1"]


def test_01_this_has_every_method_and_property(drive: Drive) -> None:
    run = drive(
        f"""
        const a = make(function () {{ exports.setup = function () {{}}; }});
        const missing = {METHODS.split()!r}.filter((name) => typeof a[name] !== 'function');
        trace(missing, typeof a.setTimeout);
        trace(Object.keys(a).filter((name) => typeof a[name] !== 'function'));
        """
    )
    assert run.lines[0] == "[] undefined"
    assert set(json.loads(run.lines[1])) == set(PROPERTIES.split())


def test_01_without_code_there_is_no_accessor(drive: Drive) -> None:
    run = drive(
        """
        attempt(() => new Accessor('a', '', getAccessorCode, {}));
        attempt(() => new Accessor('a', undefined, getAccessorCode, {}));
        attempt(() => make(function () { throw new Error('top level'); }));
        attempt(() => make(function () {
          exports.setup = function () { throw new Error('no'); };
        }));
        attempt(() => new Accessor('a', 'var 1;', getAccessorCode, {}));
        trace(getTopLevelAccessors().length);
        """
    )
    assert run.lines[:4] == [
        "threw accessor 'a' has no code",
        "threw accessor 'a' has no code",
        "threw Exception in the script of accessor 'top': Error: top level",
        "threw Exception in setup() of accessor 'top': Error: no",
    ]
    assert run.lines[4].startswith("threw Exception in the script of accessor 'a': SyntaxError: ")
    assert run.lines[5] == "0"


def test_01_bindings_replace_host_functions_and_methods(drive: Drive) -> None:
    run = drive(
        """
        const bindings = {
          error: (text) => trace('own error', text),
          getName: () => 'bound',
          setTimeout: undefined
        };
        const a = new Accessor('a', 'exports.setup = function () { error(1); this.error(2); }',
          getAccessorCode, bindings);
        trace(a.getName());
        globalThis.alert = (text) => trace('global alert', text);
        new Accessor('b', 'alert(3); this.alert(4)', getAccessorCode, {});
        // What a careless script has made a global of is no function of the host's.
        globalThis.error = 'oops';
        new Accessor('c', 'trace(typeof error)', getAccessorCode, {});
        """
    )
    assert run.lines == [
        "own error 1",
        "own error 2",
        "bound",
        "global alert 3",
        "global alert 4",
        "function",
    ]


def test_03_globals_of_the_library(drive: Drive) -> None:
    run = drive(
        """
        make(function () {
          exports.setup = function () {
            trace(unescape('a%20b'), escape('a b'), typeof getHostName(), typeof getResource);
            console.log('log'); console.info('info'); console.dir({ a: 1 });
            console.error('err'); console.warn('careful');
            undeclared = 'a new global';
            trace('text'.startsWith('te'), new Uint8Array(2).length, JSON.parse('[1]')[0]);
          };
        });
        trace(undeclared);
        attempt(() => make(function () { 'use strict'; alsoUndeclared = 1; }));
        """
    )
    assert run.lines[:6] == [
        "a b a%20b string function",
        "log",
        "info",
        "{ a: 1 }",
        "true 2 1",
        "a new global",
    ]
    assert "ReferenceError" in run.lines[6]
    assert run.stderr == "err\ncareful\n"


def test_04_ports_keep_their_order_and_merge_their_options(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () {
            const shared = { type: 'int', value: 1 };
            this.input('y', shared); this.input('x', shared);
            this.output('b'); this.output('a', { type: 'number' });
            this.parameter('q'); this.parameter('p', { value: 1, options: [1, 2] });
            this.input('y', { value: 2, visibility: 'expert' });
          };
        });
        trace(a.inputList, a.outputList, a.parameterList);
        trace(a.inputs.y, a.inputs.x, a.outputs.a);
        a.input('late'); a.output('error', { spontaneous: true }); a.parameter('p', { value: 3 });
        trace(a.inputList, a.outputList, a.outputs.error, a.getParameter('p'));
        a.setParameter('p', 17);
        trace(a.getParameter('p'));
        const unbound = a.input;
        attempt(() => unbound('z') || 'no error');
        attempt(() => a.input() || 'no error');
        """
    )
    assert run.lines[:5] == [
        '["y","x"] ["b","a","error"] ["q","p"]',
        '{"type":"int","value":2,"visibility":"expert"} {"type":"int","value":1} {"type":"number"}',
        '["y","x","late"] ["b","a","error"] {"spontaneous":true} 3',
        "17",
        run.lines[4],
    ]
    assert run.lines[4].startswith("threw ")
    assert run.lines[5] == "threw input() of 'top' needs a name; got undefined"


def test_04_without_setup_there_is_no_error_output(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () { this.output('a'); });
        const b = make(function () { exports.setup = function () { this.output('error'); }; });
        trace(a.outputList, b.outputList);
        """
    )
    assert run.lines == ['["a"] ["error"]']


def test_33_error_prints_a_message_and_a_trace_and_nothing_else(drive: Drive) -> None:
    run = drive(
        """
        const a = make(function () {
          exports.setup = function () {};
          exports.initialize = function () { error('one'); this.error({ two: 2 }); trace('on'); };
        });
        a.initialize();
        trace(a.initialized);
        """
    )
    assert run.lines == ["on", "true"]
    lines = run.stderr.splitlines()
    assert [line for line in lines if not line.startswith("    at ")] == [
        "Error reported by accessor 'top': one",
        "------ stack trace ------",
        "------ end of stack trace ------",
        "Error reported by accessor 'top': { two: 2 }",
        "------ stack trace ------",
        "------ end of stack trace ------",
    ]
    assert lines[2].startswith("    at ")
    assert run.exit_code == 0


def test_34_resources_beside_the_script_and_in_the_key_store(
    drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The rest of section 6 is in tests/modules/resources/test_scripts.py.
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, text in (("lib/data.txt", "beside"), (".ptKeystore/key", "secret")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    run = drive(
        "instantiate('a', 'lib/Reader').initialize();",
        library={
            "lib/Reader": """
              exports.setup = function () {
                trace(getResource('data.txt'), this.getResource('$KEYSTORE/key', 1000));
                trace(getResource('data.txt', 'raw'));
                attempt(function () { return getResource('nothing.txt') });
              };
              exports.initialize = function () {
                getResource('data.txt', {}, function (status, text) { trace(status, text); });
                getResource('nothing.txt', {}, function (status, text) {
                  trace(status !== null, text);
                });
                trace('begun');
              };"""
        },
    )
    assert run.lines[:2] == ["beside secret", str(list(b"beside")).replace(" ", "")]
    assert run.lines[2].startswith("threw ")
    assert run.lines[3] == "begun"
    assert sorted(run.lines[4:]) == ["null beside", "true null"]


def test_35_a_missing_module_throws_when_the_accessor_is_loaded(drive: Drive) -> None:
    run = drive(
        """
        attempt(() => instantiate('top', 'Missing'));
        make(function () {
          var events = require('events'), util = require('util'), query = require('querystring');
          trace(util.inspect({ a: [1, 'x'] }), query.stringify({ a: 1 }), typeof events);
          trace(util === this.require('util'));
        });
        """,
        library={"Missing": "var m = require('no-such-module');"},
    )
    assert run.lines == [
        "threw Exception in the script of accessor 'top': "
        "Error: Cannot find module 'no-such-module'",
        "{ a: [ 1, 'x' ] } a=1 function",
        "true",
    ]


def test_36_a_class_is_found_with_and_without_its_extension(drive: Drive) -> None:
    run = drive(
        """
        trace(instantiate('a', 'net/Thing').getAccessorClass());
        trace(instantiate('b', 'net/Thing.js').getAccessorClass());
        attempt(() => instantiate('c', 'net/Nothing'));
        attempt(() => instantiate('d', ''));
        attempt(() => new Accessor('e', 'this.extend("net/Thing")', null, {}));
        """,
        library={"net/Thing": "exports.setup = function () {};"},
    )
    assert run.lines[:2] == ["net/Thing", "net/Thing.js"]
    assert "threw Cannot find accessor class 'net/Nothing'; looked for /" in run.lines[2]
    assert "net/Nothing.js" in run.lines[2]
    assert run.lines[3] == "threw accessor 'd' needs the name of a class; got ''"
    assert "there is no library to find the class 'net/Thing' in" in run.lines[4]


def test_plain_scripts_of_a_library_are_modules(drive: Drive) -> None:
    run = drive(
        """
        const a = instantiate('a', 'net/Counts');
        a.initialize();
        attempt(() => require('absent-from-it'));
        """,
        library={
            "net/Counts": """
              const plain = require('@modules/plainScript');
              exports.setup = function () {};
              exports.initialize = function () {
                console.log(plain.count(), require('plainScript').count());
              };
            """,
            "hosts/common/modules/plainScript": """
              const { size } = require('./helper');
              let counted = size;
              exports.count = () => ++counted;
            """,
            "hosts/common/modules/helper": "exports.size = 40;",
        },
    )
    assert run.lines[0] == "41 42"
    assert "threw Cannot find module 'absent-from-it'" in run.lines[1]
    assert (run.stderr, run.exit_code) == ("", 0)
