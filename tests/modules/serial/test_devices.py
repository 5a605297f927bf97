"""Serial ports with a device behind: pairs of pseudo terminals."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import termios
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from accessor_host.modules.serial import links

from ...support.devices import Device
from ...support.scripts import DEADLINE, running
from ...support.wire import run

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

SCRIPT = """
const { SerialPort } = require('@modules/serial');
const port = new SerialPort(%s, 'me', %s, %s);
port.on('data', (value) => console.log('data', JSON.stringify(value)));
port.on('error', (error) => {
  console.log('error', error.code, error.permission, error.resource, error.message);
});
port.open();
%s
"""


def script(path: str, body: str = "", timeout: int = 1000, **options: Any) -> str:
    return SCRIPT % (json.dumps(path), timeout, json.dumps(options), body)


@pytest.fixture
def device() -> Iterator[Device]:
    """A pseudo terminal that is gone after the test."""
    made = Device()
    yield made
    made.unplug()


def test_bytes_go_both_ways(engine: str, device: Device) -> None:
    async def main() -> None:
        source = script(device.path, "port.send('to the device');", baudRate=115200)
        async with running(engine, source) as one:
            assert await device.read(14) == b"to the device\0"
            assert device.speed() == termios.B115200
            device.write("von dem Gerät".encode()[:-2])
            device.write("ät\0zwei\0".encode()[1:])
            assert (await one.stdout.next()).startswith('data "von dem Ger')
            assert await one.stdout.next() == 'data "zwei"'

    run(main())


def test_numbers_are_big_endian_and_a_rest_waits(engine: str, device: Device) -> None:
    async def main() -> None:
        source = script(
            device.path, "port.send([1, -2]);", sendType="int", receiveType="unsignedshort"
        )
        async with running(engine, source) as one:
            assert await device.read(8) == b"\0\0\0\1\xff\xff\xff\xfe"
            device.write(b"\x01")
            device.write(b"\x02\xff")
            assert await one.stdout.next() == "data 258"
            device.write(b"\xff")
            assert await one.stdout.next() == "data 65535"

    run(main())


def test_every_byte_arrives_as_it_is(engine: str, device: Device) -> None:
    # No terminal may turn a carriage return into a line feed, or take 3 for an interrupt.
    async def main() -> None:
        source = script(
            device.path,
            "port.send(Array.from({ length: 256 }, (_, i) => i));",
            sendType="byte",
            receiveType="unsignedbyte",
        )
        async with running(engine, source) as one:
            assert await device.read(256) == bytes(range(256))
            device.write(bytes(range(256)))
            for value in range(256):
                assert await one.stdout.next() == f"data {value}"

    run(main())


def test_a_device_that_is_unplugged_is_one_error(engine: str, device: Device) -> None:
    async def main() -> None:
        body = "port.send('x'); port.on('error', () => console.log('end'));"
        async with running(engine, script(device.path, body)) as one:
            await device.read(2)
            device.unplug()
            line = await one.stdout.next()
            assert line.startswith("error ERR_SERIAL_LOST undefined undefined")
            assert f"'{device.path}' is gone: " in line
            assert await one.stdout.next() == "end"
            # Closed: nothing keeps the run alive.
            await one.ended()
            assert one.stdout.text.count("error") == 1

    run(main())


def test_it_opens_again_after_it_was_unplugged(engine: str, device: Device, tmp_path: Path) -> None:
    link = tmp_path / "port"
    link.symlink_to(device.path)

    async def main() -> None:
        body = "port.send('1'); exports.open = () => { port.open(); port.send('2'); };"
        async with running(engine, script(str(link), body)) as one:
            await device.read(2)
            device.unplug()
            assert (await one.stdout.next()).startswith("error ERR_SERIAL_LOST")
            other = Device()
            link.unlink()
            link.symlink_to(other.path)
            await one.host.call("open")
            assert await other.read(2) == b"2\0"
            other.write(b"here again\0")
            await one.stdout.until('data "here again"')
            other.unplug()

    run(main())


def test_what_was_sent_leaves_before_it_is_closed(engine: str, device: Device) -> None:
    async def main() -> None:
        body = "port.send('x'.repeat(100000)); port.close();"
        async with running(engine, script(device.path, body)) as one:
            assert await device.read(100001) == b"x" * 100000 + b"\0"
            await one.ended()
            assert one.stderr.text == ""

    run(main())


def test_a_device_that_takes_nothing_holds_up_nobody(engine: str, device: Device) -> None:
    async def main() -> None:
        body = """
            port.send('x'.repeat(60000));
            port.send('x'.repeat(60000));
            const begun = Date.now();
            setTimeout(() => { console.log('in time', Date.now() - begun < 1000); }, 10);
            port.on('error', () => port.close());
        """
        source = script(device.path, body, timeout=50, maxUnsentBytes=100000)
        async with running(engine, source) as one:
            lines = {await one.stdout.next(), await one.stdout.next()}
            assert "in time true" in lines
            assert any(line.startswith("error ERR_SERIAL_QUEUE_FULL") for line in lines)
            await one.ended()
            assert "bytes were not sent before the serial port" in one.stderr.text

    run(main())


def test_a_flood_from_a_device_is_read_no_faster_than_it_is_served(
    engine: str, device: Device
) -> None:
    async def main() -> None:
        body = """
            let count = 0;
            port.removeAllListeners('data');
            port.on('data', () => { if (++count === 100000) console.log('all'); });
            port.send('open');
        """
        async with running(engine, script(device.path, body, receiveType="byte")) as one:
            await device.read(5)
            sent = 0
            async with asyncio.timeout(DEADLINE):
                while sent < 100000:
                    with suppress(BlockingIOError):
                        sent += os.write(device.end, b"\1" * min(4096, 100000 - sent))
                    await asyncio.sleep(0)
            assert await one.stdout.next() == "all"

    run(main())


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("/dev/no-such-port", "ERR_SERIAL_NO_PORT", "there is no serial port"),
        ("/dev/null", "ERR_SERIAL_REFUSED", "cannot be opened as a serial port"),
        ("/etc/hostname", "ERR_SERIAL_REFUSED", "is no serial port"),
        ("loopbak", "ERR_SERIAL_NO_PORT", "there is no serial port"),
    ],
)
def test_a_port_that_is_none_is_an_error(engine: str, path: str, code: str, words: str) -> None:
    async def main() -> None:
        async with running(engine, script(path)) as one:
            line = await one.stdout.next()
            assert line.startswith(f"error {code} ")
            assert words in line
            await one.ended()

    run(main())


def test_a_port_in_use_names_its_owner(engine: str, device: Device) -> None:
    async def main() -> None:
        body = f"""
            const other = new SerialPort({json.dumps(device.path)}, 'other');
            other.on('error', (error) => console.log(error.code, error.message));
            other.open();
        """
        async with running(engine, script(device.path, body)) as one:
            line = await one.stdout.next()
            assert line == f"ERR_SERIAL_IN_USE '{device.path}' is in use by 'me'"
            # A host of its own is as another program.
            async with running(engine, script(device.path)) as second:
                line = await second.stdout.next()
                assert "ERR_SERIAL_IN_USE" in line
                assert line.endswith("is in use by another program")

    run(main())


def test_it_is_free_as_soon_as_it_is_closed(engine: str, device: Device) -> None:
    async def main() -> None:
        body = f"""
            port.send('first');
            port.close();
            const other = new SerialPort({json.dumps(device.path)}, 'other');
            other.on('error', (error) => console.log(error.code, error.message));
            other.on('data', (value) => {{ console.log(value); other.close(); }});
            other.open();
            other.send('second');
        """
        async with running(engine, script(device.path, body)) as one:
            assert await device.read(13) == b"first\0second\0"
            device.write(b"done\0")
            assert await one.stdout.next() == "done"
            await one.ended()

    run(main())


def test_opening_again_and_again_ends_with_one(engine: str, device: Device) -> None:
    async def main() -> None:
        body = "port.open(); port.open(); port.send('x');"
        async with running(engine, script(device.path, body)) as one:
            assert await device.read(2) == b"x\0"
            state = one.host.state()
            assert "serial ports: 1" in state
            assert f"  {device.path} of me: 0 bytes unsent" in state
            device.write(b"y\0")
            assert await one.stdout.next() == 'data "y"'
            assert one.stdout.text.count("error") == 0

    run(main())


def test_opening_takes_no_longer_than_its_timeout(
    engine: str, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, closed = links.open_device, []

    def slow(path: str, baud_rate: int) -> Any:
        import time

        time.sleep(0.2)
        return real(path, baud_rate)

    def close(opened: Any) -> None:
        closed.append(opened)
        links.close_device(opened)

    monkeypatch.setattr("accessor_host.modules.serial.port.open_device", slow)
    monkeypatch.setattr("accessor_host.modules.serial.port.close_device", close)

    async def main() -> None:
        async with running(engine, script(device.path, timeout=20)) as one:
            assert (await one.stdout.next()).startswith("error ERR_SERIAL_TIMEOUT")
            await one.ended()
            assert len(closed) == 1

    run(main())


@pytest.mark.parametrize("granted", [False, True])
def test_it_takes_the_permission_for_the_device_behind_all_links(
    engine: str, device: Device, tmp_path: Path, granted: bool
) -> None:
    link = tmp_path / "port"
    link.symlink_to(device.path)

    async def main() -> None:
        rule = device.path if granted else str(link)
        source = script(str(link), "port.send('x');")
        async with running(engine, source, permissions={"serial": [rule]}) as one:
            if granted:
                assert await device.read(2) == b"x\0"
                return
            line = await one.stdout.next()
            assert line.startswith(f"error ERR_ACCESS_DENIED serial {device.path} opening the")
            await one.ended()

    run(main())


def test_without_permission_only_the_loopback_is_told_and_opened(engine: str) -> None:
    async def main() -> None:
        source = script("loopback", "port.send('x');")
        body = "require('@modules/serial').hostSerialPorts((ports) => console.log(ports.join()));"
        async with running(engine, body + source, permissions={}) as one:
            assert await one.stdout.next() == "loopback"
            assert await one.stdout.next() == 'data "x"'

    run(main())


@pytest.mark.skipif(shutil.which("socat") is None, reason="socat is not installed")
def test_a_pair_of_socat(engine: str, tmp_path: Path) -> None:
    left, right = tmp_path / "left", tmp_path / "right"

    @asynccontextmanager
    async def pair() -> AsyncIterator[asyncio.subprocess.Process]:
        ends = (f"pty,raw,echo=0,link={left}", f"pty,raw,echo=0,link={right}")
        process = await asyncio.create_subprocess_exec(
            "socat", "-d", "-d", *ends, stderr=asyncio.subprocess.PIPE
        )
        assert process.stderr is not None
        try:
            async with asyncio.timeout(DEADLINE):
                while b"starting data transfer" not in await process.stderr.readline():
                    pass
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def main() -> None:
        async with pair() as process:
            echo = "port.on('data', (value) => port.send(value));"
            # The other end may not be open yet, and what arrives there before is lost.
            ask = "const asking = setInterval(() => port.send('round'), 20);"
            ask += "port.on('data', () => clearInterval(asking));"
            source = script(str(left), ask)
            async with running(engine, source) as one, running(engine, script(str(right), echo)):
                assert await one.stdout.next() == 'data "round"'
                process.kill()
                await one.stdout.until("error ERR_SERIAL_LOST")
                await one.ended()

    run(main())
