"""The contract of @modules/iot-auth, as scripts see it, with an Auth of our own."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from accessor_host.modules.iot_auth import binding

from ...conftest import RunJs
from ...support.programs import free_port
from ...support.scripts import DEADLINE, running
from ...support.tcp import serving
from .auth import Auth, Key, make_identity, message, read_message, seal, unseal

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

SPEC = "AES-128-CBC:HmacSHA256"


@dataclass
class World:
    """Files and keys of Auth and one entity."""

    folder: Path
    auth: Any
    entity: Any

    def make(self, **more: Any) -> Auth:
        return Auth(self.auth, self.entity.public_key(), **more)

    def script(self, port: int, body: str, more: str = "") -> str:
        return f"""
            const iotAuth = require('@modules/iot-auth');
            const options = {{
              authHost: '127.0.0.1', authPort: {port}, entityName: 'net1.client',
              numKeysPerRequest: 2, purpose: {{ group: 'Servers' }},
              distributionCryptoSpec: '{SPEC}',
              publicKeyCryptoSpec: iotAuth.publicKeyCryptoSpecs[0],
              authPublicKey: iotAuth.loadPublicKey('{self.folder}/auth.pem'),
              entityPrivateKey: iotAuth.loadPrivateKey('{self.folder}/entity.key'), {more}
            }};
            {body}
        """


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("entities")
    return World(folder, make_identity(folder, "auth"), make_identity(folder, "entity"))


def within(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 3 * DEADLINE))


ASK = """
    iotAuth.sendSessionKeyRequest(options, (status, distribution, keys, extra) => {
      console.log(JSON.stringify([status, distribution, keys, extra]));
    }, 'extra');
