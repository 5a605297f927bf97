"""The weather dashboard, of real parts: a web server, a broker, and a page in a browser."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from paho.mqtt.publish import single

from ..support.browser import open_tab
from ..support.mosquitto import Broker, mosquitto
from ..support.programs import ACCESSOR_HOST, Program

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

pytestmark = pytest.mark.slow


def publish(broker: Broker, temperature: str) -> None:
    """Say what the sensor in the attic measures, also to who subscribes later, as sensors do."""
    topic = "sensors/attic/temperature"
    single(topic, temperature, qos=1, retain=True, hostname="127.0.0.1", port=broker.port)


def listening(program: Program, text: str) -> int:
    """Wait for a line that ends with a port."""
    program.wait_for(text)
    return int(program.stdout.split(text)[1].split()[0].strip("/"))


def test_a_page_shows_what_comes_by_http_and_by_mqtt(engine: str) -> None:
    invoke = [ACCESSOR_HOST, "invoke", "--engine", engine, "--library", EXAMPLES]
    with ExitStack() as stack:
        broker = stack.enter_context(mosquitto())
        service = stack.enter_context(
            Program([*invoke, "--set", "Service.port=0", "weather/Service"])
        )
        station = f"http://localhost:{listening(service, 'listening on port ')}/stations/harbour"
        settings = {
            "Dashboard.station": station,
            "Dashboard.period": "100",
            "Dashboard.Sensors.port": str(broker.port),
            "Dashboard.Page.port": "0",
            "Dashboard.Page.folder": str(EXAMPLES / "weather/www"),
        }
        words = [word for name in settings for word in ("--set", f"{name}={settings[name]}")]
        dashboard = stack.enter_context(Program([*invoke, *words, "weather/Dashboard"]))
        port = listening(dashboard, "weather dashboard: http://localhost:")
        tab = stack.enter_context(open_tab(f"http://localhost:{port}/"))
        tab.wait_for("document.getElementById('state').textContent === 'live'")
        tab.wait_for(shows("harbour", "14.5 °C"))
        publish(broker, "27")
        tab.wait_for(shows("attic", "27 °C"))
        # A tile changes; there is no second one.
        publish(broker, "28")
        tab.wait_for(shows("attic", "28 °C"))
        assert tab.value("document.querySelectorAll('dt').length") == 2
        assert tab.complaints == []


def shows(name: str, value: str) -> str:
    """Return an expression that is true when a tile has a name and a value."""
    return (
        "Array.from(document.querySelectorAll('#readings div'))"
        f".some((tile) => tile.innerText.split('\\n').join('|') === '{name}|{value}')"
    )
