"""The contract of @modules/cameras, with the dummy, with video files, and with devices in play."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from accessor_host.codecs.images import Image
from accessor_host.modules.cameras import acquisition, names
from accessor_host.modules.cameras.binding import MAX_CAMERAS
from accessor_host.modules.cameras.names import CameraError, find
from accessor_host.modules.cameras.sources import open_source

from ...conftest import RunJs
from ...support.images import encoded, opened
from ...support.scripts import running
from ...support.wire import run

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

CAMERA = "const { Camera, cameras, defaultCamera } = require('@modules/cameras');"

SAY = "(error) => console.log(error instanceof Error, error.code, error.message)"


def film(path: Path, frames: int = 6, size: tuple[int, int] = (64, 48)) -> Path:
    """Write a video whose images get brighter."""
    cv2 = pytest.importorskip("cv2")
    numpy = pytest.importorskip("numpy")
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25.0, size)
    for number in range(frames):
        writer.write(numpy.full((size[1], size[0], 3), number * 40, numpy.uint8))
    writer.release()
    return path


@pytest.fixture(autouse=True)
def no_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let Linux list no cameras but those that a test makes up."""
    folder = tmp_path / "video4linux"
    folder.mkdir()
    monkeypatch.setattr(names, "DEVICES", str(folder))
    return folder


def device(folder: Path, number: int, name: str, index: int = 0) -> None:
    entry = folder / f"video{number}"
    entry.mkdir()
    (entry / "name").write_text(f"{name}\n")
    (entry / "index").write_text(f"{index}\n")


class Pretended:
    """A device that gives one image again and again."""

    rate = 30.0
    size = (4, 3)
    alive = 0
    fault: Exception | None = None
    sizes: list[tuple[int, int]]

    def __init__(self) -> None:
        type(self).alive += 1
        self.sizes = []

    def read(self) -> Image | None:
        if self.fault is not None:
            raise self.fault
        return Image("image/jpeg", *self.size, encoded("image/jpeg", self.size))

    def resize(self, width: int, height: int) -> None:
        self.sizes.append((width, height))

    def close(self) -> None:
        type(self).alive -= 1


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> type[Pretended]:
    """Let every device be one that is pretended."""
    kind = type("Kind", (Pretended,), {"alive": 0})
    monkeypatch.setattr(acquisition, "open_source", lambda *_: kind())
    return kind


# Names


def test_without_hardware_the_default_is_the_dummy(run_js: RunJs) -> None:
    outcome = run_js(f"""
        {CAMERA}
        console.log(Object.keys(require('cameras')).sort().join());
        console.log(cameras().join(), '|', defaultCamera());
        for (const name of [undefined, null, '', 'default camera', 'dummy camera']) {{
          new Camera(name);
        }}
        try {{ new Camera('front'); }} catch (error) {{ console.log(error.code, error.message); }}
    """)
    assert outcome.stdout == (
        "Camera,cameras,defaultCamera\ndefault camera,dummy camera | dummy camera\n"
        "ERR_CAMERA_NOT_FOUND no camera 'front'; there are default camera, dummy camera\n"
    )


def test_devices_have_the_names_that_linux_gives_them(no_devices: Path) -> None:
    device(no_devices, 10, "Back")
    device(no_devices, 2, "Front")
    device(no_devices, 3, "Front", index=1)
    device(no_devices, 4, "Front")
    assert names.names() == [
        "default camera",
        "dummy camera",
        "Front",
        "Front (/dev/video4)",
        "Back",
    ]
    assert names.default_camera() == "Front"
    assert find("").path == "/dev/video2"
    assert [find(name).path for name in ("Back", "10", "/dev/video10")] == ["/dev/video10"] * 3
    for name in ("3", "/dev/video3", "/dev/null", "http://camera/", "\0"):
        with pytest.raises(CameraError, match="no camera"):
            find(name)


# The dummy


