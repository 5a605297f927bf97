"""The pixels of images in scripts."""

from __future__ import annotations

from websockets.asyncio.client import connect

from ...support.images import RED, encoded, opened
from ...support.scripts import running
from ...support.server_scripts import binary, color_of, image_options, script, within


def test_pixels_come_as_a_promise_and_go_with_their_size(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              socket.on('message', async (image) => {
                const pixels = await image.toRGBA();
                console.log(Buffer.isBuffer(pixels), pixels.length, pixels.toString('hex', 0, 8));
                pixels.fill(0, 0, 3);
                socket.send({ width: image.width, height: image.height, pixels });
              });
            });
            """,
            image_options("image/png"),
        )
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                await client.send(encoded("image/png", (4, 3)))
                data = await binary(client)
                assert (color_of(data), color_of(data, (1, 0))) == ((0, 0, 0, 255), RED)
                assert await run.stdout.next() == "true 48 ff0000ffff0000ff"
                # More than one piece, and not a whole number of them.
                await client.send(encoded("image/gif", (301, 257)))
                assert opened(await binary(client)).size == (301, 257)
                assert (await run.stdout.next()).startswith(f"true {301 * 257 * 4} ff0000ff")

    within(main())


def test_a_run_waits_for_pixels_and_keeps_images_apart(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              socket.on('message', (image) => {
                const all = [image.toRGBA(), image.toRGBA(), image.toRGBA()];
                Promise.all(all).then((pixels) => console.log(pixels.map((p) => p.length).join()));
                server.stop();
              });
            });
            """,
            image_options("image/png"),
        )
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                await client.send(encoded("image/png", (200, 300)))
                await run.ended()
            assert run.stdout.text.endswith("240000,240000,240000\n")

    within(main())


def test_pixels_of_what_is_no_image_any_more_are_a_rejection(engine: str) -> None:
    async def main() -> None:
        source = script(
            """
            server.on('connection', (socket) => {
              socket.on('message', async (image) => {
                const { toRGBA } = image;
                const say = (error) => console.log(error instanceof Error, error.name, error.code);
                await toRGBA.call({ data: image.data }).catch(say);
                image.width = 1e9;
                await image.toRGBA().then((pixels) => console.log(pixels.length));
                image.data.fill(0, 20);
                await image.toRGBA().catch(say);
                image.data = 'text';
                await image.toRGBA().catch(say);
              });
            });
            """,
            image_options("image/png"),
        )
        async with running(engine, source) as run:
            async with connect(f"ws://127.0.0.1:{await run.port()}") as client:
                await client.send(encoded("image/png", (2, 2)))
                said = [await run.stdout.next() for _ in range(4)]
        assert said == [
            "true TypeError undefined",
            "16",
            "true Error WS_BAD_IMAGE",
            "true TypeError undefined",
        ]

    within(main())
