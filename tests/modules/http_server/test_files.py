"""The option `static`: files of a folder, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ...support.http import read_answer
from ...support.scripts import running
from ...support.server_scripts import within
from ...support.wire import Raw
from .test_scripts import ask, script

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

OTHER = "server.on('request', (r) => server.respond(r.requestID, 'script ' + r.path));"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "public"
    (root / "sub").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "index.html").write_text("<p>grün")
    (root / "a b.css").write_text("css")
    (root / "sub" / "index.html").write_text("sub")
    (root / "big.bin").write_bytes(bytes(range(256)) * 4096)
    (root / "nothing.txt").write_text("")
    (root / ".secret").write_text("secret")
    (tmp_path / "outside.txt").write_text("outside")
    (root / "link.txt").symlink_to(tmp_path / "outside.txt")
    (root / "inside.css").symlink_to(root / "a b.css")
    os.mkfifo(root / "pipe")
    return root


def test_files_are_served_with_their_types(engine: str, folder: Path) -> None:
    async def main() -> None:
        async with running(engine, script(OTHER, f"static: '{folder}'")) as one:
            port = await one.port()
            for path, kind, body in [
                ("/", "text/html; charset=utf-8", "<p>grün".encode()),
                ("/index.html?v=1", "text/html; charset=utf-8", "<p>grün".encode()),
                ("/a%20b.css", "text/css; charset=utf-8", b"css"),
                ("/inside.css", "text/css; charset=utf-8", b"css"),
                ("/sub/", "text/html; charset=utf-8", b"sub"),
                ("/sub", "text/html; charset=utf-8", b"sub"),
                ("/nothing.txt", "text/plain; charset=utf-8", b""),
                ("/big.bin", "application/octet-stream", bytes(range(256)) * 4096),
            ]:
                answer = await ask(port, path)
                assert (answer.status, answer.headers["Content-Type"]) == (200, kind), path
                assert answer.body == body
            head = await ask(port, "/big.bin", method="HEAD")
            assert (head.headers["Content-Length"], head.body) == (str(1 << 20), b"")
            assert (await ask(port, "/", b"x")).body == b"script /"

    within(main())


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.txt",
        "/%2e%2e/outside.txt",
        "/sub/../../outside.txt",
        "/..%2foutside.txt",
        "/%2e%2e%5coutside.txt",
        "/link.txt",
        "/.secret",
        "/%2esecret",
        "/pipe",
        "/empty",
        "/empty/",
        "/index.html/",
        "/index.html%00.css",
        "/%ff",
        "//index.html",
        "/sub//index.html",
        "/missing",
        "/" + 300 * "a",
    ],
)
def test_what_is_no_file_of_the_folder_is_a_request(folder: Path, path: str) -> None:
    async def main() -> None:
        async with running("quickjs", script(OTHER, f"static: '{folder}'")) as one:
            async with await Raw.connect(await one.port()) as raw:
                raw.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                head, body = await read_answer(raw)
                assert (head.split()[1], body) == (b"200", f"script {path}".encode())

    within(main())


def test_what_the_client_has_is_not_sent_again(folder: Path) -> None:
    async def main() -> None:
        async with running("quickjs", script(OTHER, f"static: '{folder}'")) as one:
            port = await one.port()
            first = await ask(port)
            for field in (
                {"If_None_Match": first.headers["ETag"]},
                {"If_None_Match": f'"x", W/{first.headers["ETag"]}'},
                {"If_Modified_Since": first.headers["Last-Modified"]},
            ):
                again = await ask(port, **field)
                assert (again.status, again.body) == (304, b"")
            for field in (
                {"If_None_Match": '"x"'},
                {"If_Modified_Since": "Mon, 01 Jan 1990 00:00:00 GMT"},
                {"If_Modified_Since": "yesterday"},
            ):
                assert (await ask(port, **field)).status == 200
            (folder / "index.html").write_text("new text")
            changed = await ask(port, If_None_Match=first.headers["ETag"])
            assert (changed.status, changed.body) == (200, b"new text")

    within(main())


def test_a_file_without_a_permission_is_not_there(folder: Path) -> None:
    async def main() -> None:
        permissions = {
            "listen": True,
            "read": {"allow": [str(folder)], "deny": [str(folder / "a b.css")]},
        }
        source = script(OTHER, f"static: '{folder}'")
        async with running("quickjs", source, permissions=permissions) as one:
            port = await one.port()
            assert (await ask(port, "/sub/")).body == b"sub"
            assert (await ask(port, "/a%20b.css")).body == b"script /a%20b.css"

    within(main())


def test_a_folder_that_is_none_is_an_error(folder: Path) -> None:
    async def main() -> None:
        source = script("", f"static: '{folder}/index.html'")
        async with running("quickjs", source) as one:
            assert await one.stdout.next() == "error ERR_HTTP_STATIC"
            await one.ended()

    within(main())


def test_a_client_that_leaves_in_the_middle_of_a_file_is_forgotten(folder: Path) -> None:
    async def main() -> None:
        os.truncate(folder / "big.bin", 200_000_000)
        async with running("quickjs", script(OTHER, f"static: '{folder}'")) as one:
            port = await one.port()
            async with await Raw.connect(port, receive_buffer=4096) as raw:
                raw.send(b"GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n")
                await raw.reader.readuntil(b"\r\n\r\n")
                raw.kill()
            assert (await ask(port, "/sub/")).body == b"sub"

    within(main())
