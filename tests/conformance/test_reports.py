"""The command line and its reports."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from accessor_host.conformance.docs import stable
from accessor_host.conformance.reports import FORMATS, markdown
from accessor_host.conformance.reports.summary import is_conformant
from accessor_host.conformance.runner import Result
from accessor_host.conformance.schemas import check_schema, check_schemas
from accessor_host.conformance.selection import named_cases

from ..support.conformance import command_line, made_case
from ..support.peers import chromium_page
from ..support.programs import ACCESSOR_HOST, Ended, run

NASTY = "<script>alert('&')</script> \x00 \ud800 | *x* ]]>"

RESULTS = [
    Result(made_case(id="made/good"), "one", "pass", seconds=0.5),
    Result(
        made_case(id="made/good"),
        "two",
        "fail",
        NASTY,
        stdout=NASTY,
        stderr=f"first\n\nsecond\n3\n4\n5\n\x1b[31mlast {NASTY}",
        expected="done('x')",
        actual=f"done({NASTY!r}, '{'x' * 500}')",
        reported=("ready()", "done()"),
    ),
    Result(made_case(id="made/missing", level="should"), "one", "skip", "no TLS here"),
    Result(made_case(id="made/missing", level="should"), "two", "pass"),
    Result(made_case(id="made/own", level="extra"), "one", "fail", "it differs"),
    Result(made_case(id="made/own", level="extra"), "two", "pass"),
]


OTHER = replace(made_case(id="other/made"), module="serial")
"""A case for another module."""

OTHERS = ["other/made", "other/second"]

SEVERAL = [
    *RESULTS,
    Result(OTHER, "one", "skip", "no such module"),
    Result(replace(OTHER, id="other/second"), "one", "skip", "no such module"),
    Result(OTHER, "two", "pass"),
    Result(replace(OTHER, id="other/second"), "two", "fail", "it differs"),
]


def of(host: str) -> list[Result]:
    return [result for result in RESULTS if result.host == host]


# In a page of headless Chromium: what a reader sees of a report, and after using its filters.
_INSPECTION = """
const frame = document.createElement('iframe');
frame.style = 'width: 1200px; height: 800px; border: 0';
const loaded = new Promise((resolve) => { frame.onload = resolve; });
frame.srcdoc = PAGE;
document.documentElement.append(frame);
await loaded;
const page = frame.contentDocument;
const shown = () => [...page.querySelectorAll('#cases tbody.cases tr')]
  .filter((row) => row.getClientRects().length > 0)
  .map((row) => row.querySelector('code').textContent);
const choose = (id, value) => {
  const field = page.getElementById(id);
  field.value = value;
  field.dispatchEvent(new frame.contentWindow.Event('input', { bubbles: true }));
  return [shown(), page.getElementById('shown').value];
};
const result = {
  all: shown(),
  failed: choose('verdict', 'fail'),
  failedByOne: choose('host', 'one'),
  mustFailedByOne: choose('level', 'must'),
};
choose('verdict', ''); choose('host', ''); choose('level', '');
result.text = choose('text', 'MISSING');
choose('text', '');
result.titles = () => [...page.querySelectorAll('#cases h2')]
  .filter((title) => title.getClientRects().length > 0).map((title) => title.textContent);
result.module = [choose('module', 'serial'), result.titles()];
choose('module', '');
result.titles = result.titles();
choose('text', 'MISSING');
result.unlabelled = [...page.querySelectorAll('select, input')]
  .filter((field) => field.labels.length === 0).length;
result.scopes = [...page.querySelectorAll('th')].filter((cell) => !cell.scope).length;
result.scripts = page.scripts.length;
result.language = page.documentElement.lang;
result.reason = page.querySelector('td.fail p').textContent;
result.values = [...page.querySelectorAll('td.fail dd')].map((cell) => cell.textContent);
result.links = [...page.querySelectorAll('[href], [src]')]
  .filter((element) => element.getAttribute('href') !== 'data:,')
  .map((element) => element.outerHTML);
choose('text', '');
const everything = () => [...page.querySelectorAll('main *')]
  .filter((element) => element.getClientRects().length > 0);
