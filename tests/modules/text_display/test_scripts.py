"""The contract of @modules/text-display, as scripts see it."""

from __future__ import annotations

import pytest

from ...conftest import RunJs

DISPLAY = "const { TextDisplay } = require('@modules/text-display');"


@pytest.mark.parametrize(
    "name",
    ["@modules/text-display", "@accessors-modules/text-display", "@accessors-modules/textDisplay"],
)
def test_it_is_one_module_by_every_name_it_has(run_js: RunJs, name: str) -> None:
    outcome = run_js(f"""
        const display = require('{name}');
        console.log(Object.keys(display).join(), display === require('@modules/text-display'));
    """)
    assert outcome.stdout == "TextDisplay true\n"


@pytest.mark.parametrize("function", ["appendText", "displayText"])
def test_a_text_is_a_line_after_its_title(run_js: RunJs, function: str) -> None:
    outcome = run_js(f"""
        {DISPLAY}
        const display = new TextDisplay('Kitchen');
        console.log(display.{function}('21.5 °C'));
        display.{function}('22 °C 🚀');
    """)
    assert outcome.stdout == "Kitchen: 21.5 °C\nundefined\nKitchen: 22 °C 🚀\n"
    assert (outcome.stderr, outcome.exit_code) == ("", 0)


def test_lines_keep_their_order_with_the_console(run_js: RunJs) -> None:
    outcome = run_js(f"""
        {DISPLAY}
        const one = new TextDisplay('one');
        const two = new TextDisplay('two');
        for (let i = 0; i < 3; i++) {{
          one.appendText(String(i));
          console.log('console', i);
          two.displayText(String(i));
        }}
        setTimeout(() => {{ two.appendText('late'); console.log('later'); }}, 1);
    """)
    lines = [f"one: {i}\nconsole {i}\ntwo: {i}\n" for i in range(3)]
    assert outcome.stdout == "".join(lines) + "two: late\nlater\n"


def test_a_group_of_the_console_does_not_indent_it(run_js: RunJs) -> None:
    outcome = run_js(f"{DISPLAY} console.group('g'); new TextDisplay('title').appendText('text');")
    assert outcome.stdout == "g\ntitle: text\n"


def test_a_text_of_several_lines_stays_as_it_is(run_js: RunJs) -> None:
    outcome = run_js(rf"{DISPLAY} new TextDisplay('title').appendText('one\n  two\n');")
    assert outcome.stdout == "title: one\n  two\n\n"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("''", ""),
        ("42", "42"),
        ("undefined", "undefined"),
        ("null", "null"),
        ("{ a: [1, 'b'] }", "{ a: [ 1, 'b' ] }"),
        ("Object.create(null)", "[Object: null prototype] {}"),
        ("Symbol('s')", "Symbol(s)"),
        ("'%s %d'", "%s %d"),
    ],
)
def test_any_value_is_shown_as_the_console_shows_it(run_js: RunJs, value: str, shown: str) -> None:
    outcome = run_js(f"{DISPLAY} new TextDisplay('title').appendText({value});")
    assert (outcome.stdout, outcome.stderr) == (f"title: {shown}\n", "")


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("", "text"),
        ("undefined", "text"),
        ("null", "text"),
        ("''", "text"),
        ("0", "0: text"),
        ("'Übersicht'", "Übersicht: text"),
    ],
)
def test_without_a_title_a_text_stands_alone(run_js: RunJs, title: str, line: str) -> None:
    outcome = run_js(f"{DISPLAY} new TextDisplay({title}).appendText('text');")
    assert outcome.stdout == f"{line}\n"


def test_it_needs_no_python_in_the_middle_of_an_event(run_js: RunJs) -> None:
    # An endless callback is stopped, and the others go on: that is how it is while none may ask.
    outcome = run_js(
        f"""
        {DISPLAY}
        const display = new TextDisplay('title');
        setTimeout(() => {{ display.appendText('before'); for (;;); }}, 1);
        setTimeout(() => display.appendText('after'), 2);
        """,
        callback_timeout=0.2,
    )
    assert outcome.stdout == "title: before\ntitle: after\n"
    assert "was stopped" in outcome.stderr
