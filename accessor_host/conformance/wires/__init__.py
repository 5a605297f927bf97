"""The other sides of wires that are no web sockets: streams, HTTP, datagrams, MQTT."""