"""


def asked(engine: str, world: World, auth: Auth, body: str, more: str = "") -> list[str]:
    """Run a script beside an Auth to its end, and return what it prints."""
    printed: list[str] = []

    async def main() -> None:
        async with serving(auth.serve) as port:
            async with running(engine, world.script(port, body, more)) as run:
                await run.ended()
                assert run.stderr.text == ""
                printed.extend(run.stdout.text.replace(str(port), "PORT").splitlines())

    within(main())
    return printed


def test_what_the_module_exports(run_js: RunJs) -> None:
    outcome = run_js("""
        const iotAuth = require('iotAuth');
        console.log(iotAuth === require('@accessors-modules/iot-auth'));
        console.log(iotAuth.publicKeyCryptoSpecs, iotAuth.symmetricCryptoSpecs.length);
        console.log(iotAuth.SESSION_KEY_ID_SIZE, iotAuth.HANDSHAKE_NONCE_SIZE);
        console.log(iotAuth.msgType.SECURE_PUB, iotAuth.msgType.AUTH_ALERT);
        for (const name of ['loadPublicKey', 'loadPrivateKey']) {
          try { iotAuth[name]('/no/such.pem'); } catch (error) { console.log(error.message); }
        }
    """)
    assert outcome.stdout.splitlines() == [
        "true",
        "[ 'RSA/ECB/PKCS1PADDING:SHA256withRSA' ] 3",
        "8 8",
        "40 100",
        *["/no/such.pem: No such file or directory"] * 2,
    ]


@pytest.mark.parametrize("is_older", [False, True])
def test_session_keys_come_with_a_distribution_key_and_then_by_it(
    engine: str, world: World, is_older: bool
) -> None:
    auth = world.make(keys=[Key(101), Key(2**40 + 1)], is_older=is_older)
    body = """
        iotAuth.sendSessionKeyRequest(options, (status, distribution, keys, extra) => {
          console.log(JSON.stringify([status, keys.map((key) => key.id), extra]));
          console.log(distribution !== null, JSON.stringify(distribution));
          options.distributionKey = distribution;
          options.purpose = { keyId: keys[1].id };
          options.numKeysPerRequest = 1;
          iotAuth.sendSessionKeyRequest(options, (status, distribution, keys) => {
            console.log(JSON.stringify([status, distribution, keys.length]));
          });
        }, { host: 'server' });
    """
    encoding = "requestEncoding: 'older'" if is_older else ""
    assert asked(engine, world, auth, body, encoding) == [
        f'[{{"success":true}},[101,{2**40 + 1}],{{"host":"server"}}]',
        'true {"type":"distribution"}',
        '[{"success":true},null,1]',
    ]
    assert auth.seen == [
        (20, "net1.client", {"group": "Servers"}, 2),
        (22, "net1.client", {"keyId": 2**40 + 1}, 1),
    ]


@pytest.mark.slow_with("dukpy")
def test_a_distribution_key_that_has_expired_is_not_used(engine: str, world: World) -> None:
    auth = world.make(keys=[Key(1)], expires=time.time() + 0.3)
    body = """
        iotAuth.sendSessionKeyRequest(options, (status, distribution) => {
          options.distributionKey = distribution;
          setTimeout(() => iotAuth.sendSessionKeyRequest(options, (status) => {
            console.log(status.error);
          }), 400);
        });
    """
    assert asked(engine, world, auth, body) == ["the distribution key has expired"]
    assert [kind for kind, *_ in auth.seen] == [20, 20]


def _wrong_nonce(kind: int, payload: bytes) -> bytes:
    return message(kind, payload[:-1] + bytes([payload[-1] ^ 1]))


@pytest.mark.parametrize(
    ("distort", "reason"),
    [
        (
            lambda kind, payload: message(100, b"\0"),
            "Auth refuses: the distribution key is not valid",
        ),
        (lambda kind, payload: message(100, b"\x07"), "Auth refuses: its code is 7"),
        (lambda kind, payload: message(100, b""), "a message ends too early"),
        (_wrong_nonce, "a message is not authentic: its MAC does not match"),
        (
            lambda kind, payload: message(kind, bytes(512) + payload[512:]),
            "a distribution key is not signed by Auth, or not for us",
        ),
        (
            lambda kind, payload: message(kind, payload[:100]),
            "a distribution key is not signed by Auth, or not for us",
        ),
        (
            lambda kind, payload: b"\x15\xff\xff\xff\xff\xff",
            "a message has more than 1048576 bytes",
        ),
        (lambda kind, payload: message(23, b""), "Auth sends a message of type 23"),
        (lambda kind, payload: message(0, bytes(12)), "Auth sends a message of type 0"),
        (lambda kind, payload: b"HTTP/1.1 400" * 10, "Auth sends a message of type 72"),
    ],
)
@pytest.mark.slow_with("dukpy")
def test_a_hostile_auth_is_one_error(
    engine: str, world: World, distort: Callable[[int, bytes], bytes], reason: str
) -> None:
    auth = world.make(keys=[Key(1)], distort=distort)
    (line,) = asked(engine, world, auth, ASK)
    status, distribution, keys, extra = json.loads(line)
    assert (distribution, keys, extra) == (None, [], "extra")
    assert status["error"].startswith(reason)


@pytest.mark.slow_with("dukpy")
def test_nobody_answers(engine: str, world: World) -> None:
    port = free_port()

    async def main() -> None:
        async with running(engine, world.script(port, ASK)) as run:
            await run.ended()
            (line,) = run.stdout.text.splitlines()
            assert f"no connection with 127.0.0.1:{port}: connection refused" in line

    within(main())


PAIR = """
    const port = PORT;
    iotAuth.sendSessionKeyRequest(options, (status, distribution, keys) => {
      const server = iotAuth.initializeSecureServer(
        { serverPort: port, sessionCryptoSpec: SPEC }, {
        onServerListening: (port) => { console.log('listening'); connect(keys[0]); },
        onServerError: (text) => console.log('server error', text),
        onClientRequest: (payload, socket, answer) => {
          console.log('request', payload.readUIntBE(0, iotAuth.SESSION_KEY_ID_SIZE));
          answer(payload, socket, keys[0]);
        },
        onConnection: (info, socket) => {
          console.log('server connection', info.id, info.status, info.remoteHost);
          console.log('welcome', socket.send('welcome'));
        },
        onData: (data, id) => {
          console.log('server data', id, data.toString(), JSON.stringify(data.getArray()));
        },
        onClose: (id) => { console.log('server close', id); server.stop(); },
        onError: (text, id) => console.log('server socket error', text, id)
      });
      const connect = (key) => {
        let secure = null;
        iotAuth.initializeSecureCommunication(
          { serverHost: '127.0.0.1', serverPort: port, sessionKey: key, sessionCryptoSpec: SPEC }, {
          onConnection: (socket) => {
            secure = socket;
            console.log('valid', socket.checkSessionKeyValidity());
            console.log('sent', socket.send('gr\\u00fc\\u00dfe'), socket.send([1, 255]));
          },
          onData: (data) => {
            console.log('client data', data.toString());
            secure.close();
            console.log('after close', secure.send('x'));
          },
          onClose: () => console.log('client close'),
          onError: (text) => console.log('client error', text)
        });
      };
    });