const measure = async (width) => {
  frame.style.width = width + 'px';
  for (const details of page.querySelectorAll('details')) details.open = true;
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const root = page.documentElement;
  return {
    inner: frame.contentWindow.innerWidth,
    overflow: root.scrollWidth - root.clientWidth,
    outside: everything().filter((one) => one.getBoundingClientRect().right > width + 0.5)
      .map((one) => one.outerHTML.slice(0, 80)),
    scrolled: everything().filter((one) => one.scrollWidth > one.clientWidth + 1 &&
      frame.contentWindow.getComputedStyle(one).display !== 'inline')
      .map((one) => one.outerHTML.slice(0, 80)),
    shown: shown(),
    labels: [...page.querySelector('#cases tbody.cases').querySelectorAll('tr:first-child td')]
      .map((cell) => frame.contentWindow.getComputedStyle(cell, '::before').content),
  };
};
result.wide = await measure(1200);
result.narrow = await measure(400);
result.filteredWhenNarrow = choose('verdict', 'skip');
return result;
"""


# Reports


def test_the_table_of_one_host_has_what_did_not_pass() -> None:
    assert FORMATS["table"](of("one")) == (
        "skip  should  made/missing\n"
        "      It is done.\n"
        "      nowhere\n"
        "      -> no TLS here\n"
        "FAIL  extra   made/own\n"
        "      It is done.\n"
        "      nowhere\n"
        "      -> it differs\n"
        "\n"
        "one  must: 1 of 1 passed; should: 0 of 0 passed, 1 skipped; extra: 0 of 1 passed\n"
    )


def test_the_table_of_several_hosts_is_a_matrix_with_reasons() -> None:
    lines = FORMATS["table"](RESULTS).splitlines()
    assert lines[0] == "one   two   level   case"
    assert lines[1] == "pass  FAIL  must    made/good"
    assert lines[2].startswith("      two: <script>")
    assert "skip  pass  should  made/missing" in lines


def test_the_tables_have_the_last_lines_of_standard_error_without_what_a_terminal_obeys() -> None:
    for results in (of("two"), RESULTS):
        text = FORMATS["table"](results)
        last = [line for line in text.splitlines() if line.startswith("      | ")]
        assert last[:4] == ["      | second", "      | 3", "      | 4", "      | 5"]
        (end,) = last[4:]
        assert end.startswith("      | \\x1b[31mlast <script>alert('&')</script> \\x00 \\ud800")
        assert "\x1b" not in text
        assert "\x00" not in text


def test_the_table_says_where_the_clause_stands() -> None:
    (case,) = named_cases("server/broken/no-mask")
    lines = FORMATS["table"]([Result(case, "one", "fail", "it differs")]).splitlines()
    assert lines[2] == (
        "      RFC 6455 section 5.1: https://www.rfc-editor.org/rfc/rfc6455#section-5.1"
    )


def test_the_tables_are_grouped_by_module_and_say_once_what_is_missing() -> None:
    lines = FORMATS["table"]([result for result in SEVERAL if result.host == "one"]).splitlines()
    assert lines[0] == "web-socket-server:"
    start = lines.index("serial:")
    assert lines[start + 1 : start + 4] == ["skip  2 cases", "      -> no such module", ""]
    assert lines[-3].startswith("serial             one  must: 0 of 0 passed, 2 skipped;")
    assert lines[-1].startswith("one  must: 1 of 1 passed, 2 skipped;")
    lines = FORMATS["table"](SEVERAL).splitlines()
    assert "      one, 2 cases skipped: no such module" in lines
    assert "skip  FAIL  must    other/second" in lines


def test_the_pages_are_grouped_by_module() -> None:
    lines = markdown(SEVERAL).splitlines()
    assert "| [web-socket-server](#web-socket-server) | 3 | 1 of 2 | 2 of 3 |" in lines
    assert "| [serial](#serial) | 2 | – | 1 of 2 |" in lines
    assert "2 cases are skipped: no such module" in lines
    assert [line for line in lines if line.startswith("## ")] == [
        "## web-socket-server",
        "## serial",
    ]


def test_json_counts_by_module() -> None:
    found = json.loads(FORMATS["json"](SEVERAL))["modules"]
    assert found["serial"]["two"]["must"] == {"passed": 1, "failed": 1, "skipped": 0}
    assert list(found) == ["web-socket-server", "serial"]


def test_a_run_without_any_verdict_shows_nothing() -> None:
    assert not is_conformant([Result(OTHER, "one", "skip", "no such module")])


def test_json_has_everything() -> None:
    document = json.loads(FORMATS["json"](RESULTS))
    assert document["conformant"] is False
    assert document["hosts"]["one"]["must"] == {"passed": 1, "failed": 0, "skipped": 0}
    first = document["cases"][0]
    assert (first["id"], first["level"], first["clause"]) == ("made/good", "must", "It is done.")
    two = first["results"]["two"]
    assert two["reason"] == NASTY
    assert two["detail"].startswith(f"stdout:\n{NASTY}\nstderr:\nfirst")
    assert two["expected"] == "done('x')"
    assert two["actual"].startswith("done(")
    assert two["reported"] == ["ready()", "done()"]
    assert (first["source"], first["link"]) == ("nowhere", None)


def test_junit_is_valid_and_counts() -> None:
    root = ElementTree.fromstring(FORMATS["junit"](RESULTS).encode())
    assert root.tag == "testsuites"
    suites = root.findall("testsuite")
    assert [suite.attrib["name"] for suite in suites] == ["one", "two"]
    for suite, failures, skipped in zip(suites, ("1", "1"), ("1", "0"), strict=True):
        cases = suite.findall("testcase")
        assert suite.attrib["tests"] == str(len(cases)) == "3"
        assert (suite.attrib["failures"], suite.attrib["skipped"]) == (failures, skipped)
        assert all({"name", "classname", "time"} <= case.attrib.keys() for case in cases)
    failure = suites[1].find("testcase/failure")
    assert failure is not None
    assert "alert('&')" in failure.attrib["message"]


def test_markdown_escapes_what_would_break_a_table() -> None:
    text = markdown(RESULTS)
    assert "| `made/good` | It is done. | must | yes | **no** |" in text
    assert "&lt;script>alert" in text
    assert "\\| \\*x\\*" in text


def test_only_must_and_should_decide() -> None:
    assert is_conformant(of("one"))
    assert not is_conformant(of("two"))


def test_the_documentation_has_nothing_that_changes_from_run_to_run() -> None:
    address = "127.0.0.1:12345"
    made = Result(made_case(), "one", "fail", address, "out", "err", address, address, ("x",))
    (result,) = stable([made])
    assert (result.reason, result.detail, result.reported) == ("127.0.0.1:PORT", "", ())
    assert (result.expected, result.actual) == ("127.0.0.1:PORT", "127.0.0.1:PORT")


@pytest.fixture(scope="module")
def page() -> Any:
    """What Chromium shows of a report; one start for all that is asked of it."""
    (linked,) = named_cases("server/broken/no-mask")
    html = FORMATS["html"]([*SEVERAL, Result(linked, "one", "pass"), Result(linked, "two", "pass")])
    # Chromium reads a script up to the first end tag, wherever that stands.
    text = json.dumps(html).replace("<", "\\u003c")
    return chromium_page(_INSPECTION.replace("PAGE", text))


def test_the_page_filters_and_shows_no_script_of_a_host(page: Any) -> None:
    report = page
    assert report["all"] == [
        "made/good",
        "made/missing",
        "made/own",
        "server/broken/no-mask",
        *OTHERS,
    ]
    assert report["failed"] == [["made/good", "made/own", "other/second"], "3 cases"]
    assert report["failedByOne"] == [["made/own"], "1 cases"]
    assert report["mustFailedByOne"] == [[], "0 cases"]
    assert report["text"] == [["made/missing"], "1 cases"]
    assert report["module"] == [[OTHERS, "2 cases"], ["serial"]]
    assert report["titles"] == ["web-socket-server", "serial"]
    assert (report["unlabelled"], report["scopes"], report["scripts"]) == (0, 0, 1)
    assert report["language"] == "en"
    assert report["reason"].startswith("<script>alert('&')</script>")


def test_the_page_has_what_a_case_expected_and_got_and_where_its_clause_stands(page: Any) -> None:
    expected, actual = page["values"]
    assert expected == "done('x')"
    assert actual.startswith('done("<script>alert(')
    # Links are all that leads elsewhere: nothing is loaded.
    (link,) = page["links"]
    assert link == (
        '<a href="https://www.rfc-editor.org/rfc/rfc6455#section-5.1" rel="noreferrer">'
        "RFC 6455 section 5.1</a>"
    )


@pytest.mark.parametrize(("kind", "width"), [("wide", 1200), ("narrow", 400)])
def test_the_page_needs_no_scrolling_sideways(page: Any, kind: str, width: int) -> None:
    seen = page[kind]
    assert seen["inner"] == width
    assert (seen["overflow"], seen["outside"], seen["scrolled"]) == (0, [], [])
    assert len(seen["shown"]) == 6


def test_a_narrow_page_names_what_was_a_column(page: Any) -> None:
    assert page["wide"]["labels"] == ["none"] * 3
    assert page["narrow"]["labels"] == ['"level: "', '"one: "', '"two: "']
    assert page["filteredWhenNarrow"] == [["made/missing", *OTHERS], "3 cases"]


# The command line

FAKE = """
import json
for name in ("@started", "done"):
    print("@conformance " + json.dumps({"report": name, "values": []}), flush=True)
