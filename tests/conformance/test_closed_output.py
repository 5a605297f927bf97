"""A reader that has had enough, as ``head`` has: the command line ends without a word."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from ..support.programs import ACCESSOR_HOST, TIMEOUT


@pytest.mark.parametrize(
    ("words", "unbuffered"),
    [
        ("conformance --list", ""),
        ("conformance --list", "1"),
        ("conformance --check-schema", ""),
        ("conformance --case server/exports/server", ""),
        ("conformance --case server/exports/server --format json", ""),
        ("conformance --case server/exports/server --format junit", ""),
        ("conformance --case server/exports/server --format html", "1"),
        ("types", ""),
        ("types", "1"),
        ("schema web-socket-server", ""),
        ("--version", ""),
        ("--help", ""),
    ],
)
def test_output_that_nobody_reads_ends_the_program_quietly(words: str, unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [ACCESSOR_HOST, *words.split()],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=TIMEOUT,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGPIPE, "")
