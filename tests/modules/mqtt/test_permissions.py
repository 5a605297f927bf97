"""What a script may reach by MQTT: brokers, topics and files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ...support.certificates import Certificates
from ...support.mosquitto import Broker, mosquitto
from ...support.scripts import running
from .test_scripts import script, within

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with mosquitto() as started:
        yield started


SHOW = """
    client.removeAllListeners('error');
    client.on('error', (e) => console.log([e.code, e.permission, e.resource].join(' ')));
"""


def printed(engine: str, port: int, body: str, options: str = "", **granted: Any) -> list[str]:
    found: list[str] = []

    async def main() -> None:
        async with running(engine, script(port, SHOW + body, options), permissions=granted) as run:
            await run.ended()
            found.extend(run.stdout.text.splitlines())

    within(main())
    return found


def test_a_broker_needs_a_grant(engine: str, broker: Broker) -> None:
    port = broker.port
    body = "client.on('connect', () => client.end()); client.start();"
    assert printed(engine, port, body) == [f"ERR_ACCESS_DENIED connect 127.0.0.1:{port}"]
    granted = {"connect": [f"127.0.0.1:{port}"]}
    assert printed(engine, port, body, **granted) == ["connect", "close"]


def test_topics_need_a_grant_of_their_own(engine: str, broker: Broker) -> None:
    body = """
        client.subscribe('#');
        client.subscribe('home/+', { qos: 1 });
        client.publish('home/a', 'x', { qos: 1 }, (error) => console.log('published', error));
        client.publish('secret', 'x', { qos: 1 }, (error) => {
          console.log('secret', error.code);
        });
        client.on('message', () => client.end());
        client.start();
    """
    granted = {
        "connect": [f"127.0.0.1:{broker.port}"],
        "mqtt": ["publish:home/#", "subscribe:home/+"],
    }
    found = printed(engine, broker.port, body, **granted)
    assert found[:3] == [
        "ERR_ACCESS_DENIED mqtt subscribe:#",
        "ERR_ACCESS_DENIED mqtt publish:secret",
        "secret MQTT_UNSENT",
    ]
    assert 'message "home/a" "x"' in found
    assert found[-1] == "close"
    denied = {**granted, "mqtt": {"allow": True, "deny": ["subscribe:secret/x"]}}
    assert printed(engine, broker.port, "client.subscribe('+/x');", **denied) == [
        "ERR_ACCESS_DENIED mqtt subscribe:+/x"
    ]


def test_files_of_tls_need_a_grant(engine: str, certificates: Certificates) -> None:
    options = f"sslTls: true, trustedCACertPath: '{certificates.ca}'"
    found = printed(engine, 1, "client.start();", options, connect=["*"])
    assert found == [f"ERR_ACCESS_DENIED read {certificates.ca}"]
