"""util: inspect, format, and the helpers around functions and types."""

from __future__ import annotations

from ...conftest import RunJs
from ...support.checks import all_print, passes

HEAD = "const util = require('util');"

LOOP = "(() => { const o = { a: {} }; o.a.up = o; return o; })()"

INSPECTED = [
    ("'it\\'s'", '"it\'s"'),
    ("['a\\n', -0, 5n, null, undefined]", "[ 'a\\n', -0, 5n, null, undefined ]"),
    ("'\\ud800'", "'\\ud800'"),
    ("function f() {}", "[Function: f]"),
    ("() => 0", "[Function (anonymous)]"),
    ("async () => 0", "[AsyncFunction (anonymous)]"),
    ("function* g() {}", "[GeneratorFunction: g]"),
    ("class A extends Map {}", "[class A extends Map]"),
    ("[, 1, , ,]", "[ <1 empty item>, 1, <2 empty items> ]"),
    ("Object.assign([1], { key: 2 })", "[ 1, key: 2 ]"),
    ("{ 'a-b': 1, [Symbol('s')]: 2 }", "{ 'a-b': 1, [Symbol(s)]: 2 }"),
    ("new (class Foo { a = 1; })()", "Foo { a: 1 }"),
    ("new (class Foo extends Set {})([1])", "Foo(1) [Set] { 1 }"),
    ("Object.create(null)", "[Object: null prototype] {}"),
    ("new Map([[{ k: 1 }, [2]]])", "Map(1) { { k: 1 } => [ 2 ] }"),
    ("new Date(0)", "1970-01-01T00:00:00.000Z"),
    ("new Date(NaN)", "Invalid Date"),
    ("/a/g", "/a/g"),
    ("new Uint8Array(2)", "Uint8Array(2) [ 0, 0 ]"),
    ("new ArrayBuffer(2)", "ArrayBuffer { [Uint8Contents]: <00 00>, byteLength: 2 }"),
    ("Buffer.from('hi')", "<Buffer 68 69>"),
    ("Object('s')", "[String: 's']"),
    ("new WeakMap()", "WeakMap { <items unknown> }"),
    ("Promise.resolve(1)", "Promise {}"),
    ("{ get a() { return 1; }, set a(v) {}, get b() { return 1; } }",
     "{ a: [Getter/Setter], b: [Getter] }"),
    ("{ a: { b: { c: {} } } }", "{ a: { b: { c: {} } } }"),
    ("{ a: { b: { c: { d: 1 } } } }", "{ a: { b: { c: [Object] } } }"),
    ("[[[[1]]]]", "[ [ [ [Array] ] ] ]"),
    (LOOP, "<ref *1> { a: { up: [Circular *1] } }"),
    ("{ ['__proto__']: 1 }", "{ ['__proto__']: 1 }"),
]  # fmt: skip


def test_values_are_shown_as_in_node(run_js: RunJs) -> None:
    all_print(run_js, ((f"require('util').inspect(({value}))", text) for value, text in INSPECTED))


INSPECTED_WITH_OPTIONS = [
    ("[[[[[1]]]]], { depth: null, compact: 5 }", "[ [ [ [ [ 1 ] ] ] ] ]"),
    ("{ a: {} , b: { c: 1 } }, { depth: 0 }", "{ a: {}, b: [Object] }"),
    ("{ b: 1, a: 2 }, { sorted: true }", "{ a: 2, b: 1 }"),
    ("[1, 2, 3], { maxArrayLength: 1 }", "[ 1, ... 2 more items ]"),
    ("'abc', { maxStringLength: 1 }", "'a'... 2 more characters"),
    ("{ a: 1, b: 2 }, { breakLength: 3 }", "{\n  a: 1,\n  b: 2\n}"),
    ("[1], { showHidden: true }", "[ 1, [length]: 1 ]"),
    ("{ get a() { return 5; } }, { getters: true }", "{ a: [Getter: 5] }"),
    ("[1, 's'], { colors: true }", "[ \x1b[33m1\x1b[39m, \x1b[32m's'\x1b[39m ]"),
    ("{ a: { b: 1 } }, false, 0", "{ a: [Object] }"),
]


