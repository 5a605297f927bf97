"""A broker that is killed, and comes back: nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio

import pytest

from ...support.mosquitto import mosquitto
from ...support.peers import node_modules, run_node
from ...support.scripts import running
from .test_scripts import script, within

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

COUNT = 400


def flow(qos: int) -> str:
    return f"""
        const seen = new Map();
        let acknowledged = 0;
        const receiver = show(make({{ clientId: 'receiver', clean: false }}), 'receiver ');
        receiver.removeAllListeners('message');
        receiver.on('message', (topic, data) => seen.set(data, (seen.get(data) || 0) + 1));
        receiver.subscribe('flow', {{ qos: {qos} }});
        receiver.start();
        const sender = show(make({{ maxInflight: 5 }}), 'sender ');
        sender.start();
        const acks = new Set();
        let next = 0;
        const send = () => {{
          const text = String(next++);
          sender.publish('flow', text, {{ qos: {qos} }}, (error) => {{
            if (error) console.log('lost', text);
            acks.add(text);
            if (acks.size % 100 === 0) console.log('acknowledged', acks.size);
            if (next < {COUNT}) send();
            if (acks.size === {COUNT}) setTimeout(finish, 200);
          }});
        }};
        receiver.once('connect', () => {{ for (let i = 0; i < 10; i++) send(); }});
        const finish = () => {{
          const missing = [...acks].filter((text) => !seen.has(text));
          const twice = [...seen.values()].filter((count) => count > 1).length;
          console.log('missing', missing.length, 'twice', twice, 'of', acks.size);
          sender.end();
          receiver.end();
        }};
    """


@pytest.mark.parametrize("qos", [1, 2])
@pytest.mark.slow_with("dukpy", 1)
def test_a_killed_broker_loses_nothing_that_it_acknowledged(engine: str, qos: int) -> None:
    async def main() -> None:
        with mosquitto() as broker:
            async with running(engine, script(broker.port, flow(qos))) as run:
                await run.stdout.until("acknowledged 100")
                await asyncio.to_thread(broker.kill)
                await asyncio.to_thread(broker.start)
                result = await run.stdout.until("missing")
                await run.ended()
                # Some come twice: mosquitto has saved an older state than it had.
                missing, _, _, _, count = result.split()
                assert (missing, count) == ("0", str(COUNT))
                assert run.stdout.text.count("sender connect") == 2
                assert run.stdout.text.count("sender close") == 2
                assert run.stdout.text.count("sender error") <= 1
                assert "lost" not in run.stdout.text
                assert run.stderr.text == ""

    within(main())


def test_subscriptions_come_back_with_a_clean_session(engine: str) -> None:
    async def main() -> None:
        with mosquitto() as broker:
            body = """
                client.subscribe('back/#');
                client.on('connect', () => client.publish('back/x', 'hello', { qos: 1 }));
                client.start();
            """
            async with running(engine, script(broker.port, body)) as run:
                assert await run.stdout.until("message") == '"back/x" "hello"'
                await asyncio.to_thread(broker.kill)
                await run.stdout.until("close")
                await asyncio.to_thread(broker.start)
                assert await run.stdout.until("message") == '"back/x" "hello"'

    within(main())


PEER = """
const mqtt = require('mqtt');
const peer = mqtt.connect('mqtt://127.0.0.1:' + process.argv[1]);
peer.subscribe('to/peer', { qos: 2 }, () => peer.publish('ready', 'yes', { qos: 1, retain: true }));
peer.on('message', (topic, data, packet) => {
  peer.publish('from/peer', 'got ' + data + ' at ' + packet.qos, { qos: 1 }, () => {
    console.log(JSON.stringify(data.toString()));
    peer.end();
  });
});
"""


def test_a_client_of_node(engine: str) -> None:
    node_modules("mqtt")

    async def main() -> None:
        with mosquitto() as broker:
            peer = asyncio.create_task(
                asyncio.to_thread(run_node, PEER, str(broker.port), package="mqtt")
            )
            body = """
                client.subscribe('ready');
                client.subscribe('from/peer', { qos: 1 });
                client.on('message', (topic) => {
                  if (topic === 'ready') client.publish('to/peer', 'grüße', { qos: 2 });
                  else client.end();
                });
                client.start();
            """
            async with running(engine, script(broker.port, body)) as run:
                await run.stdout.until('message "ready"')
                assert await run.stdout.until("message") == '"from/peer" "got grüße at 2"'
                await run.ended()
                assert await peer == "grüße"

    within(main())
