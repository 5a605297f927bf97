"""The contract of @modules/image-display, as scripts see it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from accessor_host.modules.image_display import binding
from accessor_host.modules.image_display.binding import FOLDER, MAX_DISPLAYS, file_name

from ...conftest import RunJs
from ...support.images import BOMBS, CORRUPT, RED, encoded, opened
from ...support.scripts import running
from ...support.wire import run

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

DISPLAY = "const { ImageDisplay } = require('@modules/image-display');"

SAY = ".on('error', (error) => console.log(error instanceof Error, error.code, error.message))"


def buffer(data: bytes) -> str:
    """Return an expression for bytes."""
    return f"Buffer.from('{base64.b64encode(data).decode()}', 'base64')"


@pytest.fixture(autouse=True)
def no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER, raising=False)


@pytest.mark.parametrize(
    "name",
    ["@modules/image-display", "@accessors-modules/image-display", "imageDisplay"],
)
def test_it_is_one_module_by_every_name_it_has(run_js: RunJs, name: str) -> None:
    outcome = run_js(f"""
        const display = require('{name}');
        console.log(Object.keys(display).join(), display === require('@modules/image-display'));
    """)
    assert outcome.stdout == "ImageDisplay true\n"


def test_without_a_folder_each_image_is_a_line(run_js: RunJs) -> None:
    data = buffer(encoded("image/jpeg", (64, 48)))
    outcome = run_js(f"""
        {DISPLAY}
        const display = new ImageDisplay('Front door');
        console.log(display.displayImage({data}));
        display.displayImage({{ data: {data}, type: 'ignored' }});
        new ImageDisplay().displayImage(
          {{ width: 2, height: 1, pixels: new Uint8Array(8) }});
    """)
    assert outcome.stdout == (
        "undefined\nFront door: image 64 x 48\nFront door: image 64 x 48\ndisplay: image 2 x 1\n"
    )
    assert (outcome.stderr, outcome.exit_code) == ("", 0)


@pytest.mark.parametrize("way", ["option", "environment"])
def test_the_newest_image_of_a_display_is_a_file(
    run_js: RunJs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    folder = tmp_path / "deep" / "images"
    options = {"dir": str(folder)} if way == "option" else {}
    if way == "environment":
        monkeypatch.setenv(FOLDER, str(folder))
    many = "".join(
        f"display.displayImage({buffer(encoded('image/png', (9, n)))});" for n in range(1, 20)
    )
    outcome = run_js(f"""
        {DISPLAY}
        const display = new ImageDisplay('Front door', {json.dumps(options)});
        {many}
        setTimeout(() => display.displayImage({buffer(encoded("image/jpeg", (5, 4)))}), 50);
        new ImageDisplay(null, {json.dumps(options)}).displayImage(
          {{ width: 1, height: 1, pixels: new Uint8Array([255, 0, 0, 255]) }});
    """)
    assert (outcome.stdout, outcome.stderr, outcome.exit_code) == ("", "", 0)
    assert sorted(file.name for file in folder.iterdir()) == ["Front-door.png", "display.png"]
    assert opened((folder / "Front-door.png").read_bytes()).size == (5, 4)
    pixel = opened((folder / "display.png").read_bytes()).convert("RGBA").getpixel((0, 0))
    assert pixel == RED


def test_what_waits_is_the_newest_image_alone(
    run_js: RunJs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Any] = []
    real = binding._replace

    def replace(path: str, max_pixels: int, payload: list[Any]) -> None:
        written.append(payload)
        real(path, max_pixels, payload)

    monkeypatch.setattr(binding, "_replace", replace)
    outcome = run_js(f"""
        {DISPLAY}
        const display = new ImageDisplay('one', {{ dir: {json.dumps(str(tmp_path))} }});
        for (let i = 1; i <= 100; i++) {{
          display.displayImage({{ width: i, height: 1, pixels: new Uint8Array(4 * i) }});
        }}
    """)
    assert outcome.stderr == ""
    assert [payload[3] for payload in written] == [100]
    assert opened((tmp_path / "one.png").read_bytes()).size == (100, 1)


@pytest.mark.parametrize("folder", [False, True])
@pytest.mark.parametrize("what", [*map(str, BOMBS), "text", "empty"])
def test_what_is_no_image_is_an_error_and_the_next_one_is_displayed(
    run_js: RunJs, tmp_path: Path, what: str, folder: bool
) -> None:
    options = {"dir": str(tmp_path / "images")} if folder else {}
    data = {**BOMBS, **CORRUPT}[what]
    outcome = run_js(f"""
        {DISPLAY}
        const display = new ImageDisplay('one', {json.dumps(options)}){SAY};
        try {{ display.displayImage({buffer(data)}); }}
        catch (error) {{ console.log('true ERR_BAD_IMAGE', error.message); }}
        setTimeout(() => display.displayImage({buffer(encoded("image/png"))}), 50);
    """)
    lines = outcome.stdout.splitlines()
    assert lines[0].startswith("true ERR_BAD_IMAGE")
    assert outcome.stderr == ""
    if folder:
        assert [file.name for file in (tmp_path / "images").iterdir()] == ["one.png"]
    else:
        assert lines[1:] == ["one: image 4 x 3"]


@pytest.mark.parametrize("value", ["null", "undefined", "'text'", "42", "{}", "{ data: 1 }"])
def test_what_has_no_shape_of_an_image_throws(run_js: RunJs, value: str) -> None:
    outcome = run_js(f"""
        {DISPLAY}
        try {{ new ImageDisplay().displayImage({value}); }}
        catch (error) {{ console.log(error instanceof TypeError); }}
    """)
    assert outcome.stdout == "true\n"


def test_without_a_listener_an_error_is_reported_and_the_rest_goes_on(run_js: RunJs) -> None:
    outcome = run_js(f"""
        {DISPLAY}
        new ImageDisplay().displayImage({buffer(b"no image")});
        setTimeout(() => console.log('goes on'), 1);
    """)
    assert "ERR_BAD_IMAGE" in outcome.stderr
    assert (outcome.stdout, outcome.exit_code) == ("goes on\n", 1)


def test_a_folder_that_cannot_be_made_is_an_error(run_js: RunJs, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    options = json.dumps({"dir": str(tmp_path / "file" / "images")})
    outcome = run_js(f"""
        {DISPLAY}
        new ImageDisplay('one', {options}){SAY}
          .displayImage({buffer(encoded("image/png"))});
    """)
    assert outcome.stdout.startswith("true ERR_IMAGE_NOT_WRITTEN cannot write ")
    assert outcome.stderr == ""


def test_a_host_has_so_many_displays(run_js: RunJs, tmp_path: Path) -> None:
    outcome = run_js(f"""
        {DISPLAY}
        const image = {buffer(encoded("image/png"))};
        for (let i = 0; i <= {MAX_DISPLAYS}; i++) {{
          const display = new ImageDisplay('d' + i, {{ dir: {json.dumps(str(tmp_path))} }}){SAY};
          display.displayImage(image);
        }}
    """)
    assert outcome.stdout == (
        f"true ERR_TOO_MANY_DISPLAYS a host has {MAX_DISPLAYS} displays; "
        f"'d{MAX_DISPLAYS}' is one more\n"
    )
    assert len(list(tmp_path.iterdir())) == MAX_DISPLAYS


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Kitchen", "Kitchen.png"),
        ("../../etc/passwd", "etc-passwd.png"),
        ("..", "display.png"),
        (".hidden", "hidden.png"),
        ("\u00dcbersicht 1", "bersicht-1.png"),
        ("x" * 500, "x" * 80 + ".png"),
        ("", "display.png"),
    ],
)
def test_no_name_leads_out_of_the_folder(name: str, file: str) -> None:
    assert file_name(name) == file


@pytest.mark.parametrize("granted", [False, True])
def test_a_file_takes_the_permission_to_write(engine: str, tmp_path: Path, granted: bool) -> None:
    source = f"""
        {DISPLAY}
        const display = new ImageDisplay('one', {{ dir: {json.dumps(str(tmp_path))} }});
        display.on('error', (error) => console.log(error.code, error.permission, error.resource));
        display.displayImage({buffer(encoded("image/png"))});
        setTimeout(() => console.log('end'), 20);
    """
    grants = {"write": [str(tmp_path)]} if granted else {}

    async def main() -> None:
        async with running(engine, source, permissions=grants) as script:
            if not granted:
                assert await script.stdout.next() == f"ERR_ACCESS_DENIED write {tmp_path}"
            assert await script.stdout.next() == "end"
            await script.ended()

    run(main())
    assert (tmp_path / "one.png").exists() == granted