def test_options_change_what_is_shown(run_js: RunJs) -> None:
    calls = ((f"require('util').inspect({call})", text) for call, text in INSPECTED_WITH_OPTIONS)
    all_print(run_js, calls)


def test_long_arrays_are_put_in_columns(run_js: RunJs) -> None:
    outcome = run_js("console.log(Array.from({ length: 102 }, (_, i) => i * 3))")
    lines = outcome.stdout.splitlines()
    assert lines[1] == "    0,   3,   6,   9,  12,  15,  18,  21,  24,  27,  30,  33,"
    assert lines[-2] == "  ... 2 more items"


def test_an_object_shows_itself_if_it_wants_to(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        class Money {
          [util.inspect.custom](depth, options, inspect) {
            check([depth, options.depth, inspect === util.inspect], [1, 1, true]);
            return 'five\\neuros';
          }
        }
        check(util.inspect({ cost: new Money() }), '{\\n  cost: five\\n  euros\\n}');
        check(util.inspect(new Money(), { customInspect: false }), 'Money {}');
        const structured = { [util.inspect.custom]: () => ({ a: [1] }) };
        check(util.inspect({ structured }), '{ structured: { a: [ 1 ] } }');
        """,
    )


def test_the_default_options_can_be_changed(run_js: RunJs) -> None:
    outcome = run_js(
        HEAD
        + """
        util.inspect.defaultOptions.depth = 0;
        console.log({ a: { b: 1 } });
        util.inspect.defaultOptions = { depth: 9, compact: 9 };
        console.log([[[[[1]]]]]);
        """
    )
    assert outcome.stdout == "{ a: [Object] }\n[ [ [ [ [ 1 ] ] ] ] ]\n"


STACK = "Object.defineProperty({0}, 'stack', {{ value: {1}, writable: true, configurable: true }})"


def error(value: str, stack: str) -> str:
    return STACK.format(value, stack)


ERRORS = [
    (error("new RangeError('m')", "null"), "[RangeError: m]"),
    (error("new RangeError('m')", "'    at f (x)'"), "RangeError: m\n    at f (x)"),
    (error("new Error('m')", "'Error: m\\n    at f (x)'"), "Error: m\n    at f (x)"),
    (
        "Object.assign(" + error("new Error('m')", "'Error: m\\n    at f (x)'") + ", { a: 1 })",
        "Error: m\n    at f (x) {\n  a: 1\n}",
    ),
    (
        "{ e: " + error("new Error('m')", "'Error: m\\n    at f (x)'") + " }",
        "{\n  e: Error: m\n      at f (x)\n}",
    ),
    (
        error("new Error('m', { cause: 'why' })", "'Error: m\\n    at f (x)'"),
        "Error: m\n    at f (x) {\n  [cause]: 'why'\n}",
    ),
    (
        error("new (class Mine extends Error {})('m')", "'Error: m\\n    at f (x)'"),
        "Mine [Error]: m\n    at f (x)",
    ),
    (error("new Error('m')", "'anything'"), "[anything]"),
]


def test_an_error_is_shown_by_its_stack(run_js: RunJs) -> None:
    all_print(run_js, ((f"require('util').inspect({value})", text) for value, text in ERRORS))


def test_the_first_line_of_a_stack_shows_a_later_name_and_message(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        class NamedError extends Error {
          constructor(message) { super(message); this.name = 'NamedError'; }
        }
        const firstLine = (error) => util.inspect(error).split('\\n')[0];
        check(firstLine(new NamedError('m')), 'NamedError: m');
        const extended = new Error('m');
        extended.message = 'file.js: m';
        check(firstLine(extended), 'Error: file.js: m');
        """,
    )


FORMATS = [
    ("'a', 'b', { c: 1 }, 5", "a b { c: 1 } 5"),
    ("'%s|%s|%s', 'x', -0, { a: { b: 1 } }", "x|-0|{ a: [Object] }"),
    ("'%s %s', { toString: () => 'own' }, Symbol('s')", "own Symbol(s)"),
    ("'%d %d %d', '0x10', 1n, {}", "16 1n NaN"),
    ("'%i %f', '42.9abc', '1.5x'", "42 1.5"),
    ("'%j', { a: [1] }", '{"a":[1]}'),
    ("'%j', (() => { const o = {}; o.o = o; return o; })()", "[Circular]"),
    ("'%o', [1]", "[ 1, [length]: 1 ]"),
    ("'%O', { a: { b: { c: {} } } }", "{ a: { b: { c: {} } } }"),
    ("'%cstyled', 'color: red'", "styled"),
    ("'100%% of %s'", "100%% of %s"),
    ("'100%% of %s', 'x', 'y'", "100% of x y"),
    ("'%x %s', 1", "%x 1"),
    ("'%s %s', 'a'", "a %s"),
    ("1, '2', [3]", "1 2 [ 3 ]"),
    ("", ""),
]


