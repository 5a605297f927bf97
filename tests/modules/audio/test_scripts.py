"""The contract of @modules/audio, with the device that plays to nobody."""

from __future__ import annotations

import base64
import json
import math
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

from accessor_host.codecs.sounds import FORMATS, Sound, read_sound, write_sound
from accessor_host.modules import sound_devices
from accessor_host.modules.audio.binding import MAX_DEVICES
from accessor_host.modules.audio.player import MAX_PENDING
from accessor_host.modules.audio.recorder import MAX_WAITING

from ...conftest import RunJs
from ...support.scripts import running
from ...support.wire import eventually, run

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

AUDIO = "const audio = require('@modules/audio');"

SAY = "(error) => console.log(error instanceof Error, error.code, error.message)"


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sound_devices.BACKEND, "null")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Sound, bytes]]:
    """Record what is written to devices."""
    seen: list[tuple[Sound, bytes]] = []
    real = sound_devices.Output

    class Output(real):  # type: ignore[misc, valid-type]
        def __init__(self, sound: Sound, *rest: Any) -> None:
            self.sound = sound
            super().__init__(sound, *rest)

        def write(self, samples: bytes) -> None:
            seen.append((self.sound, samples))
            super().write(samples)

    for module in ("player", "clip"):
        monkeypatch.setattr(f"accessor_host.modules.audio.{module}.Output", Output)
    return seen