def test_a_dummy_takes_images(run_js: RunJs) -> None:
    outcome = run_js(f"""
        {CAMERA}
        const camera = new Camera('dummy camera');
        camera.setViewSize({{ width: 176, height: 144 }});
        let seen = 0;
        camera.on('opened', () => console.log('opened', camera.getViewSize()));
        camera.on('closed', () => console.log('closed'));
        camera.on('image', (image) => {{
          if (++seen < 3) return;
          console.log(image.type, image.width, image.height, Buffer.isBuffer(image.data));
          camera.close();
          camera.close();
        }});
        camera.open();
        camera.open();
        console.log('first');
    """)
    assert outcome.stderr == ""
    assert outcome.stdout.splitlines() == [
        "first",
        'opened {"width":176, "height":144}',
        "image/jpeg 176 144 true",
        "closed",
    ]


def test_a_snapshot_is_returned_and_emitted(run_js: RunJs) -> None:
    outcome = run_js(f"""
        {CAMERA}
        const camera = new Camera();
        const seen = [];
        camera.on('snapshot', (image) => seen.push(image));
        camera.open();
        console.log('none yet', camera.snapshot());
        const timer = setInterval(() => {{
          if (seen.length === 0) return;
          const image = camera.snapshot();
          console.log(seen.length, seen[1] === image, image.width, image.height);
          clearInterval(timer);
          camera.close();
        }}, 5);
    """)
    assert (outcome.stdout, outcome.stderr) == ("none yet null\n2 true 640 480\n", "")


def test_a_closed_camera_takes_no_snapshot_and_opens_again(run_js: RunJs) -> None:
    outcome = run_js(f"""
        {CAMERA}
        const camera = new Camera('dummy camera');
        camera.on('error', {SAY});
        camera.close();
        console.log(camera.snapshot());
        let opened = 0;
        camera.on('opened', () => {{
          console.log('opened');
          camera.close();
          if (++opened < 3) camera.open();
        }});
        camera.on('closed', () => console.log('closed'));
        camera.open();
    """)
    lines = outcome.stdout.splitlines()
    assert lines[:2] == ["true ERR_CAMERA_NOT_OPEN open() the camera before snapshot()", "null"]
    assert sorted(lines[2:]) == ["closed"] * 3 + ["opened"] * 3


def test_sizes(run_js: RunJs) -> None:
    outcome = run_js(f"""
        {CAMERA}
        const camera = new Camera();
        const texts = [camera.viewSizes()[0], camera.getViewSize()];
        console.log(...texts.map((text) => JSON.parse(text).width));
        for (const size of ['{{"width": 8, "height": 6}}', {{ width: 4, height: 3 }}]) {{
          camera.setViewSize(size);
          console.log(camera.getViewSize());
        }}
        for (const size of [null, undefined, 5, 'big', '{{}}', {{ width: 0, height: 1 }},
          {{ width: 1.5, height: 1 }}, {{ width: 1e9, height: 1 }}, {{ width: '4', height: 3 }}]) {{
          try {{ camera.setViewSize(size); console.log('taken', size); }}
          catch (error) {{ if (!(error instanceof TypeError)) throw error; }}
        }}
        camera.on('image', (image) => {{
          if (image.width === 4) camera.setViewSize({{ width: 10, height: 20 }});
          else {{ console.log(image.width, image.height); camera.close(); }}
        }});
        camera.open();
    """)
    assert outcome.stderr == ""
    assert outcome.stdout.splitlines() == [
        "176 640",
        '{"width":8, "height":6}',
        '{"width":4, "height":3}',
        "10 20",
    ]


def test_a_slow_script_gets_the_newest_images_alone(engine: str, pretended: Any) -> None:
    pretended.rate = 1000.0
    source = f"""
        {CAMERA}
        const camera = new Camera('dummy camera');
        let seen = 0;
        camera.on('image', () => {{
          const end = Date.now() + 30;
          while (Date.now() < end);
          if (++seen === 5) camera.close();
        }});
        camera.on('closed', () => console.log('closed', seen));
        camera.open();
    """

    async def main() -> None:
        async with running(engine, source) as script:
            assert await script.stdout.next() == "closed 5"
            await script.ended()

    run(main())


