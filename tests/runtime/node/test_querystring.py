"""querystring: Node's dialect."""

from __future__ import annotations

from ...conftest import RunJs
from ...support.checks import all_pass, passes

HEAD = "const querystring = require('querystring');"


STRINGIFIED = [
    ("{ a: 1, b: 'x y', c: true, d: 2n }", "a=1&b=x%20y&c=true&d=2"),
    ("{ a: [1, 'b', null], none: [] }", "a=1&a=b&a="),
    ("{ a: null, b: undefined, c: NaN, d: Infinity, e: {}, f() {} }", "a=&b=&c=&d=&e=&f="),
    ("{ 'k&=': '€' }", "k%26%3D=%E2%82%AC"),
    ('{ a: "~!*()\'-_." }', "a=~!*()'-_."),
    ("{ a: 1, b: [2, 3] }, ';', ':'", "a:1;b:2;b:3"),
    ("{ a: 'b' }, null, null, { encodeURIComponent: (t) => '<' + t + '>' }", "<a>=<b>"),
    ("'text'", ""),
    ("null", ""),
]


def test_an_object_becomes_a_query(run_js: RunJs) -> None:
    checks = {
        call: HEAD + f'check(querystring.stringify({call}), "{expected}");'
        for call, expected in STRINGIFIED
    }
    all_pass(run_js, checks)


PARSED = [
    ("'a=1&b=x%20y&c=p+q'", "{ a: '1', b: 'x y', c: 'p q' }"),
    ("'a=1&a=2&a=3'", "{ a: ['1', '2', '3'] }"),
    ("'a&=b&&c=&d=e=f'", "{ a: '', '': 'b', c: '', d: 'e=f' }"),
    ("'a:1;b:2', ';', ':'", "{ a: '1', b: '2' }"),
    ("'a=>1||b=>2', '||', '=>'", "{ a: '1', b: '2' }"),
    ("'a=1&b=2&c=3', null, null, { maxKeys: 2 }", "{ a: '1', b: '2' }"),
    ("'a=b', null, null, { decodeURIComponent: (t) => t + '!' }", "{ 'a!': 'b!' }"),
    ("'a=%41', null, null, { decodeURIComponent() { throw 1; } }", "{ a: 'A' }"),
    ("''", "{}"),
    ("5", "{}"),
]


def test_a_query_becomes_an_object(run_js: RunJs) -> None:
    checks = {
        call: HEAD + f"check(querystring.parse({call}), {expected});" for call, expected in PARSED
    }
    all_pass(run_js, checks)


MALFORMED = [
    ("%E4", "\\ufffd"),
    ("%E4%ZZ+x", "\\ufffd%ZZ x"),
    ("%", "%"),
    ("%E2%82", "\\ufffd"),
    ("%c3%a9%ff%41é", "é\\ufffdAé"),
]


def test_malformed_sequences_do_not_throw(run_js: RunJs) -> None:
    checks = {
        text: HEAD + f"check(querystring.parse('a={text}'), {{ a: '{expected}' }});"
        for text, expected in MALFORMED
    }
    all_pass(run_js, checks)


def test_a_thousand_keys_are_read_unless_told_otherwise(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        const query = Array.from({ length: 1500 }, (_, i) => 'k' + i).join('&');
        check(Object.keys(querystring.parse(query)).length, 1000);
        check(Object.keys(querystring.parse(query, '', '', { maxKeys: 0 })).length, 1500);
        """,
    )


def test_no_key_touches_a_prototype(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        const result = querystring.parse('__proto__=1&toString=2&constructor=3');
        check(Object.getPrototypeOf(result), null);
        check(Object.keys(result), ['__proto__', 'toString', 'constructor']);
        check(({}).polluted, undefined);
        """,
    )


def test_the_short_names_are_the_same_functions(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + """
        check(querystring.encode === querystring.stringify, true);
        check(querystring.decode === querystring.parse, true);
        """,
    )


def test_texts_are_escaped_and_unescaped(run_js: RunJs) -> None:
    passes(
        run_js,
        HEAD
        + r"""
        check(querystring.escape('a b+€'), 'a%20b%2B%E2%82%AC');
        check(querystring.escape({ toString: () => 'é' }), '%C3%A9');
        check(querystring.escape(5), '5');
        check(querystring.unescape('%zz%41+%E4'), '%zzA+\ufffd');
        check(thrown(() => querystring.escape('\ud800')), 'URIError ERR_INVALID_URI URI malformed');
        """,
    )
