"""Modules that accessors know: each is there, or says why it is not."""

from __future__ import annotations

import json
import re

import pytest

from accessor_host.manifests import module_name, module_names, own_modules
from accessor_host.scripts.absent import ABSENT, NOT_AVAILABLE, NOT_FOUND, OF_NODE, why_absent

from ..conftest import RunJs
from ..docs.pages import page
from ..support.scripts import running
from ..support.wire import run

PAGE = page("docs/modules/index.md")

# Module specification, sections 11, 12 and 22.
KNOWN = [
    "web-socket-server",
    "web-socket-client",
    "web-socket",
    "http-client",
    "http-server",
    "udp-socket",
    "socket",
    "mqtt",
    "serial",
    "cameras",
    "discovery",
    "eventbus",
    "local-storage",
    "image-display",
    "text-display",
    "iot-auth",
    "speech-recognition",
    "face-detector",
    "computer-vision",
    "user-interface",
    "wifi-scanner",
    "audio",
    "audio-io",
    "geolocation",
    "ble",
    "image-processing-display",
    "image-filters",
    "motion-detector",
    "april-tags",
    "tesseract",
    "xbee",
    "IMUSensor",
    "lifx",
    "mock-hue-bridges",
    "shell",
    "os",
    "process",
    "fs",
    "url",
    "crypto",
    "dataConverter",
    "dsp",
    "ros",
    "gdp",
    "mapManager",
    "contextAware",
    "contextAwareTest",
    "browser",
    "testing",
    "deterministicTemporalSemantics",
    "syncAtom",
    "registery",
    "hostHelper",
    "n3",
    "base64-js",
    "apiai",
    "grpc",
    "@grpc/proto-loader",
    "commonHost.js",
]


def rows(heading: str) -> dict[str, list[str]]:
    """Return the rows of a table, without their first cells, by the name in these."""
    found = re.findall(r"^\| \[?`([^`]+)`[^|]* \| (.*) \|$", PAGE.section(heading), re.MULTILINE)
    return {name: rest.split(" | ") for name, rest in found}


def test_every_name_is_there_or_says_why_it_is_not() -> None:
    unknown = [n for n in KNOWN if n not in own_modules() and n not in ABSENT]
    assert unknown == []
    assert sorted(ABSENT.keys() - set(KNOWN)) == []
    assert ABSENT.keys() & set(own_modules()) == set()


def test_the_page_has_a_row_for_each() -> None:
    here, absent = rows("What is here"), rows("What is not here")
    assert set(module_names()) - {"thermometer"} == set(here)
    assert all(len(cells) == 3 and all(cells) for cells in here.values())
    assert {name: reason for name, (reason,) in absent.items()} == ABSENT


@pytest.mark.parametrize(
    "request_",
    [
        "ble",
        "@modules/ble",
        "@accessors-modules/speechRecognition",
        "faceDetector",
        "face-detector",
        "IMUSensor",
        "@grpc/proto-loader",
        "fs",
        "@modules/fs",
    ],
)
def test_require_says_why(run_js: RunJs, request_: str) -> None:
    outcome = run_js(f"""
        try {{ require('{request_}'); }} catch (error) {{
          console.log(JSON.stringify([error instanceof Error, error.code, error.message]));
        }}
    """)
    is_error, code, message = json.loads(outcome.stdout)
    expected = NOT_FOUND if request_ in OF_NODE else NOT_AVAILABLE
    assert (is_error, code) == (True, expected)
    start = f"Module '{request_}' is not available: {why_absent(request_)}\nRequired by:\n- "
    assert message.startswith(start)


@pytest.mark.parametrize("name", sorted(OF_NODE))
def test_what_can_do_without_node_s_own_does(run_js: RunJs, name: str) -> None:
    """Packages of npm ask for what Node has, and look at its code."""
    outcome = run_js(f"""
        function optional(name) {{
          try {{ return require(name); }} catch (error) {{
            if (error.code !== 'MODULE_NOT_FOUND') throw error;
            return null;
          }}
        }}
        console.log(optional('{name}'));
    """)
    assert (outcome.stdout, outcome.stderr) == ("null\n", "")


@pytest.mark.parametrize("request_", ["bleh", "@other/ble", "./ble", "@modules/grpc/proto-loader"])
def test_what_nobody_knows_is_not_found(run_js: RunJs, request_: str) -> None:
    outcome = run_js(f"try {{ require('{request_}'); }} catch (e) {{ console.log(e.code); }}")
    assert outcome.stdout == "MODULE_NOT_FOUND\n"


def test_a_script_without_permissions_is_told_too(engine: str) -> None:
    async def main() -> None:
        source = "try { require('@modules/ble'); } catch (error) { console.log(error.code); }"
        async with running(engine, source, permissions={}) as script:
            assert await script.stdout.next() == NOT_AVAILABLE

    run(main())


def test_the_reasons_end_a_sentence() -> None:
    for name, reason in ABSENT.items():
        assert "\n" not in reason
        assert not reason.endswith("."), name
        assert why_absent(name) == reason
        assert module_name(name) is not None or name.startswith("@")
