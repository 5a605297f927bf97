"""Names of modules: each spelling that accessors of some generation use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from accessor_host.manifests import Manifest, module_name
from accessor_host.scripts.library import Library
from accessor_host.scripts.loader import Loader

from ..conftest import RunJs

# Module reference, section 11.
SPELLINGS = {
    "webSocketServer": "web-socket-server",
    "webSocketClient": "web-socket-client",
    "webSocket": "web-socket",
    "httpClient": "http-client",
    "httpServer": "http-server",
    "udpSocket": "udp-socket",
    "localStorage": "local-storage",
    "imageDisplay": "image-display",
    "textDisplay": "text-display",
    "iotAuth": "iot-auth",
    "speechRecognition": "speech-recognition",
    "faceDetector": "face-detector",
    "computerVision": "computer-vision",
    "userInterface": "user-interface",
    "wifiScanner": "wifi-scanner",
    "socket": "socket",
    "mqtt": "mqtt",
    "serial": "serial",
    "cameras": "cameras",
    "discovery": "discovery",
    "eventbus": "eventbus",
    # Section 12 and 22, where accessors use camel case.
    "imageFilters": "image-filters",
    "motionDetector": "motion-detector",
    "aprilTags": "april-tags",
    "mockHueBridges": "mock-hue-bridges",
}


@pytest.mark.parametrize("scope", ["", "@modules/", "@accessors-modules/", "@accessors/"])
@pytest.mark.parametrize("legacy", SPELLINGS)
def test_a_scope_and_a_spelling_do_not_matter(legacy: str, scope: str) -> None:
    name = SPELLINGS[legacy]
    assert module_name(scope + legacy) == module_name(scope + name) == name


@pytest.mark.parametrize(
    "request_", ["./mqtt", "/mqtt", "..", ".", "@grpc/loader", "a/b", "a/a/a", "./a/a", ""]
)
def test_a_file_and_a_package_of_others_is_no_module(request_: str) -> None:
    assert module_name(request_) is None


def test_a_module_in_a_folder_of_its_name() -> None:
    """Cordova's form, which utilities/Exec of the library uses."""
    assert module_name("shell/shell") == "shell"
    assert module_name("webSocket/webSocket") == "web-socket"


@pytest.fixture
def used() -> list[str]:
    return []


@pytest.fixture
def locate(tmp_path: Path, used: list[str]) -> Callable[[str], object]:
    """Locate for a script in a folder, with a library beside it."""

    def use(manifest: Manifest) -> None:
        used.append(manifest.name)

    library = Library([tmp_path / "library"])
    loader = Loader(use, None, library.folders)
    (tmp_path / "app").mkdir()
    return lambda request: loader.locate(request, str(tmp_path / "app"))


def write(path: Path, text: str = "") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_name_without_scope_is_a_package_then_a_module_then_a_script_of_the_library(
    locate: Callable[[str], dict[str, str]], tmp_path: Path, used: list[str]
) -> None:
    common = tmp_path / "library" / "hosts" / "common" / "modules"
    package = write(tmp_path / "app" / "node_modules" / "localStorage" / "index.js")
    for name in ("localStorage", "textDisplay", "n3", "plain"):
        write(common / f"{name}.js")
    assert locate("localStorage")["path"] == package
    assert locate("textDisplay")["module"] == "text-display"
    assert locate("n3")["path"] == str(common / "n3.js")
    assert locate("@accessors-modules/plain")["path"] == str(common / "plain.js")
    assert locate("@accessors/localStorage")["module"] == "local-storage"
    assert "missing" in locate("no-such")
    assert used == ["text-display", "local-storage"]


def test_web_socket_is_both_modules(
    locate: Callable[[str], dict[str, object]], used: list[str]
) -> None:
    found = locate("webSocket")
    assert found["module"] == "web-socket"
    assert used == ["web-socket-client", "web-socket-server"]


def test_web_socket_exports_what_both_export(run_js: RunJs) -> None:
    run = run_js(
        """
        const both = require('webSocket');
        console.log(Object.keys(both).sort().join());
        console.log(both === require('@modules/web-socket'));
        console.log(both.Server === require('@accessors/webSocketServer').Server);
        console.log(require.resolve('webSocket'));
        """
    )
    assert run.stdout.splitlines() == [
        "Client,Server,Socket,supportedReceiveTypes,supportedSendTypes",
        "true",
        "true",
        "@modules/web-socket",
    ]


def test_no_part_of_a_module_comes_from_a_prototype(run_js: RunJs) -> None:
    run = run_js(
        """
        const parts = [{ module: 'mine', source: 'exports.stolen = host', options: null }];
        Object.prototype.parts = parts;
        const { Client, stolen } = require('webSocket');
        console.log(typeof Client, typeof stolen, typeof require('textDisplay').TextDisplay);
        """
    )
    assert run.stdout.splitlines() == ["function undefined function"]