"""


Conformance = Callable[..., tuple[int, str, str]]


@pytest.fixture
def conformance(cli_here: Callable[..., Ended]) -> Conformance:
    """Run the command."""

    def run_here(*words: str) -> tuple[int, str, str]:
        ended = cli_here("conformance", *words)
        return ended.code, ended.stdout, ended.stderr

    return run_here


def test_a_host_that_passes_is_exit_code_0(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    words = ("--case", "server/exports/server", "--format", "json", "-o", report)
    ended = run([ACCESSOR_HOST, "conformance", *words])
    assert (ended.code, ended.stdout, ended.stderr) == (0, "", "")
    document = json.loads(report.read_text(encoding="utf-8"))
    assert [case["id"] for case in document["cases"]] == ["server/exports/server"]


def test_a_host_that_fails_is_exit_code_1(conformance: Conformance) -> None:
    host = command_line(sys.executable, "-c", FAKE, "{script}")
    code, stdout, _ = conformance("--case", "server/exports/server", "--host", host)
    assert code == 1
    assert "-> expected Server('function'), but the script reported done()" in stdout


def test_hosts_are_compared_side_by_side(conformance: Conformance) -> None:
    host = command_line(sys.executable, "-c", FAKE, "{script}")
    code, stdout, _ = conformance(
        "--case", "server/exports/server", "--compare", "python/quickjs", host
    )
    assert code == 1
    assert "must    server/exports/server" in stdout
    assert "python/quickjs" in stdout.splitlines()[0]


def test_levels_and_excluded_names_choose_cases(conformance: Conformance) -> None:
    code, stdout, stderr = conformance(
        *("--list", "--case", "server/exports/s*", "--level", "must", "--exclude", "*/server")
    )
    assert (code, stderr) == (0, "")
    assert [line for line in stdout.splitlines() if not line.startswith(" ")] == [
        "must    server/exports/same-module",
        "must    server/exports/server-functions",
    ]


def test_a_case_is_shown_with_script_driver_and_values(conformance: Conformance) -> None:
    code, stdout, stderr = conformance("--show", "server/exports/server")
    assert (code, stderr) == (0, "")
    assert stdout == (
        "must    server/exports/server\n"
        "        The module exports the constructor Server.\n"
        "        web-socket-server, version 2: Server Class\n"
        "        https://www.icyphy.org/accessors/wiki/VersionCurrent/WebSocketServer\n"
        "\nScript, after the prelude:\n\n"
        "    var webSocket = require('@modules/web-socket-server');\n"
        "    report('Server', typeof webSocket.Server);\n"
        "\nDriver:\n\n"
        "    await t.expect('Server', 'function')\n"
        "\nExpected:\n\n"
        "    Server('function')\n"
    )


def test_cases_can_be_listed(conformance: Conformance) -> None:
    code, stdout, _ = conformance("--module", "web-socket-server", "--list")
    assert code == 0
    assert "must    server/listening/before-connection\n" in stdout
    assert "client/" not in stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--case", "no/such/*"), "no case is called no/such/*"),
        (("--case", "server/*", "--case", "server/export/server"), "did you mean server/exports/"),
        (("--show", "server/export/server"), "did you mean server/exports/server"),
        (("--exclude", "no/such/*"), "no case is called no/such/*"),
        (("--level", "may"), "invalid choice"),
        (("--host", "x"), "unknown host 'x'"),
        (("--host", "node", "--engine", "dukpy"), "only the host python has engines"),
        (("--host", "python", "--compare", "python"), "exclude each other"),
        (("--compare", "python/dukpy", "python/dukpy"), "must differ"),
        (("--module", "telepathy"), "invalid choice"),
        (("--timeout", "0"), "more than 0"),
        (("--jobs", "0"), "1 or more"),
        (("-o", "/nowhere/at/all/report"), "there is no folder"),
    ],
)
def test_bad_usage_is_exit_code_2(
    conformance: Conformance, words: Sequence[str], said: str
) -> None:
    code, stdout, stderr = conformance(*words)
    assert (code, stdout) == (2, "")
    assert said in stderr


# Schemas


def test_the_schemas_keep_themselves(conformance: Conformance) -> None:
    assert not any(check_schemas().values())
    code, stdout, _ = conformance("--check-schema")
    assert code == 0
    assert "web-socket-server: ok" in stdout


@pytest.mark.parametrize(
    ("option", "fault"),
    [
        ({"type": "strange"}, "properties/x"),
        ({"type": "integer", "default": "text"}, "x: default 'text'"),
        ({"type": "integer", "default": 1, "examples": [2, 2.5]}, "x: example 2.5"),
        ({"type": "integer"}, "x: there is no default"),
    ],
)
def test_a_schema_that_is_wrong_is_found(option: dict[str, object], fault: str) -> None:
    (found,) = check_schema({"type": "object", "properties": {"x": option}})
    assert found.startswith(fault)
