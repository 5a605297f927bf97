"""The contract of @modules/audio-io, with the device that plays to nobody."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from accessor_host.codecs.sounds import Sound, write_sound
from accessor_host.modules import sound_devices
from accessor_host.modules.audio_io import binding

from ...conftest import RunJs
from ...support.scripts import running
from ...support.wire import run

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

AUDIO = "const audio = require('audio-io');"


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(sound_devices.BACKEND, "null")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["@modules/audio-io", "audioIo", "@accessors-modules/audio-io"])
def test_it_is_one_module_by_every_name_it_has(run_js: RunJs, name: str) -> None:
    outcome = run_js(f"console.log(Object.keys(require('{name}')).sort().join());")
    assert outcome.stdout == "capture,initialize,loadwav,play,wrapup\n"


def test_blocks_are_recorded_until_null(run_js: RunJs) -> None:
    outcome = run_js(f"""
        {AUDIO}
        audio.initialize(2, 0, 44100, 512);
        let seen = 0;
        audio.capture((vector) => {{
          if (seen++ === 0) console.log(Array.isArray(vector), vector.length, vector[0]);
          if (seen === 3) audio.capture(null);
        }});
    """)
    assert (outcome.stdout, outcome.stderr) == ("true 1024 0\n", "")


def test_vectors_are_played_in_order(run_js: RunJs, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[Sound, bytes]] = []

    class Output(binding.Output):
        def __init__(self, sound: Sound, *rest: object) -> None:
            self.sound = sound
            super().__init__(sound, *rest)  # type: ignore[arg-type]

        def write(self, samples: bytes) -> None:
            written.append((self.sound, samples))
            super().write(samples)

    monkeypatch.setattr(binding, "Output", Output)
    outcome = run_js(f"""
        {AUDIO}
        audio.initialize(0, 1, 44100, 512);
        audio.play(1, [0.5, -1, 2]);
        audio.play(1, new Float32Array([0.25]));
        audio.play(2, [0, -0.5]);
        audio.play(2, [1, 1]);
    """)
    assert outcome.stderr == ""
    assert written == [
        (Sound(44_100, 1, 16, b""), struct.pack("<3h", 16_384, -32_768, 32_767)),
        (Sound(44_100, 1, 16, b""), struct.pack("<h", 8192)),
        (Sound(44_100, 2, 16, b""), struct.pack("<2h", 0, -16_384)),
        (Sound(44_100, 2, 16, b""), struct.pack("<2h", 32_767, 32_767)),
    ]


def test_wrapup_ends_both_and_is_harmless(run_js: RunJs) -> None:
    outcome = run_js(f"""
        {AUDIO}
        audio.wrapup();
        audio.initialize(1, 1, 8000, 80);
        audio.play(1, new Float32Array(80000));
        audio.capture(() => {{ audio.wrapup(); audio.wrapup(); console.log('over'); }});
    """)
    assert (outcome.stdout, outcome.stderr) == ("over\n", "")


@pytest.mark.parametrize("bits", [8, 16, 24])
def test_a_wave_file_is_loaded(run_js: RunJs, tmp_path: Path, bits: int) -> None:
    half = {8: b"\x40", 16: b"\0\x40", 24: b"\0\0\x40"}[bits]
    least = {8: b"\x80", 16: b"\0\x80", 24: b"\0\0\x80"}[bits]
    data = write_sound(Sound(44_100, 2, bits, half + least), "wav")
    (tmp_path / "stereo.wav").write_bytes(data)
    outcome = run_js(f"{AUDIO} console.log(JSON.stringify(audio.loadwav('./stereo.wav')));")
    assert outcome.stdout == '{"sampleRate":44100,"channels":2,"data":[0.5,-1]}\n'


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("audio.loadwav('nowhere.wav')", "ENOENT"),
        ("audio.loadwav('/etc/passwd')", "EACCES"),
        ("audio.loadwav('text.wav')", "ERR_BAD_SOUND"),
        ("audio.initialize(9, 0, 44100, 512)", "ERR_INVALID_ARG_TYPE"),
        ("audio.initialize(1, 0, 44100, 0)", "ERR_INVALID_ARG_TYPE"),
        ("audio.initialize(1, 0, '44100', 1)", "ERR_INVALID_ARG_TYPE"),
        ("audio.play(0, [1])", "ERR_INVALID_ARG_TYPE"),
        ("audio.play(1, 'text')", "ERR_INVALID_ARG_TYPE"),
        ("audio.capture(5)", "ERR_INVALID_ARG_TYPE"),
    ],
)
def test_what_is_wrong_throws(run_js: RunJs, tmp_path: Path, call: str, expected: str) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    outcome = run_js(f"{AUDIO} try {{ {call}; }} catch (error) {{ console.log(error.code); }}")
    assert outcome.stdout == f"{expected}\n"


def test_so_many_vectors_wait(run_js: RunJs, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = run_js(f"""
        {AUDIO}
        for (let i = 0; i <= {binding.MAX_PENDING}; i++) audio.play(1, [0]);
    """)
    assert outcome.stderr.count("ERR_AUDIO_QUEUE") == 1


@pytest.mark.parametrize("call", ["audio.play(1, [0])", "audio.capture(() => {})"])
def test_devices_take_permissions(engine: str, call: str) -> None:
    async def main() -> None:
        async with running(engine, f"{AUDIO} {call};", permissions={}) as script:
            await script.ended()
            assert "code: 'ERR_ACCESS_DENIED'" in script.stderr.text

    run(main())
