"""How scripts with an mqtt client begin, and the places that cases cite."""

from __future__ import annotations

__all__ = ["CLIENT", "EVENTS", "MODULE", "client"]

_MQTT = "mqtt, version 2: "
MODULE = _MQTT + "module functions"
CLIENT = _MQTT + "Client, functions"
EVENTS = _MQTT + "Client, events"


def client(options: str = "") -> str:
    """Return the begin of a script: a client of the broker at PORT, which reports errors.

    Args:
        options: as in an object literal; without any, none are given.
    """
    more = f", {{{options}}}" if options else ""
    return f"""
var mqtt = require('@modules/mqtt');
var client = mqtt.createClient(PORT, '127.0.0.1'{more});
client.on('error', reporter('error'));
"""