def test_a_format_is_filled_in(run_js: RunJs) -> None:
    all_print(run_js, ((f"require('util').format({given})", text) for given, text in FORMATS))


def test_a_format_can_be_given_options(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        const shallow = util.formatWithOptions({ depth: 0 }, '%s', 'x', { a: { b: 1 } });
        check(shallow, 'x { a: [Object] }');
        check(thrown(() => util.formatWithOptions('x')).slice(0, 30),
          'TypeError ERR_INVALID_ARG_TYPE');
        """,
    )


def test_a_constructor_inherits(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        function Parent() {}
        Parent.prototype.greet = () => 'hello';
        function Child() {}
        Child.prototype.own = 1;
        util.inherits(Child, Parent);
        check([new Child().greet(), new Child().own], ['hello', 1]);
        check(new Child() instanceof Parent && new Child().constructor === Child, true);
        check([Child.super_ === Parent, Object.keys(Child)], [true, []]);
        const start = 'TypeError ERR_INVALID_ARG_TYPE The "';
        check(thrown(() => util.inherits(null, Parent)),
          start + 'ctor" argument must be of type function. Received null');
        check(thrown(() => util.inherits(Child, undefined)),
          start + 'superCtor" argument must be of type function. Received undefined');
        check(thrown(() => util.inherits(Child, () => 0)),
          start + 'superCtor.prototype" property must be of type object. Received undefined');
        """,
    )


def test_callbacks_become_promises(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        const settled = [];
        const add = util.promisify(function add(a, b, done) { done(null, this.base + a + b); });
        const fail = util.promisify((done) => done(new Error('no')));
        check([add.name, add.length], ['add', 3]);
        add.call({ base: 10 }, 1, 2).then((value) => settled.push(value));
        fail().catch((error) => settled.push(error.message));
        const special = () => 'plain';
        special[util.promisify.custom] = () => 'custom';
        check(util.promisify(special)(), 'custom');
        check(util.promisify.custom === Symbol.for('nodejs.util.promisify.custom'), true);
        check(thrown(() => util.promisify(5)).slice(0, 30), 'TypeError ERR_INVALID_ARG_TYPE');
        setTimeout(() => check(settled, [13, 'no']), 1);
        """,
    )


def test_timers_have_a_promise_of_their_own(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        const settled = [];
        check(util.promisify(setTimeout) === util.promisify(setTimeout), true);
        util.promisify(setTimeout)(5, 'timeout').then((value) => settled.push(value));
        util.promisify(setImmediate)('immediate').then((value) => settled.push(value));
        setTimeout(() => check(settled, ['immediate', 'timeout']), 20);
        """,
    )


