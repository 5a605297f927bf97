"""Declarations of the shell's lines that last."""

from __future__ import annotations

import pytest

from accessor_host.programs.shell.declarations import lasting


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        ("let a = 1", "var a = 1"),
        ("const a = 1, b = 2;", "var a = 1, b = 2;"),
        ("let a = 1; const b = a; b", "var a = 1; var b = a; b"),
        ("let a = 1\nlet b = 2", "var a = 1\nvar b = 2"),
        ("let a = () => { let b = 1; return b }", "var a = () => { let b = 1; return b }"),
        ("const { a, b: [c] } = d", "var { a, b: [c] } = d"),
        ("let [a] = b", "var [a] = b"),
        ("if (a) { b } let c = 1", "if (a) { b } var c = 1"),
        ("/* let a */ let b = 'let c' // let d", "/* let a */ var b = 'let c' // let d"),
        ("let a = `b ${c}` \nlet d = /e/", "var a = `b ${c}` \nvar d = /e/"),
    ],
)
def test_let_and_const_become_var(text: str, rewritten: str) -> None:
    assert lasting(text) == rewritten


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        ("let a", "var a = undefined"),
        ("let a;", "var a = undefined;"),
        ("let a, b = 1, c", "var a = undefined, b = 1, c = undefined"),
        ("let a = (1, 2), b", "var a = (1, 2), b = undefined"),
        ("let a // one\nlet b", "var a = undefined // one\nvar b = undefined"),
        ("let a\nf(b, c)", "var a = undefined\nf(b, c)"),
        # What comes after the declaration is no part of it.
        ("let a = 1\nb, c", "var a = 1\nb, c"),
        ("let a = 1; b, c", "var a = 1; b, c"),
        ("let a = b\n  in c, d", "var a = b\n  in c, d = undefined"),
    ],
)
def test_a_let_without_a_value_is_undefined(text: str, rewritten: str) -> None:
    assert lasting(text) == rewritten


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        ("class A {}", "var A = class A {};"),
        ("class A { m() { return {} } } new A()", "var A = class A { m() { return {} } }; new A()"),
        ("class A extends B { }", "var A = class A extends B { };"),
        ("class A extends f({}) { }", "var A = class A extends f({}) { };"),
        ("class A {}\nclass B {}", "var A = class A {};\nvar B = class B {};"),
        ("1\nclass A {}", "1\nvar A = class A {};"),
    ],
)
def test_a_class_becomes_a_variable(text: str, rewritten: str) -> None:
    assert lasting(text) == rewritten


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "var a = 1",
        "function f() { let a }",
        "async function f() { const a = 1 }",
        "{ let a = 1 }",
        "for (let i = 0; i < 3; i++) { const a = i }",
        "for (const a of b) c",
        "f(class A {})",
        "x = class A {}",
        "x = class {}",
        "return class A {}",
        "a.let",
        "a.class",
        "let",
        "let = 1",
        "const",
        "class",
        "class A",
        "'let a'",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert lasting(text) == text
