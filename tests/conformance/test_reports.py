"""The command line and its reports."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from accessor_host.conformance.docs import stable
from accessor_host.conformance.reports import FORMATS, markdown
from accessor_host.conformance.reports.summary import is_conformant
from accessor_host.conformance.runner import Result
from accessor_host.conformance.schemas import check_schema, check_schemas

from ..support.conformance import command_line, made_case
from ..support.peers import chromium_page
from ..support.programs import ACCESSOR_HOST, run

NASTY = "<script>alert('&')</script> \x00 \ud800 | *x* ]]>"

RESULTS = [
    Result(made_case(id="made/good"), "one", "pass", seconds=0.5),
    Result(made_case(id="made/good"), "two", "fail", NASTY, f"stdout:\n{NASTY}"),
    Result(made_case(id="made/missing", level="should"), "one", "skip", "no TLS here"),
    Result(made_case(id="made/missing", level="should"), "two", "pass"),
    Result(made_case(id="made/own", level="extra"), "one", "fail", "it differs"),
    Result(made_case(id="made/own", level="extra"), "two", "pass"),
]


def of(host: str) -> list[Result]:
    return [result for result in RESULTS if result.host == host]


# In a page of headless Chromium: what a reader sees of a report, and after using its filters.
_INSPECTION = """
const frame = document.createElement('iframe');
const loaded = new Promise((resolve) => { frame.onload = resolve; });
frame.srcdoc = PAGE;
document.documentElement.append(frame);
await loaded;
const page = frame.contentDocument;
const shown = () => [...page.querySelectorAll('#cases tbody tr')]
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
result.unlabelled = [...page.querySelectorAll('select, input')]
  .filter((field) => field.labels.length === 0).length;
result.scopes = [...page.querySelectorAll('th')].filter((cell) => !cell.scope).length;
result.scripts = page.scripts.length;
result.language = page.documentElement.lang;
result.reason = page.querySelector('td.fail p').textContent;
return result;
"""


# Reports


def test_the_table_of_one_host_has_what_did_not_pass() -> None:
    assert FORMATS["table"](of("one")) == (
        "skip  should  made/missing\n"
        "      It is done.\n"
        "      -> no TLS here\n"
        "FAIL  extra   made/own\n"
        "      It is done.\n"
        "      -> it differs\n"
        "\n"
        "one  must: 1 of 1 passed; should: 0 of 0 passed, 1 skipped; extra: 0 of 1 passed\n"
    )


def test_the_table_of_several_hosts_is_a_matrix_with_reasons() -> None:
    lines = FORMATS["table"](RESULTS).splitlines()
    assert lines[0] == "one   two   level   case"
    assert lines[1] == "pass  FAIL  must    made/good"
    assert lines[2].startswith("      two: <script>")
    assert lines[3] == "skip  pass  should  made/missing"


def test_json_has_everything() -> None:
    document = json.loads(FORMATS["json"](RESULTS))
    assert document["conformant"] is False
    assert document["hosts"]["one"]["must"] == {"passed": 1, "failed": 0, "skipped": 0}
    first = document["cases"][0]
    assert (first["id"], first["level"], first["clause"]) == ("made/good", "must", "It is done.")
    assert first["results"]["two"]["reason"] == NASTY


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
    (result,) = stable([Result(made_case(), "one", "fail", "closed 127.0.0.1:12345", "output")])
    assert (result.reason, result.detail) == ("closed 127.0.0.1:PORT", "")


def test_the_page_filters_and_shows_no_script_of_a_host() -> None:
    page = FORMATS["html"](RESULTS)
    assert "http://" not in page
    assert "https://" not in page
    # Chromium reads a script up to the first end tag, wherever that stands.
    text = json.dumps(page).replace("<", "\\u003c")
    report = chromium_page(_INSPECTION.replace("PAGE", text))
    assert report["all"] == ["made/good", "made/missing", "made/own"]
    assert report["failed"] == [["made/good", "made/own"], "2 cases"]
    assert report["failedByOne"] == [["made/own"], "1 cases"]
    assert report["mustFailedByOne"] == [[], "0 cases"]
    assert report["text"] == [["made/missing"], "1 cases"]
    assert (report["unlabelled"], report["scopes"], report["scripts"]) == (0, 0, 1)
    assert report["language"] == "en"
    assert report["reason"].startswith("<script>alert('&')</script>")


# The command line

FAKE = """
import json
for name in ("@started", "done"):
    print("@conformance " + json.dumps({"report": name, "values": []}), flush=True)
"""


def conformance(*words: str | Path) -> tuple[int, str, str]:
    """Run the command."""
    ended = run([ACCESSOR_HOST, "conformance", *words])
    return ended.code, ended.stdout, ended.stderr


def test_a_host_that_passes_is_exit_code_0(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    code, stdout, stderr = conformance(
        "--case", "server/exports/server", "--format", "json", "-o", report
    )
    assert (code, stdout, stderr) == (0, "", "")
    document = json.loads(report.read_text(encoding="utf-8"))
    assert [case["id"] for case in document["cases"]] == ["server/exports/server"]


def test_a_host_that_fails_is_exit_code_1() -> None:
    host = command_line(sys.executable, "-c", FAKE, "{script}")
    code, stdout, _ = conformance("--case", "server/exports/server", "--host", host)
    assert code == 1
    assert "-> expected Server('function'), but the script reported done()" in stdout


def test_hosts_are_compared_side_by_side() -> None:
    host = command_line(sys.executable, "-c", FAKE, "{script}")
    code, stdout, _ = conformance(
        "--case", "server/exports/server", "--compare", "python/quickjs", host
    )
    assert code == 1
    assert "must    server/exports/server" in stdout
    assert "python/quickjs" in stdout.splitlines()[0]


def test_cases_can_be_listed() -> None:
    code, stdout, _ = conformance("--module", "web-socket-server", "--list")
    assert code == 0
    assert "must    server/listening/before-connection\n" in stdout
    assert "client/" not in stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--case", "no/such/*"), "no case is called no/such/*"),
        (("--host", "x"), "unknown host 'x'"),
        (("--host", "node", "--engine", "dukpy"), "only the host python has engines"),
        (("--host", "python", "--compare", "python"), "exclude each other"),
        (("--compare", "python/dukpy", "python/dukpy"), "must differ"),
        (("--module", "mqtt"), "invalid choice"),
        (("--timeout", "0"), "more than 0"),
        (("--jobs", "0"), "1 or more"),
        (("-o", "/nowhere/at/all/report"), "there is no folder"),
    ],
)
def test_bad_usage_is_exit_code_2(words: Sequence[str], said: str) -> None:
    code, stdout, stderr = conformance(*words)
    assert (code, stdout) == (2, "")
    assert said in stderr


# Schemas


def test_the_schemas_keep_themselves() -> None:
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