def test_promises_become_callbacks(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        const seen = [];
        const note = (...args) => seen.push(args.map((arg) => (arg && arg.code) || arg));
        const twice = util.callbackify(async function twice(n) { return 2 * n; });
        twice(4, note);
        check([twice.name, twice.length], ['twiceCallbackified', 2]);
        util.callbackify(() => Promise.reject({ code: 'mine' }))(note);
        util.callbackify(() => Promise.reject(null))(note);
        check(thrown(() => twice(1)), 'TypeError ERR_INVALID_ARG_TYPE ' +
          'The last argument must be of type function. Received type number (1)');
        setTimeout(() => check(seen, [[null, 8], ['mine'], ['ERR_FALSY_VALUE_REJECTION']]), 3);
        """,
    )


def test_a_deprecation_is_told_once(run_js: RunJs) -> None:
    outcome = run_js(
        HEAD
        + """
        const old = util.deprecate(function (a) { return [this.b, a]; }, 'old is old', 'D1');
        const other = util.deprecate(() => 0, 'same code', 'D1');
        class Thing { constructor(v) { this.v = v; } }
        const OldThing = util.deprecate(Thing, 'Thing is old');
        console.log(old.call({ b: 1 }, 2), old.call({ b: 3 }, 4), other());
        console.log(new OldThing(5), new OldThing(6) instanceof Thing);
        """
    )
    assert outcome.stdout == "[ 1, 2 ] [ 3, 4 ] 0\nThing { v: 5 } true\n"
    assert outcome.stderr == (
        "[D1] DeprecationWarning: old is old\nDeprecationWarning: Thing is old\n"
    )


EQUAL = [
    ("{ a: [1, { b: 2 }] }", "{ a: [1, { b: 2 }] }"),
    ("NaN", "NaN"),
    ("new Set([1, { a: 1 }])", "new Set([{ a: 1 }, 1])"),
    ("new Map([[{ k: 1 }, [1]]])", "new Map([[{ k: 1 }, [1]]])"),
    ("new Date(5)", "new Date(5)"),
    ("Buffer.from('a')", "Buffer.from('a')"),
    ("Object(1)", "Object(1)"),
    ("new Error('e')", "new Error('e')"),
    (LOOP, LOOP),
]

DIFFERENT = [
    ("[1]", "['1']"),
    ("0", "-0"),
    ("{ a: undefined }", "{}"),
    ("[, 1]", "[undefined, 1]"),
    ("{}", "Object.create(null)"),
    ("[]", "{}"),
    ("new Set([1])", "new Set([2])"),
    ("new Map([[1, 2]])", "new Map([[1, 3]])"),
    ("new Date(5)", "new Date(6)"),
    ("/a/g", "/a/i"),
    ("new Error('e')", "new Error('f')"),
    ("new Uint8Array(1)", "Buffer.alloc(1)"),
    ("new Float64Array([0])", "new Float64Array([-0])"),
    ("Object(1)", "Object(2)"),
    ("() => 0", "() => 0"),
    ("[1, 2]", "[1, 2, 3]"),
]


def test_structures_are_compared_strictly(run_js: RunJs) -> None:
    pairs = [(*pair, "true") for pair in EQUAL] + [(*pair, "false") for pair in DIFFERENT]
    call = "require('util').isDeepStrictEqual(%s, %s)"
    all_print(run_js, ((call % (left, right), expected) for left, right, expected in pairs))


def test_kinds_are_told_by_what_values_are(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        const samples = {
          isDate: new Date(), isRegExp: /x/, isMap: new Map(), isSet: new Set(),
          isWeakMap: new WeakMap(), isWeakSet: new WeakSet(), isPromise: Promise.resolve(),
          isNativeError: new Error(), isUint8Array: new Uint8Array(1),
          isArrayBuffer: new ArrayBuffer(1), isDataView: new DataView(new ArrayBuffer(1)),
          isNumberObject: Object(1), isStringObject: Object('s'), isSymbolObject: Object(Symbol()),
          isAsyncFunction: async () => 0, isGeneratorFunction: function* () {}
        };
        for (const test of Object.keys(samples)) {
          for (const name of Object.keys(samples)) {
            check([test, name, util.types[test](samples[name])], [test, name, test === name]);
          }
          // Without side effects, nothing tells a promise from an object that inherits from one.
          if (test === 'isPromise') continue;
          const fake = Object.create(Object.getPrototypeOf(samples[test]));
          check([test, util.types[test](fake)], [test, false]);
        }
        check(util.types.isTypedArray(Buffer.alloc(1)), true);
        check(util.types.isBoxedPrimitive(Object(1n)), true);
        check(util.types.isProxy(new Proxy({}, {})), false);
        """,
    )


OLD_CHECKS = [
    ("isArray", "[]", "{}"),
    ("isBoolean", "false", "0"),
    ("isNull", "null", "undefined"),
    ("isNullOrUndefined", "undefined", "0"),
    ("isNullOrUndefined", "null", "''"),
    ("isNumber", "NaN", "'1'"),
    ("isString", "''", "Object('')"),
    ("isSymbol", "Symbol()", "'s'"),
    ("isUndefined", "undefined", "null"),
    ("isRegExp", "/x/", "'x'"),
    ("isObject", "[]", "null"),
    ("isDate", "new Date()", "Date.now()"),
    ("isError", "new TypeError()", "'error'"),
    ("isFunction", "() => 0", "{}"),
    ("isPrimitive", "null", "{}"),
    ("isBuffer", "Buffer.alloc(1)", "new Uint8Array(1)"),
]


