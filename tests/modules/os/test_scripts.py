"""The contract of @modules/os, as scripts see it."""

from __future__ import annotations

import json
import socket
import sys

import pytest

from ...conftest import RunJs


@pytest.mark.parametrize("name", ["os", "@modules/os", "@accessors-modules/os"])
def test_the_name_of_the_machine(run_js: RunJs, name: str) -> None:
    outcome = run_js(f"console.log(require('{name}').hostname());")
    assert outcome.stdout == f"{socket.gethostname()}\n"
    assert (outcome.stderr, outcome.exit_code) == ("", 0)


def test_what_else_is_harmless(run_js: RunJs) -> None:
    outcome = run_js("""
        const os = require('@modules/os');
        const told = [os.platform(), os.type(), os.arch(), os.endianness(), os.EOL];
        console.log(JSON.stringify(told));
        console.log(Object.keys(os).join());
    """)
    told, names = outcome.stdout.splitlines()
    platform, type, arch, endianness, eol = json.loads(told)
    assert platform == sys.platform
    assert type[0].isupper()
    assert arch
    assert eol == "\n"
    assert endianness == ("LE" if sys.byteorder == "little" else "BE")
    assert names == "hostname,platform,type,arch,endianness,EOL"
