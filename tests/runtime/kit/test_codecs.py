"""Every MIME type in scripts: over the wire, in both directions, and what is refused."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from accessor_host import Host
from accessor_host.codecs.images import MAX_IMAGE_PIXELS
from accessor_host.modules.payloads import frame_of, to_event

from ...conftest import RunJs
from ...support.checks import passes
from ...support.images import BOMBS, CORRUPT, FORMATS, RED, encoded, opened
from ...support.modules import add_module
from ...support.scripts import DEADLINE, running
from ...support.server_scripts import binary, color_of, image_options, script, within
from ...vectors import CODEC_CASES

TYPES = list(FORMATS)
BINARY = "receiveType: 'application/octet-stream', sendType: 'application/octet-stream'"


# The vectors of both languages


@pytest.fixture
def codecs_in_scripts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let scripts require the runtime's codecs."""
    add_module(monkeypatch, tmp_path, "codecs", "module.exports = require('kit/codecs');")


CODECS = """
    const { codecFor } = require('@modules/codecs');
    const isBytes = (value) => value instanceof Buffer;

    exports.decode = (type, payload) => {
      const value = codecFor('receiveType', type).decode(payload);
      return isBytes(value) ? { base64: value.toString('base64') } : { value };
    };

    exports.encode = (type, { base64, value }) => {
      const given = base64 === undefined ? value : Buffer.from(base64, 'base64');
      try {
        return { payload: codecFor('sendType', type).encode(given) };
      } catch (error) {
        return { thrown: error.name };
      }
    };
"""


def shown(value: Any) -> dict[str, Any]:
    return {"base64": b64encode(value).decode()} if isinstance(value, bytes) else {"value": value}


@pytest.mark.usefixtures("codecs_in_scripts")
def test_the_vectors_of_the_python_codecs(engine: str) -> None:
    async def main() -> None:
        async with Host(engine=engine) as host:
            await host.run(CODECS)
            for case in CODEC_CASES:
                if case.decodes:
                    payload = to_event(case.type, MAX_IMAGE_PIXELS)(case.wire)
                    assert await host.call("decode", case.type, payload) == shown(case.value), case
                answer = await host.call("encode", case.type, shown(case.value))
                if case.encodes:
                    assert frame_of(answer["payload"]) == case.wire, case
                if case.direction == "refuse":
                    assert answer == {"thrown": "TypeError"}, case

    within(main())


# application/octet-stream


def test_bytes_arrive_as_a_buffer_and_leave_in_a_binary_frame(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              socket.on('message', function (bytes, ...more) {
                console.log(Buffer.isBuffer(bytes), bytes.length, more.length, socket.send(bytes));
              });
            });
            """,
            BINARY,
        )
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                for message in (b"", b"\0", bytes(range(256)), bytes(range(255)) * 200):
                    await client.send(message)
                    assert await binary(client) == message
                    assert await run.stdout.next() == f"true {len(message)} 0 true"
                await client.send("Grüße 🚀")
                assert await binary(client) == "Grüße 🚀".encode()
                await client.send(iter([b"in ", b"", b"fragments"]))
                assert await binary(client) == b"in fragments"

    within(main())


def test_whatever_has_bytes_is_sent_as_them(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              const memory = Uint8Array.of(9, 1, 2, 3, 4, 9, 9, 9).buffer;
              socket.send(Buffer.from([1, 2, 3, 4]));
              socket.send(new Uint8Array(memory, 1, 4));
              socket.send(new Uint8ClampedArray(memory, 1, 4));
              socket.send(new DataView(memory, 1, 4));
              socket.send(Uint8Array.of(1, 2, 3, 4).buffer);
              socket.send(Uint16Array.of(0x0201, 0x0403));
              socket.send(Float64Array.of(0));
              socket.send('é\\ud800');
              socket.send('');
            });
            """,
            BINARY,
        )
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                for _ in range(6):
                    assert await binary(client) == b"\1\2\3\4"
                assert await binary(client) == bytes(8)
                assert await binary(client) == "é\ufffd".encode()
                assert await binary(client) == b""

    within(main())