@pytest.fixture
def microphone(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Put a microphone in the place of the device, whose sounds a test chooses."""
    made: list[Any] = []

    class Input:
        def __init__(self, sound: Sound, size: int, take: Any) -> None:
            self.sound, self.size, self.take, self.is_closed = sound, size, take, False
            made.append(self)

        def close(self) -> None:
            self.is_closed = True

    monkeypatch.setattr("accessor_host.modules.audio.recorder.Input", Input)
    return made


def tone(rate: int = 8000, seconds: float = 0.1) -> bytes:
    """Return a tone of 440 Hz, 16 bits."""
    count = int(rate * seconds)
    waves = (math.sin(2 * math.pi * 440 * i / rate) for i in range(count))
    return struct.pack(f"<{count}h", *(int(20_000 * value) for value in waves))


def buffer(data: bytes) -> str:
    return f"Buffer.from('{base64.b64encode(data).decode()}', 'base64')"


@pytest.mark.parametrize("name", ["@modules/audio", "@accessors-modules/audio", "audio"])
def test_it_is_one_module_by_every_name_it_has(run_js: RunJs, name: str) -> None:
    outcome = run_js(f"""
        const audio = require('{name}');
        console.log(Object.keys(audio).sort().join(), audio.byteFormats().join());
    """)
    assert outcome.stdout == ("Capture,ClipPlayer,Player,byteFormats raw,array,aiff,aifc,au,wav\n")


def test_without_the_extra_it_is_an_error_that_names_it(engine: str) -> None:
    code = "import sys; sys.modules['miniaudio'] = None; from accessor_host.cli import main; "
    from ...support.programs import run as run_program

    program = code + f"sys.exit(main(['run', '--engine', {engine!r}, sys.argv[1]]))"
    script = Path("audio.js").absolute()
    script.write_text(AUDIO)
    try:
        ended = run_program([sys.executable, "-c", program, script])
    finally:
        script.unlink()
    assert "try: pip install 'accessor-host[audio]'" in ended.stderr
    assert ended.code == 1


# Players


def test_sounds_are_played_in_order_and_told_when_queued(run_js: RunJs, written: Any) -> None:
    outcome = run_js(f"""
        {AUDIO}
        const player = new audio.Player('raw', {{ bigEndian: 0 }});
        console.log(player.play({buffer(tone())}, () => console.log('one')));
        player.play(new Uint8Array([1, 2, 3, 4, 5]), () => {{
          console.log('two');
          player.play(new ArrayBuffer(2), () => console.log('three'));
        }});
    """)
    assert (outcome.stdout, outcome.stderr) == ("undefined\none\ntwo\nthree\n", "")
    assert [samples for _, samples in written] == [tone(), b"\1\2\3\4", b"\0\0"]


def test_raw_samples_begin_with_their_high_byte_unless_told_otherwise(
    run_js: RunJs, written: Any
) -> None:
    run_js(f"{AUDIO} new audio.Player().play(Buffer.from([1, 2, 3, 4]));")
    options = "{ bitsPerSample: 24, channels: 2, sampleRate: 44100 }"
    run_js(f"{AUDIO} new audio.Player('raw', {options}).play(Buffer.from([1, 2, 3, 4, 5, 6, 7]));")
    assert written == [
        (Sound(8000, 1, 16, b""), b"\2\1\4\3"),
        (Sound(44_100, 2, 24, b""), b"\3\2\1\6\5\4"),
    ]


def test_arrays_are_clipped_and_keep_their_level(run_js: RunJs, written: Any) -> None:
    run_js(f"""
        {AUDIO}
        const player = new audio.Player('array', {{ channels: 2 }});
        player.play([[0, 0.5, 1, 7], [-0.5, -1, -7, NaN]]);
        new audio.Player('array', {{ bitsPerSample: 8 }}).play([[0.5, -1]]);
        new audio.Player('array', {{ bitsPerSample: 32 }}).play([1, -1, 0.25]);
        new audio.Player('array', {{ bitsPerSample: 24 }}).play([new Float32Array([-0.5])]);
    """)
    by_bits = {sound.bits: samples for sound, samples in written}
    assert struct.unpack("<8h", by_bits[16]) == (
        0, -16_384, 16_384, -32_768, 32_767, -32_768, 32_767, 0,
    )  # fmt: skip
    assert by_bits[8] == bytes([64, 128])
    assert struct.unpack("<3i", by_bits[32]) == (2**31 - 1, -(2**31), 2**29)
    assert by_bits[24] == b"\0\0\xc0"


@pytest.mark.parametrize("name", FORMATS)
def test_files_are_transcoded(run_js: RunJs, written: Any, name: str) -> None:
    data = write_sound(Sound(16_000, 1, 16, tone(16_000)), name)
    outcome = run_js(f"{AUDIO} new audio.Player('encoded').play({buffer(data)});")
    assert outcome.stderr == ""
    ((sound, samples),) = written
    assert sound == Sound(8000, 1, 16, b"")
    values = struct.unpack(f"<{len(samples) // 2}h", samples)
    assert 780 <= len(values) <= 820
    assert 18_000 < max(values) < 21_000


def test_what_cannot_be_played_is_an_error_and_the_next_sound_is_played(
    run_js: RunJs, written: Any
) -> None:
    outcome = run_js(f"""
        {AUDIO}
        const player = new audio.Player('encoded');
        player.on('error', {SAY});
        player.play(Buffer.from('no sound'), () => console.log('no'));
        player.play({buffer(write_sound(Sound(8000, 1, 16, tone()), "wav"))}, () => console.log(1));
    """)
    assert outcome.stdout == ("true ERR_BAD_SOUND it is no sound file that can be decoded\n1\n")


def test_a_sound_has_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_sound(Sound(8000, 1, 16, bytes(2000)), "wav")
    monkeypatch.setattr(sound_devices, "MAX_SOUND", 2000)
    assert len(sound_devices.decode(data, 8000, 1)) == 2000
    with pytest.raises(sound_devices.SoundError) as caught:
        sound_devices.decode(data, 8000, 2)
    assert caught.value.code == "ERR_AUDIO_TOO_LONG"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("new audio.Player('mp3')", "option 'playbackFormat': 'mp3' is not allowed"),
        ("new audio.Capture(100, 'mp3')", "option 'outputFormat': 'mp3' is not allowed; expected"),
        ("new audio.Capture(70000)", "option 'captureTime': 70000 is not allowed"),
        ("new audio.Capture(-1)", "option 'captureTime'"),
        ("new audio.Capture(60000, 'raw', { sampleRate: 192000 })", "option 'captureTime'"),
        ("new audio.Player('raw', { bitsPerSample: 12 })", "option 'bitsPerSample': 12"),
        ("new audio.Player().play('text')", "data"),
        ("new audio.Player('array').play(5)", "data"),
        ("new audio.Player('array').play(['a'])", "a sample"),
        ("new audio.Player('array').play([[1], [1, 2]])", "data"),
    ],
)
def test_what_a_script_must_not_give_throws(run_js: RunJs, call: str, expected: str) -> None:
    outcome = run_js(f"""
        {AUDIO}
        try {{ {call}; }}
        catch (error) {{ console.log(error instanceof TypeError, error.message); }}
    """)
    assert outcome.stdout.startswith("true ")
    assert expected in outcome.stdout


def test_stop_forgets_what_is_queued(run_js: RunJs) -> None:
    outcome = run_js(f"""
        {AUDIO}
        const player = new audio.Player('raw', {{ sampleRate: 8000 }});
        player.stop();
        player.play(Buffer.alloc(8000 * 2 * 100), () => {{
          console.log('queued');
          player.stop();
          player.stop();
          player.play(Buffer.alloc(2), () => console.log('again'));
        }});
    """)
    assert (outcome.stdout, outcome.stderr) == ("queued\nagain\n", "")


def test_a_full_queue_makes_callbacks_wait(run_js: RunJs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_devices, "MAX_QUEUED", 1600)
    outcome = run_js(f"""
        {AUDIO}
        const player = new audio.Player();
        const start = Date.now();
        const second = Buffer.alloc(1600 * 2);
        for (let i = 0; i < 3; i++) player.play(second, () => console.log(i));
        player.play(second, () => console.log(Date.now() - start > 200));
    """)
    assert outcome.stdout == "0\n1\n2\ntrue\n"


def test_so_many_sounds_wait(run_js: RunJs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_devices, "MAX_QUEUED", 1)
    outcome = run_js(f"""
        {AUDIO}
        const player = new audio.Player();
        player.on('error', (error) => {{ console.log(error.code); player.stop(); }});
        for (let i = 0; i <= {MAX_PENDING}; i++) player.play(Buffer.alloc(2));
    """)
    assert outcome.stdout == "ERR_AUDIO_QUEUE\n"


def test_so_many_devices_are_open(run_js: RunJs, microphone: Any) -> None:
    outcome = run_js(f"""
        {AUDIO}
        const all = [];
        for (let i = 0; i <= {MAX_DEVICES}; i++) {{
          const capture = new audio.Capture();
          capture.on('error', (error) => {{
            console.log(error.code);
            all.forEach((one) => one.stop());
          }});
          capture.start();
          all.push(capture);
        }}
    """)
    assert outcome.stdout == "ERR_AUDIO_LIMIT\n"
    assert all(one.is_closed for one in microphone)


def test_without_a_device_there_is_an_error(run_js: RunJs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_devices, "_backends", lambda: [sound_devices.miniaudio.Backend.JACK])
    outcome = run_js(f"""
        {AUDIO}
        const player = new audio.Player();
        player.on('error', {SAY});
        player.play(Buffer.alloc(2));
        const capture = new audio.Capture();
        capture.on('error', {SAY});
        capture.start();
    """)
    played, recorded = sorted(outcome.stdout.splitlines())
    assert played.startswith("true ERR_AUDIO_DEVICE no sound can be played here (")
    assert played.endswith("ACCESSOR_HOST_AUDIO=null does without")
    assert recorded.startswith("true ERR_AUDIO_DEVICE no sound can be recorded here (")


# Captures


def test_segments_are_recorded_until_stop(run_js: RunJs) -> None:
    outcome = run_js(f"""
        {AUDIO}
        const capture = new audio.Capture(50);
        let seen = 0;
        capture.on('capture', (data) => {{
          console.log(Buffer.isBuffer(data), data.length);
          if (++seen < 3) return;
          capture.stop();
          capture.stop();
        }});
        capture.stop();
        capture.start();
        capture.start();
    """)
    assert (outcome.stdout, outcome.stderr) == ("true 800\n" * 3, "")


@pytest.mark.parametrize("form", ["raw", "array", *FORMATS])
def test_formats_of_segments(engine: str, microphone: Any, form: str) -> None:
    source = f"""
        {AUDIO}
        const options = {{ channels: 2 }};
        const capture = new audio.Capture(1, '{form}', options);
        capture.on('capture', (data) => {{
          console.log(Buffer.isBuffer(data) ? data.toString('hex') : JSON.stringify(data));
          capture.stop();
        }});
        capture.start();
    """
    samples = struct.pack("<4h", 16_384, -32_768, 0, 1)

    async def main() -> str:
        async with running(engine, source) as script:
            await eventually(lambda: bool(microphone))
            assert microphone[0].size == 8 * 2 * 2
            microphone[0].take(samples)
            line = await script.stdout.next()
            await script.ended()
            return line

    line = run(main())
    assert microphone[0].is_closed
    if form == "array":
        assert json.loads(line) == [[0.5, 0], [-1, 2**-15]]
    elif form == "raw":
        assert bytes.fromhex(line) == struct.pack(">4h", 16_384, -32_768, 0, 1)
    else:
        assert read_sound(bytes.fromhex(line)) == Sound(8000, 2, 16, samples)


def test_a_round_trip_keeps_the_level(engine: str, microphone: Any, written: Any) -> None:
    source = f"""
        {AUDIO}
        const capture = new audio.Capture(1, 'array'), player = new audio.Player('array');
        capture.on('capture', (data) => {{ player.play(data); capture.stop(); }});
        capture.start();
    """

    async def main() -> None:
        async with running(engine, source) as script:
            await eventually(lambda: bool(microphone))
            microphone[0].take(tone(seconds=0.01))
            await script.ended()

    run(main())
    assert written[0][1] == tone(seconds=0.01)


def test_a_script_that_is_too_slow_gets_one_error(engine: str, microphone: Any) -> None:
    source = f"""
        {AUDIO}
        const capture = new audio.Capture(1);
        let seen = 0;
        capture.on('error', (error) => console.log(error.code));
        capture.on('capture', (data) => {{
          if (data[1] === 1) seen++;
          else {{ console.log(seen); capture.stop(); }}
        }});
        capture.start();
    """

    async def main() -> None:
        async with running(engine, source) as script:
            await eventually(lambda: bool(microphone))
            for _ in range(MAX_WAITING + 20):
                microphone[0].take(b"\1\1")
            assert await script.stdout.next() == "ERR_AUDIO_OVERRUN"
            microphone[0].take(b"\0\0")
            await script.ended()
            assert script.stdout.text == f"ERR_AUDIO_OVERRUN\n{MAX_WAITING}\n"

    run(main())


def test_started_again_at_once_it_records(run_js: RunJs) -> None:
    outcome = run_js(f"""
        {AUDIO}
        const capture = new audio.Capture(20);
        capture.on('capture', () => {{ console.log('capture'); capture.stop(); }});
        capture.start();
        capture.stop();
        capture.start();
    """)
    assert (outcome.stdout, outcome.stderr) == ("capture\n", "")


def test_a_host_that_stops_gives_its_devices_back(engine: str, microphone: Any) -> None:
    source = f"""
        {AUDIO}
        new audio.Capture().start();
        new audio.Player().play(Buffer.alloc(16000), () => console.log('playing'));
    """

    async def main() -> None:
        async with running(engine, source) as script:
            await script.stdout.next()
            await eventually(lambda: bool(microphone))
        assert microphone[0].is_closed

    run(main())


@pytest.mark.parametrize("granted", [False, True])
def test_devices_take_permissions(engine: str, granted: bool) -> None:
    source = f"""
        {AUDIO}
        const say = (error) => console.log(error.code, error.permission, error.resource);
        const capture = new audio.Capture(10);
        capture.on('error', say);
        capture.on('capture', () => {{ console.log('captured'); capture.stop(); }});
        const player = new audio.Player();
        player.on('error', say);
        player.play(Buffer.alloc(2), () => {{ console.log('played'); player.stop(); }});
        capture.start();
    """
    grants = {"read": ["/dev/snd"], "write": ["/dev/snd"]} if granted else {}

    async def main() -> list[str]:
        async with running(engine, source, permissions=grants) as script:
            await script.ended()
            return sorted(script.stdout.text.splitlines())

    denied = [f"ERR_ACCESS_DENIED {power} /dev/snd" for power in ("read", "write")]
    assert run(main()) == (["captured", "played"] if granted else denied)


# Clips


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a clip.wav"
    path.write_bytes(write_sound(Sound(8000, 1, 16, tone()), "wav"))
    return path


@pytest.mark.parametrize("url", ["file://{}", "file:{}", "{}", "'{}'", "a clip.wav"])
def test_a_clip_is_played_to_its_end(run_js: RunJs, clip: Path, url: str, written: Any) -> None:
    name = url.format(str(clip).replace(" ", "%20") if "file:" in url else clip)
    outcome = run_js(f"""
        {AUDIO}
        const player = new audio.ClipPlayer({json.dumps(name)});
        player.stop();
        player.on('done', (done) => console.log('done', done));
        player.play();
    """)
    assert (outcome.stdout, outcome.stderr) == ("done true\n", "")
    ((_, samples),) = written
    assert len(samples) == pytest.approx(4410 * 4, abs=400)


def test_stop_while_it_plays_is_done_and_play_begins_again(run_js: RunJs, clip: Path) -> None:
    clip.write_bytes(write_sound(Sound(8000, 1, 16, tone(seconds=20)), "wav"))
    outcome = run_js(f"""
        {AUDIO}
        const player = new audio.ClipPlayer('a clip.wav');
        let count = 0;
        player.on('done', () => console.log('done', ++count));
        player.play();
        setTimeout(() => {{
          player.play();
          setTimeout(() => {{ player.stop(); player.stop(); }}, 20);
        }}, 150);
    """)
    assert (outcome.stdout, outcome.stderr) == ("done 1\n", "")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("nowhere.wav", "ENOENT"),
        ("", "ENOENT"),
        ("file:///etc/passwd", "EACCES"),
        ("http://127.0.0.1:1/clip.mp3", "ECONNREFUSED"),
        ("a clip.txt", "ERR_BAD_SOUND"),
    ],
)
def test_a_bad_url_is_an_error_and_no_exception(
    run_js: RunJs, clip: Path, url: str, code: str
) -> None:
    (clip.parent / "a clip.txt").write_text("no sound")
    outcome = run_js(f"""
        {AUDIO}
        const player = new audio.ClipPlayer({json.dumps(url)});
        player.on('error', (error) => console.log(error instanceof Error, error.code));
        player.on('done', () => console.log('done'));
        player.play();
    """)
    assert outcome.stderr == ""
    assert outcome.stdout.startswith("true ")
    if url:
        assert outcome.stdout == f"true {code}\n"


def test_a_clip_of_the_web_is_played(run_js: RunJs, clip: Path) -> None:
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_details: object) -> None:
            pass

    handler = partial(Quiet, directory=str(clip.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        outcome = run_js(f"""
            {AUDIO}
            const url = 'http://127.0.0.1:{server.server_port}/a%20clip.wav';
            const player = new audio.ClipPlayer(url);
            player.on('done', () => console.log('done'));
            player.play();
        """)
        server.shutdown()
    assert (outcome.stdout, outcome.stderr) == ("done\n", "")