"""


@pytest.mark.parametrize("spec", [SPEC, "AES-128-GCM"])
def test_client_and_server(engine: str, world: World, spec: str) -> None:
    auth = world.make(keys=[Key(7)])
    body = PAIR.replace("SPEC", f"'{spec}'").replace("PORT", str(free_port()))
    printed = asked(engine, world, auth, body)
    assert [line for line in printed if line.startswith("server")] == [
        "server connection 0 open 127.0.0.1",
        "server data 0 gr\u00fc\u00dfe [103,114,195,188,195,159,101]",
        "server data 0 \x01\ufffd [1,255]",
        "server close 0",
    ]
    assert [line for line in printed if not line.startswith("server")] == [
        "listening",
        "request 7",
        "valid true",
        "sent true true",
        "welcome true",
        "client data welcome",
        "after close false",
        "client close",
    ]


def test_a_published_message_there_and_back(engine: str, world: World) -> None:
    auth = world.make(keys=[Key(7), Key(8)])
    body = f"""
        iotAuth.sendSessionKeyRequest(options, (status, distribution, [one, other]) => {{
          for (const spec of ['{SPEC}', 'AES-128-GCM']) {{
            const bytes = iotAuth.encryptSecureMessageToPublish(
              {{ sequenceNum: 5, data: 'hello' }}, spec, one);
            const found = iotAuth.getKeyIdOfSecurePublishedMessage(bytes);
            console.log(bytes[0], found.success, found.keyId);
            const read = (key, message) =>
              iotAuth.decryptSecurePublishedMessage(message, spec, key);
            const back = read(one, found.encryptedMessage);
            console.log(back.success, back.sequenceNum, String.fromCharCode(...back.message));
            console.log(read(other, found.encryptedMessage).error);
            const changed = found.encryptedMessage.slice();
            changed[20] ^= 1;
            console.log(read(one, changed).error, read({{ id: 7 }}, changed).success);
            console.log(iotAuth.getKeyIdOfSecurePublishedMessage(bytes.slice(1)).success);
            console.log(iotAuth.getKeyIdOfSecurePublishedMessage(bytes.slice(0, -1)).success);
          }}
          try {{
            const message = {{ sequenceNum: 1, data: 'x' }};
            iotAuth.encryptSecureMessageToPublish(message, 'AES-192-CBC:HmacSHA256', one);
          }} catch (error) {{ console.log(error.message); }}
        }});
    """
    wrong = "a message is not authentic: its MAC does not match"
    each = ["40 true 7", "true 5 hello", wrong, f"{wrong} false", "false", "false"]
    assert asked(engine, world, auth, body) == [
        *each,
        *each,
        "AES-192-CBC:HmacSHA256 takes a key of 24 bytes, not 16",
    ]


@pytest.mark.slow_with("dukpy")
def test_keys_are_in_no_output(engine: str, world: World) -> None:
    key = Key(7)
    auth = world.make(keys=[key])
    body = """
        iotAuth.sendSessionKeyRequest(options, (status, distribution, keys) => {
          console.log(keys, distribution, options, JSON.stringify([keys, distribution]));
          console.log(Object.getOwnPropertyNames(keys[0]).join());
        });
    """
    printed = "\n".join(asked(engine, world, auth, body))
    assert "id,absValidity" in printed
    for secret in (key.cipher, key.mac, auth.cipher):
        assert secret.hex() not in printed
    assert str(world.folder) not in printed


CONNECT = f"""
    iotAuth.sendSessionKeyRequest(options, (status, distribution, keys) => {{
      iotAuth.initializeSecureCommunication({{
        serverHost: '127.0.0.1', serverPort: SERVER, sessionKey: keys[0],
        sessionCryptoSpec: '{SPEC}'
      }}, {{
        onConnection: () => console.log('connection'),
        onData: (data) => console.log('data', data.toString()),
        onClose: () => console.log('close'),
        onError: (text) => console.log('error', text)
      }});
    }});
