"""The contract of @modules/dsp, as scripts see it."""

from __future__ import annotations

import cmath
import json
import random
from collections.abc import Sequence

import pytest

from ...conftest import RunJs


def transform(samples: Sequence[float]) -> list[complex]:
    """Return the discrete Fourier transform, by its definition."""
    size = len(samples)
    return [
        sum(x * cmath.exp(-2j * cmath.pi * i * k / size) for i, x in enumerate(samples))
        for k in range(size)
    ]


@pytest.mark.parametrize("size", [1, 2, 4, 8, 64])
def test_it_is_the_discrete_fourier_transform(run_js: RunJs, size: int) -> None:
    source = random.Random(size)
    samples = [source.uniform(-1, 1) for _ in range(size)]
    outcome = run_js(f"""
        const {{ Signal }} = require('@modules/dsp');
        console.log(JSON.stringify(new Signal().fft({samples})));
    """)
    found = json.loads(outcome.stdout)
    expected = transform(samples)
    assert found["real"] == pytest.approx([one.real for one in expected], abs=1e-12)
    assert found["imag"] == pytest.approx([one.imag for one in expected], abs=1e-12)


def test_zeros_are_added_up_to_a_power_of_two(run_js: RunJs) -> None:
    outcome = run_js("""
        const signal = new (require('dsp').Signal)();
        const samples = [1, 2, 3, 4, 5];
        const one = signal.fft(samples);
        const other = signal.fft(new Float64Array([1, 2, 3, 4, 5, 0, 0, 0]));
        console.log(one.real.length, JSON.stringify(one) === JSON.stringify(other));
        console.log(samples.join(), signal.fft([]).real.join());
    """)
    assert outcome.stdout == "8 true\n1,2,3,4,5 0\n"


def test_what_is_no_signal_is_refused(run_js: RunJs) -> None:
    outcome = run_js("""
        const signal = new (require('@modules/dsp').Signal)();
        for (const bad of [undefined, 5, 'x', ['1'], [undefined], { length: 1e9 }]) {
          try { signal.fft(bad); } catch (error) { console.log(error.name); }
        }
        console.log(signal.fft(new Float64Array(65536)).real.length);
        try { signal.fft(new Float64Array(65537)); } catch (error) { console.log(error.message); }
    """)
    limit = "a signal may have 65536 samples at most, not 65537"
    assert outcome.stdout == "TypeError\n" * 6 + f"65536\n{limit}\n"