def test_what_has_no_bytes_throws_to_the_caller(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              for (const bad of [undefined, null, 7, true, [1, 2], {}, { data: 1 }, () => 1,
                Symbol('s'), 10n]) {
                try { console.log('sent', socket.send(bad)); }
                catch (error) { console.log(error.name, error.message.split(';')[0]); }
              }
              socket.send('fine');
            });
            """,
            BINARY,
        )
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                assert await binary(client) == b"fine"
            lines = [await run.stdout.next() for _ in range(10)]
        assert [line.split()[0] for line in lines] == ["TypeError"] * 10
        assert all(line.endswith(" has no bytes and cannot be sent") for line in lines)

    within(main())


def test_a_megabyte_goes_both_ways(engine: str) -> None:
    async def main() -> None:
        source = script(
            "server.on('connection', (s) => s.on('message', (m) => s.send(m)));", BINARY
        )
        message = bytes(range(256)) * 4096
        async with running(engine, source) as run:
            port = await run.port()
            async with connect(f"ws://127.0.0.1:{port}", max_size=None) as client:
                await client.send(message)
                assert await binary(client) == message

    within(main())


# Images


@pytest.mark.parametrize("mime_type", TYPES)
def test_an_image_arrives_checked_and_leaves_as_it_came(engine: str, mime_type: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              socket.on('message', (image, ...more) => {
                console.log(Object.keys(image).join(), image.type, image.width, image.height,
                  Buffer.isBuffer(image.data), image.data.length, more.length);
                console.log(socket.send(image));
              });
            });
            """,
            image_options(mime_type),
        )
        data = encoded(mime_type, (5, 3))
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                await client.send(data)
                assert await binary(client) == data
            line = f"type,width,height,data {mime_type} 5 3 true {len(data)} 0"
            assert await run.stdout.next() == line
            assert await run.stdout.next() == "true"

    within(main())


@pytest.mark.parametrize(("source", "target"), list(zip(TYPES, TYPES[1:] + TYPES[:1], strict=True)))
def test_an_image_is_converted_when_its_format_differs(
    engine: str, source: str, target: str
) -> None:
    async def main() -> None:
        program = script(
            """
            server.on('connection', (socket) => {
              socket.on('message', (image) => {
                console.log(image.type);
                socket.send(image);
                socket.send(image.data);
                socket.send({ data: new Uint8Array(image.data).buffer });
              });
            });
            """,
            image_options(target),
        )
        async with running(engine, program) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                await client.send(encoded(source, (5, 3)))
                for _ in range(3):
                    data = await binary(client)
                    picture = opened(data)
                    assert (picture.format, picture.size) == (FORMATS[target], (5, 3))
                    assert all(abs(a - b) < 5 for a, b in zip(color_of(data), RED, strict=True))
            assert await run.stdout.next() == source

    within(main())


def test_what_is_no_image_is_an_error_and_the_socket_stays(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              socket.on('error', (e) => console.log('error', e instanceof Error, e.code));
              socket.on('message', (image) => socket.send(image));
            });
            """,
            image_options("image/png"),
        )
        good = encoded("image/png")
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                for count, (name, corrupt) in enumerate(CORRUPT.items(), 1):
                    await client.send(corrupt)
                    await client.send(good)
                    assert await binary(client) == good, name
                    assert run.stdout.text.count("error true WS_BAD_IMAGE\n") == count, name
            assert run.stderr.text == ""

    within(main())


def test_a_text_frame_and_a_bomb_are_no_images(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              socket.on('error', (e) => console.log(e.code, e.message));
            });
            """,
            image_options("image/png"),
        )
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                await client.send("text")
                line = await run.stdout.until("WS_BAD_IMAGE")
                assert line == "a text message is no image"
                for bomb in BOMBS.values():
                    await client.send(bomb)
                    assert "8388608" in await run.stdout.until("WS_BAD_IMAGE")

    within(main())


def test_the_limit_of_pixels_is_an_option(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              socket.on('error', (e) => console.log(e.code, e.message));
              socket.on('message', (image) => {
                socket.send(image);
                try { socket.send({ width: 7, height: 3, pixels: Buffer.alloc(84) }); }
                catch (error) { console.log(error.name, error.message); }
              });
            });
            """,
            image_options("image/png", "maxImagePixels: 20"),
        )
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                await client.send(encoded("image/png", (7, 3)))
                line = await run.stdout.until("WS_BAD_IMAGE")
                assert line == "7 x 3 pixels are more than 20"
                await client.send(encoded("image/png", (5, 4)))
                assert opened(await binary(client)).size == (5, 4)
                line = await run.stdout.until("TypeError")
                assert line == "7 x 3 pixels are more than 20"

    within(main())


def test_the_shape_of_an_image_is_checked_at_once(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              const pixels = Buffer.alloc(16);
              const bad = [undefined, null, 'text', 7, true, {}, [], () => 1, Symbol('s'), 1n,
                Buffer.alloc(0), { data: '' }, { data: [1] }, { data: Buffer.alloc(0) },
                { data: pixels, pixels }, { pixels }, { pixels, width: 2 },
                { pixels, width: 2, height: 3 }, { pixels, width: -2, height: -2 },
                { pixels, width: 1.6, height: 2.5 }, { pixels, width: '2', height: 2 },
                { pixels: [1], width: 1, height: 1 }, { pixels, width: 1e9, height: 1e9 }];
              for (const value of bad) {
                try { console.log('sent', socket.send(value)); }
                catch (error) { if (!(error instanceof TypeError)) console.log(error); }
              }
              console.log('tried', bad.length);
              socket.send({ pixels, width: 2, height: 2 });
              socket.send({ pixels: pixels.buffer, width: 1, height: 4 });
            });
            """,
            image_options("image/bmp"),
        )
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                assert opened(await binary(client)).size == (2, 2)
                assert opened(await binary(client)).size == (1, 4)
            assert await run.stdout.next() == "tried 23"
            assert run.stderr.text == ""

    within(main())


