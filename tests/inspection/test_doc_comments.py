"""What comments say about an accessor."""

from __future__ import annotations

import pytest

from accessor_host.inspection.doc_comments import Documentation, read_documentation

EXAMPLE = """\
// Licence, with a quote ' and a */ in it; /* not a comment
/* Copyright 'someone' */

/** A thermostat. It heats (see foo@bar.com)
 *  while it is cold.
 *
 *  It knows:
 *  * __mode__: what to do
 *    at night
 *
 *  @accessor net/Thermostat
 *  @input {number} temperature In degrees
 *    Celsius.
 *  @output {boolean} heating Whether it should heat.
 *  @parameter {{low: number, high: number}} limits - Where it starts and stops.
 *  @param 'rate' How often.
 *  @author One
 *  @author Two
 *  @version $$Id$$
 *  @module @accessors-modules/clock
 *  @module util
 *  @see elsewhere
 *     and more
 */
'use strict';

/** Sets up. */
exports.setup = function () {};
"""


def test_a_comment_documents_an_accessor() -> None:
    assert read_documentation(EXAMPLE) == Documentation(
        description="A thermostat. It heats (see foo@bar.com)\nwhile it is cold.\n\n"
        "It knows:\n* __mode__: what to do\n  at night",
        accessor="net/Thermostat",
        author="One, Two",
        version="$$Id$$",
        modules=["@accessors-modules/clock", "util"],
        inputs={"temperature": "In degrees Celsius."},
        outputs={"heating": "Whether it should heat."},
        parameters={"limits": "Where it starts and stops.", "rate": "How often."},
    )


@pytest.mark.parametrize(
    ("tag", "name", "text"),
    [
        ("@input a", "a", ""),
        ("@input a The text.", "a", "The text."),
        ("@Input a: The text.", "a", "The text."),
        ("@input a - The text.", "a", "The text."),
        ("@input {int} a The text.", "a", "The text."),
        ("@input {int}a The text.", "a", "The text."),
        ("@input [a] The text.", "a", "The text."),
        ("@input `a` The `text`.", "a", "The `text`."),
        ("@input a-b.c The text.", "a-b.c", "The text."),
        ("@input a The {@link text}.", "a", "The {@link text}."),
    ],
)
def test_a_tag_of_a_port_takes_many_forms(tag: str, name: str, text: str) -> None:
    assert read_documentation(f"/** {tag} */").inputs == {name: text}


@pytest.mark.parametrize("tag", ["@input", "@input {int}", "@input ()", "@inputs a b"])
def test_a_tag_without_a_name_says_nothing(tag: str) -> None:
    assert read_documentation(f"/** Text.\n * {tag}\n */") == Documentation(description="Text.")


def test_the_first_word_about_a_port_counts() -> None:
    source = "/** @accessor A\n * @input a first\n * @input a second */"
    assert read_documentation(source).inputs == {"a": "first"}


def test_the_same_name_can_be_an_input_and_an_output() -> None:
    documentation = read_documentation("/** @input a in\n * @output a out\n * @parameter a set */")
    assert documentation.inputs == {"a": "in"}
    assert documentation.outputs == {"a": "out"}
    assert documentation.parameters == {"a": "set"}


@pytest.mark.parametrize(
    ("source", "description"),
    [
        ("/** One.\n    Two.\n      Three. */", "One.\nTwo.\n  Three."),
        ("/**\n * One.\n *\n * Two.\n */", "One.\n\nTwo."),
        ("/**One.*/", "One."),
        ("/*** One. ***/", "One."),
        ("/** a * b */", "a * b"),
    ],
)
def test_stars_in_front_of_lines_are_no_text(source: str, description: str) -> None:
    assert read_documentation(source).description == description


@pytest.mark.parametrize(
    "source",
    [
        # The one that says so, wherever it stands.
        "/** No. */ var x; /** Yes.\n * @accessor A */",
        "/** No.\n * @input a b */ /** Yes.\n * @accessor A */",
        "/** Yes.\n * @accessor A */ /** No.\n * @accessor B */",
        # Else the first before the code that speaks of ports.
        "/** No. */ /** Yes.\n * @output a b */ var x;",
        # Else the first before the code.
        "/** Yes. */ /** No. */ var x; /** No. */",
    ],
)
def test_one_of_several_comments_is_chosen(source: str) -> None:
    assert read_documentation(source).description == "Yes."


@pytest.mark.parametrize(
    "source",
    ["", "var x;", "// A\n", "/* A */", "/**/", "/***/", "/** */", "var x; /** A */", "'/** A */'"],
)
def test_most_comments_document_nothing(source: str) -> None:
    assert read_documentation(source) == Documentation()


def test_a_comment_that_does_not_end_is_read_to_the_end_of_the_file() -> None:
    assert read_documentation("/** Open.").description == "Open."