def test_a_host_has_so_many_cameras_open(run_js: RunJs, pretended: Any) -> None:
    outcome = run_js(f"""
        {CAMERA}
        const all = [];
        for (let i = 0; i <= {MAX_CAMERAS}; i++) {{
          const camera = new Camera('dummy camera');
          camera.on('error', (error) => {{
            console.log(error.code);
            all.forEach((one) => one.close());
          }});
          camera.open();
          all.push(camera);
        }}
    """)
    assert outcome.stdout == "ERR_CAMERA_LIMIT\n"
    assert pretended.alive == 0


def test_a_host_that_stops_gives_the_device_back(
    engine: str, pretended: Any, no_devices: Path
) -> None:
    device(no_devices, 0, "Front")

    async def main() -> None:
        source = f"{CAMERA} const c = new Camera(); c.on('opened', () => console.log(1)); c.open();"
        async with running(engine, source) as script:
            await script.stdout.next()
            assert pretended.alive == 1
        assert pretended.alive == 0

    run(main())
    assert not [one for one in threading.enumerate() if one.name == "accessor-host-camera"]


# Devices


def test_a_device_is_open_once(run_js: RunJs, pretended: Any, no_devices: Path) -> None:
    device(no_devices, 0, "Front")
    outcome = run_js(f"""
        {CAMERA}
        const first = new Camera('Front'), second = new Camera('0');
        second.on('error', {SAY});
        second.on('error', () => {{ second.removeAllListeners(); first.close(); }});
        first.on('opened', () => second.open());
        first.on('closed', () => {{ second.on('opened', () => second.close()); second.open(); }});
        second.on('closed', () => console.log('no'));
        first.open();
    """)
    expected = "true ERR_CAMERA_IN_USE the camera 'Front' is open already; close it first\n"
    assert (outcome.stdout, outcome.stderr) == (expected, "")


@pytest.mark.parametrize("fault", [CameraError("ERR_CAMERA_FAILED", "it is gone"), OSError("oops")])
def test_a_device_that_is_unplugged_is_one_error(
    run_js: RunJs, pretended: Any, no_devices: Path, fault: Exception
) -> None:
    device(no_devices, 0, "Front")
    pretended.fault = fault
    outcome = run_js(f"""
        {CAMERA}
        const camera = new Camera('Front');
        camera.on('error', (error) => console.log(error.code));
        camera.on('closed', () => console.log('closed'));
        camera.open();
    """)
    assert (outcome.stdout, outcome.stderr) == ("ERR_CAMERA_FAILED\nclosed\n", "")


def test_without_the_extra_a_device_is_an_error_that_names_it(
    run_js: RunJs, no_devices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device(no_devices, 0, "Front")
    monkeypatch.setitem(sys.modules, "cv2", None)
    outcome = run_js(f"{CAMERA} const c = new Camera('Front'); c.on('error', {SAY}); c.open();")
    assert outcome.stdout == (
        "true ERR_CAMERA_NOT_SUPPORTED the camera 'Front' needs OpenCV; "
        "pip install 'accessor-host[cameras]'\n"
    )


def test_a_device_that_is_not_there_is_an_error(run_js: RunJs, no_devices: Path) -> None:
    pytest.importorskip("cv2")
    device(no_devices, 99, "Front")
    outcome = run_js(f"{CAMERA} const c = new Camera('Front'); c.on('error', {SAY}); c.open();")
    assert outcome.stdout == "true ERR_CAMERA_FAILED the camera 'Front' cannot be opened\n"


def test_a_device_takes_the_permission_to_read_it(
    engine: str, no_devices: Path, pretended: Any
) -> None:
    device(no_devices, 0, "Front")
    source = f"""
        {CAMERA}
        const camera = new Camera('Front');
        camera.on('error', (error) => console.log(error.code, error.permission, error.resource));
        camera.on('opened', () => {{ console.log('opened'); camera.close(); }});
        camera.open();
    """

    async def main(grants: Any, line: str) -> None:
        async with running(engine, source, permissions=grants) as script:
            assert await script.stdout.next() == line
            await script.ended()

    run(main({}, "ERR_ACCESS_DENIED read /dev/video0"))
    run(main({"read": ["/dev/video0"]}, "opened"))


# Files


def test_a_video_file_is_played_to_its_end(run_js: RunJs, tmp_path: Path) -> None:
    path = film(tmp_path / "film.avi")
    outcome = run_js(f"""
        {CAMERA}
        const camera = new Camera('file:{path}');
        let seen = 0;
        camera.on('opened', () => console.log(camera.getViewSize()));
        camera.on('image', (image) => {{ seen++; console.log(image.width, image.height); }});
        camera.on('closed', () => console.log(seen > 0));
        camera.open();
    """)
    lines = outcome.stdout.splitlines()
    assert outcome.stderr == ""
    assert (lines[0], lines[-1]) == ('{"width":64, "height":48}', "true")
    assert 1 <= len(lines) - 2 <= 6
    assert set(lines[1:-1]) == {"64 48"}


def test_the_images_of_a_file_are_its_own(tmp_path: Path) -> None:
    source = open_source(find(f"file:{film(tmp_path / 'film.avi')}"), 1, 1)
    images = []
    while (image := source.read()) is not None:
        images.append(opened(image.data).convert("L").getpixel((5, 5)))
    source.close()
    assert source.rate == 25
    assert [round(value / 40) for value in images if isinstance(value, int)] == list(range(6))


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"#EXTM3U\nhttp://127.0.0.1:1/x.ts\n", "it is no AVI, MP4, Matroska or WebM file"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "it is no AVI"),
        (b"", "it is no AVI"),
        (b"RIFF\0\0\0\0AVI " + b"\xff" * 200, "cannot be opened"),
        (b"\0\0\0\x18ftypmp42" + b"\0" * 50, "cannot be opened"),
    ],
)
def test_what_is_no_video_is_an_error(tmp_path: Path, head: bytes, reason: str) -> None:
    pytest.importorskip("cv2")
    path = tmp_path / "film.avi"
    path.write_bytes(head)
    with pytest.raises(CameraError, match=reason):
        open_source(find(f"file:{path}"), 1, 1)


