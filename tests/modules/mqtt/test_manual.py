"""The scripts of the manual and of ``examples/`` do what they say."""

from __future__ import annotations

import pytest

from ...docs.pages import REPOSITORY, page
from ...support.mosquitto import mosquitto
from ...support.scripts import running
from .test_scripts import script, within

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")


def test_the_script_of_the_manual(engine: str) -> None:
    code, printed = page("docs/modules/mqtt.md").blocks[:2]

    async def main() -> None:
        with mosquitto() as broker:
            source = code.text.replace("1883", str(broker.port))
            async with running(engine, source) as run:
                await run.ended()
                shown = [line for line in printed.lines if not line.startswith("$")]
                assert run.stdout.text.splitlines() == shown

    within(main())


def test_the_example(engine: str) -> None:
    source = (REPOSITORY / "examples" / "mqtt" / "greenhouse.js").read_text(encoding="utf-8")

    async def main() -> None:
        with mosquitto() as broker:
            watching = """
                client.subscribe('greenhouse/+', { qos: 1 });
                client.on('message', (topic, data) => {
                  if (data === 'there') client.publish('greenhouse/heater', 'on', { qos: 1 });
                });
                client.start();
            """
            async with running("quickjs", script(broker.port, watching)) as watcher:
                await watcher.stdout.until("connect")
                example = source.replace("1883", str(broker.port)).replace("1000);", "10);")
                async with running(engine, example) as run:
                    assert await run.stdout.next() == "connected"
                    assert await run.stdout.next() == "the heater is on"
                    await watcher.stdout.until('message "greenhouse/celsius" "17.')
                    await watcher.stdout.until('message "greenhouse/celsius" "18.')

    within(main())
