"""Binary types of the Python face, over the wire."""

from __future__ import annotations

import logging

import pytest
from websockets.asyncio.client import connect

from accessor_host.codecs.images import Image, Pixels
from accessor_host.errors import DecodingError, EncodingError
from accessor_host.modules.web_socket_server.server import Server, Socket

from ...support.images import BOMBS, CORRUPT, encoded, opened
from ...support.wire import run

BINARY = "application/octet-stream"


def server_of(mime_type: str, **options: object) -> Server:
    return Server(port=0, receive_type=mime_type, send_type=mime_type, **options)


def test_bytes_come_and_go_in_binary_frames() -> None:
    async def main() -> None:
        server = server_of(BINARY)
        got: list[object] = []

        @server.on("connection")
        def connected(socket: Socket) -> None:
            @socket.on("message")
            def message(value: object) -> None:
                got.append(value)
                assert socket.send(value)

        async with server, connect(f"ws://127.0.0.1:{await server.wait_listening()}") as client:
            for sent in (b"", b"\0\xff", "Grüße"):
                await client.send(sent)
                expected = sent.encode() if isinstance(sent, str) else sent
                assert await client.recv() == expected
        assert got == [b"", b"\0\xff", "Grüße".encode()]

    run(main())


def test_images_come_checked_and_go_converted() -> None:
    async def main() -> None:
        server = server_of("image/png")

        @server.on("connection")
        def connected(socket: Socket) -> None:
            @socket.on("message")
            def message(image: Image) -> None:
                assert (image.type, image.width, image.height) == ("image/jpeg", 5, 3)
                socket.send(image)
                socket.send(Pixels(5, 3, image.to_rgba()))
                with pytest.raises(EncodingError):
                    socket.send(b"no image")

        async with server, connect(f"ws://127.0.0.1:{await server.wait_listening()}") as client:
            await client.send(encoded("image/jpeg", (5, 3)))
            for _ in range(2):
                data = await client.recv()
                assert isinstance(data, bytes)
                picture = opened(data)
                assert (picture.format, picture.size) == ("PNG", (5, 3))

    run(main())


def test_what_is_no_image_is_an_error_and_the_socket_stays(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        server = server_of("image/png", max_image_pixels=16)
        faults: list[DecodingError] = []
        too_large, good = encoded("image/png", (17, 1)), encoded("image/png", (16, 1))

        @server.on("connection")
        def connected(socket: Socket) -> None:
            socket.on("message", lambda image: socket.send(image))
            if not faults:
                socket.on("error", faults.append)

        async with server:
            uri = f"ws://127.0.0.1:{await server.wait_listening()}"
            bad: list[str | bytes] = [*CORRUPT.values(), *BOMBS.values(), too_large, "text"]
            async with connect(uri) as client:
                for message in bad:
                    await client.send(message)
                await client.send(good)
                assert await client.recv() == good
            assert [fault.code for fault in faults] == ["WS_BAD_IMAGE"] * len(bad)
            # Nobody listens: one line in the log.
            async with connect(uri) as client:
                with caplog.at_level(logging.WARNING, "accessor_host.server"):
                    await client.send("text")
                    await client.send(good)
                    assert await client.recv() == good
        assert "WS_BAD_IMAGE: a text message is no image" in caplog.text

    run(main())