@pytest.mark.parametrize("name", ["file:", "file:/nowhere.avi", "file:/dev/zero", "file:/tmp"])
def test_a_file_that_is_not_there_is_an_error(name: str) -> None:
    with pytest.raises(CameraError, match="there is no file"):
        find(name)


def test_too_many_pixels_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from accessor_host.modules.cameras import sources

    source = open_source(find(f"file:{film(tmp_path / 'film.avi')}"), 1, 1)
    monkeypatch.setattr(sources, "MAX_IMAGE_PIXELS", 64 * 48 - 1)
    with pytest.raises(CameraError, match="64 x 48 pixels"):
        source.read()
    source.close()


def test_an_accessor_like_the_library_s_works(engine: str) -> None:
    """What cameras/Camera does: everything in setup, listeners after `open`, and a snapshot."""
    source = """
        var cameras = require('@accessors-modules/cameras');
        var camera;
        exports.setup = function () {
          this.input('trigger');
          this.output('image');
          this.parameter('camera', {type: 'string', value: 'default camera'});
          this.parameter('camera', {options: cameras.cameras()});
          camera = new cameras.Camera(this.getParameter('camera'));
          this.parameter('viewSize', {value: camera.getViewSize(), options: camera.viewSizes()});
        };
        exports.initialize = function () {
          camera.setViewSize(this.getParameter('viewSize'));
          camera.open();
          var self = this;
          camera.on('image', function (image) { self.send('image', image); });
        };
        exports.wrapup = function () { camera.removeAllListeners('image'); camera.close(); };
    """
    display = """
        var ImageDisplay = require('@accessors-modules/image-display').ImageDisplay;
        exports.setup = function () { this.input('input'); };
        exports.initialize = function () {
          var display = new ImageDisplay();
          this.addInputHandler('input', function () { display.displayImage(this.get('input')); });
        };
    """
    composite = f"""
        exports.setup = function () {{
          var camera = this.instantiateFromCode('camera', {json.dumps(source)});
          var display = this.instantiateFromCode('display', {json.dumps(display)});
          this.connect(camera, 'image', display, 'input');
        }};
    """

    async def main() -> None:
        async with running(engine, "") as script:
            accessor = await script.host.instantiate_from_code("both", composite)
            await accessor.initialize()
            assert await script.stdout.next() == "display: image 640 x 480"
            await accessor.wrapup()
            await script.ended()
            assert script.stderr.text == ""

    run(main())
