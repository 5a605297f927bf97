"""JavaScript as coarse tokens."""

from __future__ import annotations

import pytest

from accessor_host.scripts.lexer import Lexer, Token


def tokens(text: str) -> list[Token]:
    return list(Lexer(text))


def shown(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokens(text)]


def is_unfinished(text: str) -> bool:
    lexer = Lexer(text)
    list(lexer)
    return lexer.is_unfinished


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("'it\\'s'", "string"),
        ('"a // b /* c"', "string"),
        ("'over \\\n lines'", "string"),
        ("// 'a' /* b", "comment"),
        ("/* 'a'\n// b */", "comment"),
        ("/**/", "comment"),
        ("/a\\/[/'\"]+/giu", "regex"),
        ("`a $ {b} \\` \\${c} 'd`", "template"),
        ("0x1F", "number"),
        (".5", "number"),
        ("1_000n", "number"),
        ("$π_1", "name"),
        ("#private", "name"),
        ("=>", "mark"),
        ("...", "mark"),
    ],
)
def test_a_token_is_one(text: str, kind: str) -> None:
    assert shown(text) == [(kind, text)]


def test_no_character_is_lost() -> None:
    text = "a\t=>\r\n { `b${ {c: `d${1}`} }e` } /f/ // g\n'open\n\"open"
    found = tokens(text)
    assert "".join(text.split()) == "".join("".join(token.text.split()) for token in found)
    assert all(text[token.start : token.end] == token.text for token in found)


@pytest.mark.parametrize(
    ("text", "regexes"),
    [
        ("a / b / c", 0),
        ("f(x) / 2 / 3", 0),
        ("a[0] / 2 / 3", 0),
        ("1 / 2 / 3", 0),
        ("`t` / 2 / 3", 0),
        ("x = /a/", 1),
        ("/a/.test(b)", 1),
        ("f(/a/, /b/)", 2),
        ("return /a/", 1),
        ("typeof /a/", 1),
        ("a => /[/]/", 1),
        ("/a/ / /b/", 2),
        ("x = a / 2 // /b/", 0),
    ],
)
def test_a_slash_divides_after_a_value_only(text: str, regexes: int) -> None:
    assert [kind for kind, _ in shown(text)].count("regex") == regexes


def test_depth_counts_the_brackets_around_a_token() -> None:
    depths = [(token.text, token.depth) for token in tokens("a(b[c]) `d${e}f${{g}}h`")]
    assert depths == [
        ("a", 0),
        ("(", 0),
        ("b", 1),
        ("[", 1),
        ("c", 2),
        ("]", 1),
        (")", 0),
        ("`d${", 0),
        ("e", 1),
        ("}f${", 0),
        ("{", 1),
        ("g", 2),
        ("}", 1),
        ("}h`", 0),
    ]


def test_a_token_knows_of_a_line_break_before_it() -> None:
    text = "a b\nc /* d */ e /*\n*/ f // g\nh"
    names = [token for token in tokens(text) if token.kind == "name"]
    after = {token.text for token in names if token.after_line_break}
    assert after == {"c", "f", "h"}


@pytest.mark.parametrize(
    "text",
    [
        "f(",
        "x = {",
        "[1, 2",
        "function f() {\n  return 1;",
        "function f() { // }",
        "f('(', ",
        "`a",
        "`a ${",
        "`a ${b",
        "`a ${b} c",
        "`a ${`b`}",
        "/* a",
        "/*/",
        "1 /* a\nb",
    ],
)
def test_a_text_can_be_unfinished(text: str) -> None:
    assert is_unfinished(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "f()",
        "'('",
        "/[(]/",
        "// (",
        "/* ( */",
        "`(${1}(`",
        "/* a */ b",
        # More would not help these.
        "a)",
        "f(a]",
        "(]{",
        "'open",
        "a +",
    ],
)
def test_a_text_can_be_finished(text: str) -> None:
    assert not is_unfinished(text)


def test_deep_nesting_is_no_trouble() -> None:
    depth = 20_000
    assert tokens("`${" * depth)[-1].depth == depth - 1
    assert not is_unfinished("(" * depth + ")" * depth)
