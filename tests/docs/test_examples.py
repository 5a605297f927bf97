"""The examples: every composite is run by the command line, as a user would."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from websockets.asyncio.client import connect

from ..support.library import write_library
from ..support.mosquitto import mosquitto
from ..support.programs import ACCESSOR_HOST, Ended, Program, free_port, run

# What they show is done in Python: one engine shows it.
pytestmark = pytest.mark.slow_with("dukpy")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
DEADLINE = 20.0


def invoke(engine: str, *words: str) -> Ended:
    return run([ACCESSOR_HOST, "invoke", "--engine", engine, "--library", EXAMPLES, *words])


@contextmanager
def serving(engine: str, composite: str) -> Iterator[tuple[Program, int]]:
    """Run a composite whose accessor `Server` listens, on a free port."""
    name = composite.rpartition("/")[2]
    words = ["--engine", engine, "--library", EXAMPLES, "--set", f"{name}.Server.port=0"]
    with Program([ACCESSOR_HOST, "invoke", *words, composite]) as program:
        program.wait_for("listening on port:")
        yield program, int(program.stdout.split("listening on port:")[1].split()[0])


def test_a_ramp_is_printed(engine: str) -> None:
    ended = invoke(engine, "ramp/RampToPrinter")
    assert ended.stdout.splitlines()[:4] == ["ramp: 0", "ramp: 10", "ramp: 20", "ramp: 30"]
    assert (ended.code, ended.stderr) == (0, "")


def test_a_test_passes_when_what_arrives_is_what_is_expected(engine: str) -> None:
    ended = invoke(engine, "testing/RampTest")
    assert (ended.code, ended.stderr) == (0, "")


def test_a_test_learns_what_it_expects(engine: str) -> None:
    ended = invoke(engine, "--set", "RampTest.Expect.training=true", "testing/RampTest")
    assert "learned [0,0.5,1,1.5]" in ended.stdout
    assert ended.code == 0


def test_a_test_fails_when_another_value_arrives(engine: str) -> None:
    ended = invoke(engine, "--set", "RampTest.Ramp.step=1", "testing/RampTest")
    assert ended.code == 1
    assert "value 1 is 1, expected 0.5" in ended.stderr
    assert re.search(r"Expect\.js:\d+", ended.stderr)


def test_a_test_fails_when_values_are_missing(engine: str) -> None:
    ended = invoke(engine, "--set", "RampTest.Ramp.period=150", "testing/RampTest")
    assert ended.code == 1
    assert "3 expected values did not arrive" in ended.stderr


def test_what_goes_out_comes_back(engine: str) -> None:
    ended = invoke(engine, *(f"testing/{name}Test" for name in ("Http", "Tcp", "WebSocket")))
    assert (ended.code, ended.stderr) == (0, "")


def test_what_a_serial_port_is_sent_comes_back(engine: str) -> None:
    pytest.importorskip("serial")
    ended = invoke(engine, "testing/SerialTest")
    assert (ended.code, ended.stderr) == (0, "")


def test_what_is_sent_in_datagrams_comes_back(engine: str) -> None:
    port = free_port()
    words = (f"UdpTest.{name}.port={port}" for name in ("Answering", "Address"))
    ended = invoke(engine, *(word for text in words for word in ("--set", text)), "testing/UdpTest")
    assert (ended.code, ended.stderr) == (0, "")


def test_what_is_published_comes(engine: str) -> None:
    pytest.importorskip("paho.mqtt")
    with mosquitto() as broker:
        words = (f"MqttTest.{name}.port={broker.port}" for name in ("Publisher", "Subscriber"))
        settings = [word for text in words for word in ("--set", text)]
        ended = invoke(engine, *settings, "testing/MqttTest")
    assert (ended.code, ended.stderr) == (0, "")


@pytest.mark.slow
def test_a_test_of_the_net_fails_when_another_value_comes_back(engine: str) -> None:
    ended = invoke(engine, "--set", "TcpTest.Ramp.step=1", "testing/TcpTest")
    assert ended.code == 1
    assert "value 1 is 1, expected 0.5" in ended.stderr


def test_a_thermostat_is_watched_and_steered_over_a_web_socket(engine: str) -> None:
    async def steer(port: int) -> list[dict[str, object]]:
        reports = []
        async with asyncio.timeout(DEADLINE), connect(f"ws://localhost:{port}") as client:
            # Far above the temperature of the room: the next reading switches the heating on.
            await client.send(json.dumps({"wanted": 30}))
            async for message in client:
                reports.append(json.loads(message))
                if reports[-1]["heating"]:
                    break
        return reports

    with serving(engine, "thermostat/Thermostat") as (_, port):
        reports = asyncio.run(steer(port))
    assert all(set(report) == {"temperature", "heating"} for report in reports)
    assert isinstance(reports[0]["temperature"], (int, float))


def test_guests_of_a_chat_room_hear_each_other(engine: str) -> None:
    async def listen(port: int) -> list[dict[str, object]]:
        heard = []
        async with asyncio.timeout(DEADLINE), connect(f"ws://localhost:{port}") as client:
            heard.append(json.loads(await client.recv()))
            guest = asyncio.create_task(asyncio.to_thread(visit, port))
            async for message in client:
                heard.append(json.loads(message))
                if heard[-1].get("event") == "left":
                    break
            ended = await guest
        assert 'heard: {"from":1,"text":"Hello, everybody"}' in ended.stdout
        assert ended.code == 0
        return heard

    def visit(port: int) -> Ended:
        return invoke(engine, "--set", f"ChatClient.Client.port={port}", "chat/ChatClient")

    with serving(engine, "chat/ChatRoom") as (_, port):
        heard = asyncio.run(listen(port))
    assert heard == [
        {"from": 0, "event": "joined"},
        {"from": 1, "event": "joined"},
        {"from": 1, "text": "Hello, everybody"},
        {"from": 1, "event": "left"},
    ]


def test_runs_are_counted(engine: str, tmp_path: Path) -> None:
    words = ["--set", f"CountRuns.Counter.folder={tmp_path}", "storage/CountRuns"]
    first, second = (invoke(engine, *words) for _ in range(2))
    assert first.stdout.startswith("run number: 1\n")
    assert second.stdout.startswith("run number: 2\n")
    assert (second.code, second.stderr) == (0, "")


def test_a_camera_is_watched(engine: str) -> None:
    ended = invoke(engine, "images/WatchCamera")
    lines = ended.stdout.splitlines()
    assert "watched: image 160 x 120" in lines
    assert any(re.fullmatch(r"moved: [1-9]\d*", line) for line in lines)
    assert (ended.code, ended.stderr) == (0, "")


def test_a_tone_is_played_and_measured(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("miniaudio")
    monkeypatch.setenv("ACCESSOR_HOST_AUDIO", "null")
    ended = invoke(engine, "sound/Beep")
    assert {"played: true", "level: 0"} <= set(ended.stdout.splitlines())
    assert (ended.code, ended.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_ten_thousand_messages_go_from_one_process_to_another_and_back(engine: str) -> None:
    with serving(engine, "net/Echo") as (_, port):
        ended = invoke(engine, "--set", f"Burst.Client.port={port}", "net/Burst")
    assert "burst: 10000 messages came back in order" in ended.stdout
    assert (ended.code, ended.stderr) == (0, "")


def test_the_frequency_of_a_signal_is_found(engine: str) -> None:
    ended = invoke(engine, "signals/FindTone")
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[0] == "periods: 5"


def test_a_machine_says_where_it_is(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESSOR_HOST_POSITION", "1.5,2")
    ended = invoke(engine, "machine/PrintPlace")
    assert (ended.code, ended.stderr) == (0, "")
    place = json.loads(ended.stdout.splitlines()[0].removeprefix("place: "))
    assert (place["latitude"], place["longitude"]) == (1.5, 2)
    assert place["host"]


def test_readings_go_over_tcp(engine: str) -> None:
    ended = run([ACCESSOR_HOST, "run", "--engine", engine, EXAMPLES / "sockets" / "readings.js"])
    assert (ended.code, ended.stdout, ended.stderr) == (0, "mean 21\n", "")


def test_a_question_is_answered_over_udp(engine: str, tmp_path: Path) -> None:
    source = (EXAMPLES / "sockets" / "datagrams.js").read_text(encoding="utf-8")
    script = tmp_path / "datagrams.js"
    script.write_text(source.replace("8084", str(free_port())), encoding="utf-8")
    ended = run([ACCESSOR_HOST, "run", "--engine", engine, script])
    assert (ended.code, ended.stdout, ended.stderr) == (0, "What time is it? It is noon.\n", "")


def test_lines_come_back_from_a_serial_port(engine: str) -> None:
    ended = invoke(engine, "serial/Echo")
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[:2] == ["came back: one", "came back: two"]


@pytest.mark.parametrize(
    ("composite", "shown"), [("web/Dashboard", b"pages:"), ("web/Panel", b"Press</button>")]
)
def test_a_page_is_served(engine: str, composite: str, shown: bytes) -> None:
    name = composite.rpartition("/")[2]
    words = ["--engine", engine, "--library", EXAMPLES, "--set", f"{name}.port=0"]
    with Program([ACCESSOR_HOST, "invoke", *words, composite]) as program:
        program.wait_for("/\n")
        with urlopen(program.stdout.split()[-1], timeout=DEADLINE) as answer:
            assert shown in answer.read()


FILTERED = """
var cameras = require('@modules/cameras');
exports.setup = function () {{
  this.filter = this.instantiate('Filter', '{accessor}');
}};
exports.initialize = function () {{
  this.filter.on('output', (name, value) => {{
    if (name !== '{output}') return;
    console.log('found', typeof value === 'string' ? value.trim() : value);
    this.stop();
  }});
  var camera = new cameras.Camera('dummy camera');
  camera.once('image', (image) => {{
    this.filter.provideInput('image', image);
    camera.close();
  }});
  camera.open();
}};
"""


@pytest.mark.parametrize(
    ("accessor", "output", "needs", "printed"),
    [
        ("images/EdgeFinder", "edges", "cv2", "found Image {"),
        ("images/TagFinder", "tags", "cv2", "found []"),
        ("images/TextReader", "text", "tesseract", "found"),
    ],
)
def test_images_are_looked_at(
    engine: str, tmp_path: Path, accessor: str, output: str, needs: str, printed: str
) -> None:
    if needs == "tesseract":
        if shutil.which(needs) is None:
            pytest.skip("no tesseract here")
    else:
        pytest.importorskip(needs)
    source = FILTERED.format(accessor=accessor, output=output)
    write_library(tmp_path, {"Filtered": source})
    ended = invoke(engine, "--library", str(tmp_path), "Filtered")
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[0].rstrip() == printed


def test_bytes_are_written_as_base64(engine: str, tmp_path: Path) -> None:
    source = """
      exports.setup = function () { this.e = this.instantiate('Encode', 'signals/Encode'); };
      exports.initialize = function () {
        this.e.on('output', (name, value) => { console.log(value); this.stop(); });
        this.e.provideInput('bytes', [77, 97, 110]);
      };
    """
    write_library(tmp_path, {"Encoded": source})
    ended = invoke(engine, "--library", str(tmp_path), "Encoded")
    assert ended.stdout.splitlines()[0] == "TWFu"
    assert (ended.code, ended.stderr) == (0, "")


def test_every_accessor_can_be_set_up(engine: str) -> None:
    names = [
        str(path.relative_to(EXAMPLES).with_suffix(""))
        for path in sorted(EXAMPLES.rglob("*.js"))
        if "exports.setup" in path.read_text(encoding="utf-8")
    ]
    assert len(names) > 40
    words = ["--engine", engine, "--library", EXAMPLES, *names]
    ended = run([ACCESSOR_HOST, "check", *words])
    assert (ended.code, ended.stderr) == (0, "")
