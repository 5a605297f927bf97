"""The contract of @modules/tesseract, with the program itself and with programs in its place."""

from __future__ import annotations

import base64
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from accessor_host.modules.tesseract.binding import MAX_JOBS, MAX_OUTPUT
from accessor_host.modules.tesseract.results import detected, recognized

from ...conftest import RunJs
from ...support.images import BOMBS, encoded, save
from ...support.scripts import running
from ...support.wire import eventually, run

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None and not os.environ.get("ACCESSOR_HOST_REQUIRE_PEERS"),
    reason="needs the program tesseract",
)

SAY = "(error) => console.log(error instanceof Error, error.code, error.message)"

TABLE = """#!/bin/sh
cat > /dev/null
printf 'level\\tpage_num and so on\\n'
printf '5\\t1\\t1\\t1\\t1\\t1\\t1\\t2\\t3\\t4\\t90\\tHello\\n'
"""


def buffer(data: bytes) -> str:
    return f"Buffer.from('{base64.b64encode(data).decode()}', 'base64')"


def page_of(text: str) -> bytes:
    """Draw a text, black on white."""
    image = Image.new("RGB", (420, 140), "white")
    font = ImageFont.load_default(36)
    ImageDraw.Draw(image).text((20, 10), text, fill="black", font=font)
    return save(image, "image/png")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a shell script in the place of the program."""

    def put(text: str) -> Path:
        path = tmp_path / "tesseract"
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        return path

    return put


IMAGE = buffer(encoded("image/png"))


# The program itself


@needs_tesseract
def test_text_is_recognized(run_js: RunJs) -> None:
    outcome = run_js(f"""
        const tesseract = require('tesseract');
        const seen = [];
        const job = tesseract.recognize({buffer(page_of("Hello accessor" + chr(10) + "line two"))});
        const same = job.progress((p) => seen.push(p.status, p.progress));
        same.then((result) => {{
          console.log(same === job, JSON.stringify(result.text), result.confidence > 80);
          console.log(result.words.map((word) => word.text).join('|'));
          console.log(result.lines.length, typeof result.words[0].bbox.x0, seen.join());
        }}).finally(() => console.log('over'));
    """)
    assert outcome.stderr == ""
    assert outcome.stdout.splitlines() == [
        'true "Hello accessor\\nline two\\n" true',
        "Hello|accessor|line|two",
        "2 number recognizing text,0,recognized text,1",
        "over",
    ]


@needs_tesseract
def test_a_language_that_is_not_there_is_an_error_that_names_its_package(run_js: RunJs) -> None:
    outcome = run_js(f"require('tesseract').recognize({IMAGE}, 'xyz').catch({SAY});")
    assert outcome.stdout == (
        "true ERR_TESSERACT_LANGUAGE tesseract has no language 'xyz'; try: apt-get install "
        "tesseract-ocr-xyz\n"
    )


@needs_tesseract
def test_too_few_letters_have_no_orientation(run_js: RunJs) -> None:
    outcome = run_js(f"require('tesseract').detect({IMAGE}).catch({SAY});")
    assert outcome.stdout.startswith("true ERR_TESSERACT_FAILED tesseract failed: ")


# Programs in its place


def test_the_program_that_is_missing_is_an_error(
    run_js: RunJs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = run_js(f"require('@modules/tesseract').recognize({IMAGE}).then(() => {{}}, {SAY});")
    assert outcome.stdout == (
        "true ERR_TESSERACT_MISSING the program 'tesseract' is missing; "
        "try: apt-get install tesseract-ocr\n"
    )


def test_what_it_is_started_with(run_js: RunJs, program: Any, tmp_path: Path) -> None:
    program(f'#!/bin/sh\necho "$@" >> {tmp_path}/arguments\nhead -c 4 > {tmp_path}/input\n')
    outcome = run_js(f"""
        const tesseract = require('tesseract');
        tesseract.recognize({buffer(encoded("image/jpeg"))}).then(() => {{}});
        tesseract.create('deu').recognize({IMAGE}, {{ timeout: 5000 }}).then(() => {{}});
        tesseract.recognize({IMAGE}, {{ lang: 'eng+fra' }}).then((r) => console.log(r));
    """)
    assert (tmp_path / "arguments").read_text().splitlines() == [
        "stdin stdout -l eng tsv",
        "stdin stdout -l deu tsv",
        "stdin stdout -l eng+fra tsv",
    ]
    assert (tmp_path / "input").read_bytes() == b"\x89PNG"
    assert outcome.stdout == "{ text: '', confidence: 0, words: [], lines: [] }\n"


@pytest.mark.parametrize("lang", ["--psm", "../eng", "eng fra", "eng+", "a;b", "5"])
def test_a_language_is_no_argument(run_js: RunJs, lang: str) -> None:
    outcome = run_js(f"""
        try {{ require('tesseract').recognize({IMAGE}, '{lang}'); }}
        catch (error) {{ console.log(error.code, error.message); }}
    """)
    assert outcome.stdout.startswith(f"ERR_INVALID_ARG_VALUE option 'lang': '{lang}'")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("sleep 600", "ERR_TESSERACT_TIMEOUT the program 'tesseract' took more than 0.2 seconds"),
        ("yes", f"ERR_TESSERACT_OUTPUT the program 'tesseract' wrote more than {MAX_OUTPUT} by"),
        ("kill -9 $$", "ERR_TESSERACT_FAILED tesseract failed: exit code -9"),
        ("echo oops >&2; exit 3", "ERR_TESSERACT_FAILED tesseract failed: oops"),
    ],
)
def test_a_program_that_fails_is_an_error_and_the_next_image_has_its_turn(
    run_js: RunJs, program: Any, body: str, code: str, tmp_path: Path
) -> None:
    first = f"if [ ! -e {tmp_path}/once ]; then touch {tmp_path}/once; {body}; fi\n"
    program(TABLE.replace("cat >", first + "cat >"))
    timeout = 200 if body.startswith("sleep") else 20_000
    outcome = run_js(f"""
        const {{ recognize }} = require('tesseract');
        recognize({IMAGE}, {{ timeout: {timeout} }}).catch({SAY});
        recognize({IMAGE}).then((result) => console.log(result.text.trim()));
    """)
    first_line, second = outcome.stdout.splitlines()
    assert first_line.startswith(f"true {code}")
    assert second == "Hello"


def test_so_many_images_wait(run_js: RunJs, program: Any) -> None:
    program(TABLE)
    outcome = run_js(
        f"""
        const {{ recognize }} = require('tesseract');
        let done = 0;
        for (let i = 0; i <= {MAX_JOBS}; i++) recognize({IMAGE}).then(() => done++, {SAY});
        recognize({IMAGE}).catch({SAY}).finally(() => setTimeout(function look() {{
          if (done === {MAX_JOBS}) console.log(done); else setTimeout(look, 10);
        }}, 10));
    """.replace("process.on === undefined;", "")
    )
    busy = f"true ERR_TESSERACT_BUSY {MAX_JOBS} images wait for tesseract already; try again later"
    assert outcome.stdout.splitlines() == [busy, busy, str(MAX_JOBS)]


@pytest.mark.parametrize("data", [BOMBS["just above"], b"no image"])
def test_a_hostile_image_does_not_get_there(run_js: RunJs, program: Any, data: bytes) -> None:
    program("#!/bin/sh\ntouch started\n")
    outcome = run_js(f"require('tesseract').recognize({buffer(data)}).catch({SAY});")
    assert outcome.stdout.startswith("true ERR_BAD_IMAGE no image: ")
    assert not Path("started").exists()


def test_a_failure_without_a_function_for_it_is_reported(run_js: RunJs) -> None:
    outcome = run_js(f"""
        require('tesseract').recognize({buffer(b"no image")}).then(() => console.log('no'));
        setTimeout(() => console.log('goes on'), 50);
    """)
    assert (outcome.stdout, outcome.exit_code) == ("goes on\n", 1)
    assert "ERR_BAD_IMAGE" in outcome.stderr


def test_functions_that_throw_do_not_disturb_others(run_js: RunJs, program: Any) -> None:
    program(TABLE)
    outcome = run_js(f"""
        const job = require('tesseract').recognize({IMAGE});
        job.then(() => {{ throw new Error('mine'); }});
        job.then((result) => {{
          console.log(result.words[0].text);
          job.then((late) => console.log('late', late === result)).catch(() => console.log('no'));
        }});
    """)
    assert outcome.stdout == "Hello\nlate true\n"
    assert "Error: mine" in outcome.stderr


def test_it_can_be_awaited(run_js: RunJs, program: Any) -> None:
    program(TABLE)
    outcome = run_js(f"""
        (async () => {{
          console.log((await require('tesseract').recognize({IMAGE})).text.trim());
          await require('tesseract').recognize({buffer(b"no image")});
        }})().catch((error) => console.log(error.code));
    """)
    assert outcome.stdout == "Hello\nERR_BAD_IMAGE\n"


def test_a_host_that_stops_ends_the_program(engine: str, program: Any, tmp_path: Path) -> None:
    program(f"#!/bin/sh\necho $$ > {tmp_path}/new\nmv {tmp_path}/new {tmp_path}/pid\nsleep 600\n")
    source = f"""
        const {{ recognize }} = require('tesseract');
        recognize({IMAGE}).progress(() => console.log('started'));
        recognize({IMAGE});
    """

    async def main() -> None:
        async with running(engine, source) as script:
            await script.stdout.next()
            await eventually((tmp_path / "pid").exists)
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)

    run(main())


def test_permissions_hold_the_program(engine: str, program: Any) -> None:
    program(TABLE)
    source = f"""
        require('tesseract').recognize({IMAGE}).catch((error) => {{
          console.log(error.code, error.permission, error.resource);
        }}).then((result) => result && console.log(result.text.trim()));
    """

    async def main(grants: Any) -> str:
        async with running(engine, source, permissions=grants) as script:
            line = await script.stdout.next()
            await script.ended()
            return line

    denied = "ERR_ACCESS_DENIED run @modules/tesseract"
    for grants in (
        {},
        {"run": ["@modules/other"]},
        {"run": {"allow": True, "deny": ["tesseract"]}},
    ):
        assert run(main(grants)).startswith("ERR_ACCESS_DENIED run ")
    assert run(main({})) == denied
    for rule in ("@modules/tesseract", "@modules/*", "tesseract", "*"):
        assert run(main({"run": [rule]})) == "Hello"


# What it writes


def row(line: str, word: str, box: str = "1\t2\t3\t4", conf: str = "80.5") -> str:
    return f"5\t1\t{line}\t1\t{box}\t{conf}\t{word}"


def test_text_is_put_together_by_paragraphs() -> None:
    table = "\n".join(
        ["head", row("1\t1\t1", "a"), row("1\t1\t1", "b"), row("1\t1\t2", "c"), row("1\t2\t1", "d")]
    )
    result = recognized(table)
    assert result["text"] == "a b\nc\n\nd\n"
    assert [line["text"] for line in result["lines"]] == ["a b", "c", "d"]
    assert result["words"][0] == {
        "text": "a",
        "confidence": 80.5,
        "bbox": {"x0": 1, "y0": 2, "x1": 4, "y1": 6},
    }


def test_what_is_no_table_is_empty_or_an_error() -> None:
    assert recognized("")["text"] == ""
    assert recognized("head\nrubbish\n5\t\t")["words"] == []
    with pytest.raises(ValueError, match="invalid literal"):
        recognized("head\n" + row("x\t1\t1", "a"))


def test_orientation() -> None:
    text = (
        "Page number: 0\nOrientation in degrees: 180\nRotate: 180\nOrientation confidence: 5.5\n"
        "Script: Latin\nScript confidence: 2\n"
    )
    assert detected(text) == {
        "orientation_degrees": 180,
        "orientation_confidence": 5.5,
        "script": "Latin",
        "script_confidence": 2.0,
    }
    with pytest.raises(ValueError, match="Orientation in degrees"):
        detected("")