def test_the_old_checks_answer(run_js: RunJs) -> None:
    answers = [(test, yes, "true") for test, yes, _ in OLD_CHECKS]
    answers += [(test, no, "false") for test, _, no in OLD_CHECKS]
    calls = ((f"require('util').{test}({value})", answer) for test, value, answer in answers)
    all_print(run_js, calls)


def test_extend_changes_its_first_argument(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        const target = { a: 1, b: 1 };
        check(util._extend(target, { b: 2, c: 3 }) === target, true);
        check(target, { a: 1, b: 2, c: 3 });
        check(util._extend({ a: 1 }, null), { a: 1 });
        """,
    )


def test_texts_are_cleaned(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + r"""
        check(util.stripVTControlCharacters('\x1b[31mred\x1b[39m'), 'red');
        check(util.toUSVString('a\ud800b\ud83d\ude00'), 'a\ufffdb\ud83d\ude00');
        check(typeof util.debuglog('net'), 'function');
        """,
    )


def test_a_logged_line_starts_with_the_time(run_js: RunJs) -> None:
    outcome = run_js("require('util').log('%s!', 'hi')")
    assert outcome.stdout.endswith(" - hi!\n")
    assert outcome.stdout.count(":") == 2


def test_texts_are_encoded_as_utf8(run_js: RunJs) -> None:
    passes(
        run_js,
        r"""
        check(Array.from(new TextEncoder().encode('é€\ud800')),
          [0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xef, 0xbf, 0xbd]);
        check(new TextEncoder().encode().length, 0);
        const target = new Uint8Array(5);
        check(new TextEncoder().encodeInto('a€\ud834\udd1e', target), { read: 2, written: 4 });
        check(require('util').TextEncoder === TextEncoder, true);
        check(thrown(() => new TextEncoder().encodeInto('a', [])).slice(0, 30),
          'TypeError ERR_INVALID_ARG_TYPE');
        """,
    )


def test_bytes_are_decoded_in_one_piece_or_in_many(run_js: RunJs) -> None:
    passes(
        run_js,
        r"""
        const bytes = Uint8Array.from([0xef, 0xbb, 0xbf, 0xf0, 0x9d, 0x84, 0x9e, 0xe2, 0x82, 65]);
        const expected = '\ud834\udd1e\ufffdA';
        check(new TextDecoder().decode(bytes), expected);
        check(new TextDecoder('utf8', { ignoreBOM: true }).decode(bytes), '\ufeff' + expected);
        const decoder = new TextDecoder();
        const parts = Array.from(bytes, (byte) => {
          return decoder.decode(Uint8Array.of(byte), { stream: true });
        });
        check(parts.join('') + decoder.decode(), expected);
        decoder.decode(Uint8Array.of(0xe2), { stream: true });
        check(decoder.decode(), '\ufffd');
        check(decoder.decode(new DataView(bytes.buffer, 9)), 'A');
        check(decoder.decode(new ArrayBuffer(1)), '\0');
        """,
    )


def test_a_fatal_decoder_refuses_malformed_bytes(run_js: RunJs) -> None:
    passes(
        run_js,
        r"""
        const decoder = new TextDecoder('utf-8', { fatal: true });
        check([decoder.fatal, decoder.ignoreBOM, decoder.encoding], [true, false, 'utf-8']);
        for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
          check(thrown(() => decoder.decode(Uint8Array.from(bytes))), 'TypeError ' +
            'ERR_ENCODING_INVALID_ENCODED_DATA The encoded data was not valid for encoding utf-8');
        }
        check(decoder.decode(Uint8Array.of(65)), 'A');
        check(thrown(() => new TextDecoder('latin1')).slice(0, 40),
          'RangeError ERR_ENCODING_NOT_SUPPORTED Th');
        check(thrown(() => decoder.decode('text')).slice(0, 30), 'TypeError ERR_INVALID_ARG_TYPE');
        """,
    )