"""

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def connected(engine: str, world: World, key: Key, handle: Handler) -> list[str]:
    """Run a client beside a server, and return what it prints."""
    printed: list[str] = []

    async def main() -> None:
        async with serving(handle) as server, serving(world.make(keys=[key]).serve) as port:
            body = CONNECT.replace("SERVER", str(server))
            async with running(engine, world.script(port, body)) as run:
                await run.ended()
                assert run.stderr.text == ""
                printed.extend(run.stdout.text.splitlines())

    within(main())
    return printed


async def shake(
    key: Key, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flags: int = 3
) -> None:
    """Do a server's part of the handshake."""
    kind, payload = await read_message(reader)
    assert (kind, payload[:8]) == (30, key.id.to_bytes(8))
    first = unseal(payload[8:], key.cipher, key.mac)
    assert (first[0], len(first)) == (1, 17)
    ours = os.urandom(8)
    step = bytes([flags]) + ours + first[1:9]
    writer.write(message(31, seal(step, key.cipher, key.mac)))
    kind, payload = await read_message(reader)
    last = unseal(payload, key.cipher, key.mac)
    assert (kind, last[0], last[9:]) == (32, 2, ours)


def data(key: Key, number: int, text: bytes) -> bytes:
    return message(33, seal(number.to_bytes(8) + text, key.cipher, key.mac))


def test_messages_are_whole_however_they_come(engine: str, world: World) -> None:
    key = Key(9)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake(key, reader, writer)
        stream = data(key, 0, b"one") + data(key, 1, b"x" * 500) + data(key, 2, b"three")
        for at in range(0, len(stream), 7):
            writer.write(stream[at : at + 7])
            await asyncio.sleep(0)
        writer.write(message(34, b""))
        await reader.read()

    assert connected(engine, world, key, handle) == [
        "connection",
        "data one",
        f"data {'x' * 500}",
        "data three",
        "close",
    ]


def _replayed(key: Key) -> bytes:
    return data(key, 0, b"once") * 2


def _skipped(key: Key) -> bytes:
    return data(key, 1, b"x")


def _foreign(key: Key) -> bytes:
    return data(Key(9), 0, b"x")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_replayed, "the message with the sequence number 0 came instead of 1"),
        (_skipped, "the message with the sequence number 1 came instead of 0"),
        (_foreign, "a message is not authentic: its MAC does not match"),
        (lambda key: message(33, b""), "a message is not authentic: its MAC does not match"),
        (
            lambda key: message(33, seal(b"abc", key.cipher, key.mac)),
            "a message ends too early",
        ),
        (lambda key: message(30, b""), "the peer sends a message of type 30"),
        (lambda key: b"\x21\xff\xff\xff\xff\xff", "a message has more than 1048576 bytes"),
    ],
)
@pytest.mark.slow_with("dukpy")
def test_a_hostile_peer_is_one_error_and_the_end(
    engine: str, world: World, make: Callable[[Key], bytes], reason: str
) -> None:
    key = Key(9)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake(key, reader, writer)
        writer.write(make(key))
        await reader.read()

    printed = [x for x in connected(engine, world, key, handle) if x != "data once"]
    assert printed[0] == "connection"
    assert printed[1].startswith(f"error {reason}")
    assert printed[2:] == ["close"]


