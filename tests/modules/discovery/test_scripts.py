"""The contract of @modules/discovery, as scripts see it; networks are namespaces of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ...conftest import RunJs
from ...support.programs import ACCESSOR_HOST, run
from ...support.scripts import running
from ...support.wire import run as run_async

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

FIND = """
const { DiscoveryService } = require('discovery');
const service = new DiscoveryService();
service.on('error', (error) => console.log('error', error.code, error.permission, error.message));
service.on('discovered', (devices) => console.log('emitted', devices.length));
service.discoverDevices(%s, 'ping', (devices) => console.log(JSON.stringify(devices)));
"""


@pytest.fixture(scope="module")
def network() -> Iterator[str]:
    """A namespace whose address is 10.77.5.1, on a network with a machine at 10.77.5.9."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("namespaces need root and the program ip")
    one, other = f"ahost-{os.getpid()}-a", f"ahost-{os.getpid()}-b"
    commands = [
        f"netns add {one}",
        f"netns add {other}",
        f"-n {one} link add v0 type veth peer name v1 netns {other}",
        f"-n {one} address add 10.77.5.1/24 dev v0",
        f"-n {other} address add 10.77.5.9/24 dev v1",
        f"-n {one} link set v0 up",
        f"-n {other} link set v1 up",
    ]
    try:
        for command in commands:
            done = subprocess.run(["ip", *command.split()], capture_output=True, check=False)
            if done.returncode:
                pytest.skip(f"namespaces do not work here: {done.stderr.decode().strip()}")
        yield one
    finally:
        for name in (one, other):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def test_the_machines_of_a_network_are_found(engine: str, network: str, tmp_path: Path) -> None:
    script = tmp_path / "find.js"
    address = "console.log(service.getHostAddress());"
    tick = "const ticks = setInterval(() => { n++; }, 20); let n = 0;"
    done = "service.on('discovered', () => { clearInterval(ticks); console.log(n > 10); });"
    again = "service.discoverDevices('10.77.5.9');"
    script.write_text(FIND % "'10.77.5.1'" + address + tick + done + again)
    words = [ACCESSOR_HOST, "run", "--engine", engine, script]
    ended = run(["ip", "netns", "exec", network, *words])
    assert (ended.code, ended.stderr) == (0, "")
    host, busy, devices, emitted, loop_ran = ended.stdout.splitlines()
    assert busy.startswith("error ERR_DISCOVERY_BUSY")
    assert host == "10.77.5.1"
    found = json.loads(devices)
    assert [(one["IPAddress"], one["name"]) for one in found] == [
        ("10.77.5.1", "Host machine"),
        ("10.77.5.9", "Unknown"),
    ]
    assert found[0]["mac"] == "Unknown"
    assert len(found[1]["mac"]) == 17
    assert (emitted, loop_ran) == ("emitted 2", "true")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("''", "'' is no IPv4 address"),
        ("'localhost'", "'localhost' is no IPv4 address"),
        ("'::1'", "'::1' is no IPv4 address"),
        ("'8.8.8.8'", "8.8.8.8 is in no private network"),
        ("'127.0.0.1'", "127.0.0.1 is in no private network"),
    ],
)
def test_what_is_not_swept_is_an_error(run_js: RunJs, address: str, words: str) -> None:
    outcome = run_js(FIND % address)
    assert outcome.stdout.startswith(f"error ERR_DISCOVERY_ADDRESS undefined {words}")
    assert outcome.stdout.count("\n") == 1
    assert (outcome.stderr, outcome.exit_code) == ("", 0)


def test_arguments_are_checked_and_making_it_touches_nothing(run_js: RunJs) -> None:
    outcome = run_js("""
        const { DiscoveryService } = require('@modules/discovery');
        const service = new DiscoveryService();
        for (const bad of [[], [5], ['10.0.0.1', 'arp'], ['10.0.0.1', 'ping', 5]]) {
          try { service.discoverDevices(...bad); } catch (error) { console.log(error.name); }
        }
    """)
    assert outcome.stdout == "TypeError\n" * 4


@pytest.mark.parametrize("grants", [{}, {"connect": ["10.77.5.1:7"]}])
def test_every_address_must_be_permitted(engine: str, grants: dict[str, Any]) -> None:
    async def main() -> None:
        async with running(engine, FIND % "'10.77.5.1'", permissions=grants) as script:
            line = await script.stdout.next()
            assert line.startswith("error ERR_ACCESS_DENIED connect connecting to 10.77.5.")
            await script.ended()

    run_async(main())