def test_damaged_bytes_to_send_are_an_error_event_and_order_is_kept(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              socket.on('error', (e) => console.log('error', e.code, e.message));
              const pixels = (width, height) =>
                ({ width, height, pixels: Buffer.alloc(width * height * 4, 255) });
              socket.send(pixels(1, 1));
              console.log('taken', socket.send(Buffer.from('no image')));
              socket.send(pixels(300, 300));
              socket.send({ data: Buffer.from('no image either') });
              socket.send(pixels(2, 1));
            });
            """,
            image_options("image/jpeg"),
        )
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                sizes = [opened(await binary(client)).size for _ in range(3)]
                assert sizes == [(1, 1), (300, 300), (2, 1)]
                assert await run.stdout.until("taken") == "true"
                for _ in range(2):
                    line = await run.stdout.until("error")
                    assert line.startswith("WS_BAD_IMAGE no image: not an image")

    within(main())


def test_an_error_of_an_image_that_nobody_hears_is_one_line(engine: str) -> None:
    async def main() -> None:
        source = script("", image_options("image/png"))
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                await client.send(b"nothing")
                await client.close()
                await asyncio.wait_for(run.host.stop(), DEADLINE)
            assert run.stderr.text.count("\n") == 1
            assert "WS_BAD_IMAGE" in run.stderr.text
            assert run.host.exit_code == 0

    within(main())


# Types that work and types that do not


def test_an_unknown_type_is_refused_with_the_list(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const { Server, supportedSendTypes } = require('@modules/web-socket-server');
        for (const bad of ['image/x', 'Png', 'text/', 'text', 'text/a b', 'text/a;b', 'wbmp']) {
          for (const option of ['receiveType', 'sendType']) {
            const said = thrown(() => new Server({ [option]: bad }));
            check(said, `TypeError ERR_INVALID_ARG_VALUE option '${option}': '${bad}' is not ` +
              `allowed; expected one of ${supportedSendTypes().join(', ')}, or another text/ type`);
          }
        }
        """,
    )


# Base64 on its way


def test_base64_that_is_not_plain_is_read_as_before(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const read = (text) => Buffer.from(text, 'base64').toString('latin1');
        check(read('SGVsbG8='), 'Hello');
        check(read('SGVsbG8'), 'Hello');
        check(read('SGV sbG8\\n='), 'Hello');
        check(read('SGVs*bG8='), 'Hello');
        check(read('SGVsbG8=SGVs'), 'Hello');
        check(read('-_-_'), '\\xfb\\xff\\xbf');
        check(read('\\u0153SGVs'), 'Hel');
        check(read('SGVsbG8'.repeat(2)).length, 10);
        check(Buffer.from('+/+/', 'base64').toString('base64url'), '-_-_');
        check(Buffer.from('a').toString('base64url'), 'YQ');
        check(Buffer.alloc(2).write('SGVsbG8=', 'base64'), 2);
        for (let size = 0; size < 40; size++) {
          const bytes = Buffer.from(Array.from({ length: size }, (_, i) => i * 37));
          const text = bytes.toString('base64');
          check(text.length, Math.ceil(size / 3) * 4);
          check(Buffer.from(text, 'base64').equals(bytes), true);
        }
        """,
    )


def test_long_base64_is_that_of_python(run_js: RunJs) -> None:
    data = bytes(range(256)) * 331 + b"end"
    outcome = run_js(
        "console.log(Buffer.from(given(), 'base64').toString('base64'));",
        expose={"given": lambda: b64encode(data).decode()},
    )
    assert b64decode(outcome.stdout) == data