@pytest.mark.slow_with("dukpy")
def test_a_server_without_the_key_is_found_out(engine: str, world: World) -> None:
    key = Key(9)

    async def liar(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_message(reader)
        writer.write(message(31, os.urandom(80)))
        await reader.read()

    async def wrong_nonce(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_message(reader)
        step = b"\x03" + os.urandom(16)
        writer.write(message(31, seal(step, key.cipher, key.mac)))
        await reader.read()

    async def diffie_hellman(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake(key, reader, writer, flags=7)

    async def gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_message(reader)

    for handle, reason in (
        (liar, "a message is not authentic: its MAC does not match"),
        (wrong_nonce, "the peer has not proved that it has the key: the nonce is not ours"),
        (diffie_hellman, "the peer wants Diffie-Hellman, which is not supported"),
        (gone, "the peer ended the connection in the handshake"),
    ):
        assert connected(engine, world, key, handle) == [f"error {reason}"]


@pytest.mark.slow_with("dukpy")
def test_a_session_key_expires(engine: str, world: World) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake(short, reader, writer)
        await asyncio.sleep(0.5)
        writer.write(data(short, 0, b"late"))
        await reader.read()

    short = Key(9, validity=0.4)
    assert connected(engine, world, short, handle) == [
        "connection",
        "error the session key has expired",
        "close",
    ]
    old = Key(9, expires=time.time() - 1)
    assert connected(engine, world, old, handle) == ["error the session key has expired"]


def test_permissions(engine: str, world: World) -> None:
    async def main() -> None:
        async with serving(world.make(keys=[Key(1)]).serve) as port:
            granted = {"read": [str(world.folder)]}
            async with running(engine, world.script(port, ASK), permissions=granted) as run:
                await run.ended()
                assert f"connecting to 127.0.0.1:{port} is not permitted" in run.stdout.text
            source = f"""
                const iotAuth = require('@modules/iot-auth');
                try {{ iotAuth.loadPublicKey('{world.folder}/auth.pem'); }}
                catch (error) {{ console.log(error.code, error.permission); }}
                iotAuth.initializeSecureServer(
                  {{ serverPort: {free_port()}, sessionCryptoSpec: '{SPEC}' }},
                  {{ onServerError: (text) => console.log(text) }});
            """
            async with running(engine, source, permissions={}) as run:
                await run.ended()
                first, second = run.stdout.text.splitlines()
                assert first == "ERR_ACCESS_DENIED read"
                assert second.startswith("listening on 0.0.0.0:")

    within(main())


def test_a_server_has_so_many_clients(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binding, "MAX_CONNECTIONS", 1)
    port = free_port()
    source = f"""
        const iotAuth = require('@modules/iot-auth');
        iotAuth.initializeSecureServer({{ serverPort: {port}, sessionCryptoSpec: '{SPEC}' }}, {{
          onServerListening: () => console.log('listening'),
          onClientRequest: () => console.log('request'),
          onError: (text, id) => console.log(text, id)
        }});
    """

    async def main() -> None:
        async with running(engine, source) as run:
            await run.stdout.until("listening")
            first = await asyncio.open_connection("127.0.0.1", port)
            first[1].write(message(30, bytes(8)))
            await run.stdout.until("request")
            second = await asyncio.open_connection("127.0.0.1", port)
            assert await second[0].read() == b""
            first[1].write(message(33, b"x"))
            assert await run.stdout.next() == (
                "the peer sends a message of type 33, which has no place here 0"
            )
            third = await asyncio.open_connection("127.0.0.1", port)
            third[1].write(message(30, bytes(8)))
            await run.stdout.until("request")
            for _, writer in (first, second, third):
                writer.close()

    within(main())
