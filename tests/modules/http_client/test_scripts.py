"""The contract of @modules/http-client, as scripts see it."""

from __future__ import annotations

import asyncio
import io
import json
import zlib
from collections.abc import Coroutine
from typing import Any

import pytest
from PIL import Image

from accessor_host.options import load_schema

from ...conftest import RunJs
from ...support.http_peer import Peer, answer, serving
from ...support.scripts import DEADLINE, Script, running

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

PRELUDE = """
const http = require('@modules/http-client');
const url = 'http://127.0.0.1:PORT';
const print = (...values) => console.log(JSON.stringify(values));
const failed = (name) => (error) =>
  print(name, error instanceof Error, error.code, error.message.replace(/:[0-9]+[/]/, ':P/'));
"""


def within(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 3 * DEADLINE))


def printed(script: Script) -> list[Any]:
    return [json.loads(line) for line in script.stdout.text.splitlines()]


def play(engine: str, respond: Any, source: str, **settings: Any) -> list[Any]:
    """Run a script beside a server to its end; return what it printed, without an error."""
    found: list[Any] = []

    async def main() -> None:
        async with serving(respond) as port:
            text = (PRELUDE + source).replace("PORT", str(port))
            async with running(engine, text, **settings) as script:
                await script.ended()
                assert script.stderr.text == ""
                found.extend(printed(script))

    within(main())
    return found


async def echo(peer: Peer) -> None:
    await peer.send(answer(f"{peer.head}{peer.body.decode('latin-1')}".encode("latin-1")))


def test_exports_and_defaults(run_js: RunJs) -> None:
    outcome = run_js("""
        const http = require('@modules/http-client');
        console.log(Object.keys(http).sort().join(' '));
        console.log(require('@accessors-modules/http-client') === http);
        const request = http.request('http://127.0.0.1:1/');
        console.log(request instanceof http.ClientRequest, request.stop());
    """)
    assert outcome.stdout.splitlines() == [
        "ClientRequest delete get head patch post put request",
        "true",
        "true undefined",
    ]
    assert outcome.stderr == ""
    defaults = {
        name: one["default"] for name, one in load_schema("http-client")["properties"].items()
    }
    documented = {"method": "GET", "keepAlive": False, "timeout": 5000, "trustAll": False}
    documented |= {"url": "http://localhost:80/", "outputCompleteResponseOnly": True}
    assert documented.items() <= defaults.items()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("7", "options must be an object, not 7"),
        ("'localhost:80'", "option 'url': "),
        ("{ url: 'file:///etc/passwd' }", "option 'url': "),
        ("{ url: 'http://x/\\r\\nA: b' }", "option 'url': "),
        ("{ url: { path: '/\\r\\nA: b' } }", "option 'url': "),
        ("{ url: { host: 'a/b' } }", "option 'url.host': "),
        ("{ url: { host: 'u:p@b' } }", "option 'url.host': "),
        ("{ url: { port: 0 } }", "option 'url.port': 0 is not allowed"),
        ("{ url: { protocol: 'ftp' } }", "option 'url.protocol': 'ftp' is not allowed"),
        ("{ method: 'A\\r\\nB' }", "option 'method': "),
        ("{ method: 'connect' }", "option 'method': 'connect' is not allowed"),
        ("{ headers: { A: 'b\\r\\nC: d' } }", "option 'headers': the value of A (not shown)"),
        ("{ headers: { 'A\\nB': 'c' } }", "option 'headers': "),
        ("{ headers: { Host: 'x' } }", "option 'headers': the field Host"),
        ("{ headers: { 'Transfer-Encoding': 'chunked' } }", "option 'headers': the field Transfer"),
        ("{ headers: 'A: b' }", "option 'headers': "),
        ("{ body: () => 1 }", "option 'body': "),
        ("{ timeout: 0 }", "option 'timeout': 0 is not allowed"),
        ("{ keepAlive: 1 }", "option 'keepAlive': 1 is not allowed"),
        ("{ maxRedirects: 51 }", "option 'maxRedirects': 51 is not allowed"),
    ],
)
def test_a_bad_option_throws_what_is_allowed(run_js: RunJs, options: str, words: str) -> None:
    outcome = run_js(f"""
        const http = require('@modules/http-client');
        for (const name of ['request', 'get']) {{
          try {{ http[name]({options}); }} catch (error) {{
            console.log(error instanceof TypeError, error.message);
          }}
        }}
    """)
    lines = outcome.stdout.splitlines()
    assert [line.startswith(f"true {words}") for line in lines] == [True, True]


def test_an_answer_has_status_headers_cookies_and_body(engine: str) -> None:
    async def respond(peer: Peer) -> None:
        fields = ["Content-Type: text/plain; charset=latin-1", "X: 1", "x: 2"]
        cookies = ["Set-Cookie: a=b", "Set-Cookie: c=d; Path=/"]
        await peer.send(answer(b"h\xe9\0", *fields, *cookies, status="404 Nicht da"))

    assert play(
        engine,
        respond,
        "http.get(url, function (m) { print(m, this instanceof http.ClientRequest); });",
    ) == [
        [
            {
                "statusCode": 404,
                "statusMessage": "Nicht da",
                "headers": {
                    "content-length": "3",
                    "content-type": "text/plain; charset=latin-1",
                    "x": "1, 2",
                    "set-cookie": ["a=b", "c=d; Path=/"],
                },
                "cookies": ["a=b", "c=d; Path=/"],
                "body": "h\xe9\0",
            },
            True,
        ]
    ]


def test_urls_methods_and_headers(engine: str) -> None:
    lines = play(
        engine,
        echo,
        """
        const isUsual = (line) => /^(Host|User|Conn)/.test(line);
        const seen = (m) => print(m.body.split('\\r\\n').filter((line) => !isUsual(line)));
        const here = { host: '127.0.0.1', port: PORT };
        http.get(url + '/a/?b#c', seen);
        http.get(url + '//x/', seen);
        http.request({ url: { ...here, path: 'p', query: 'q=1' } }, seen).end();
        http.request({ url: { ...here, port: 'PORT', path: '/p?q', query: '' } }, seen).end();
        http.get({ url: { ...here, query: '?q' }, method: 'put' }, seen);
        http.request({ url, method: 'put', headers: { A: ['1', '2'], b: '' } }, seen).end();
        http.delete({ url: url + '/d', method: 'GET' }, seen);
        http.put(url + '/e', seen);
        http.get(url + '/ä b', seen);
        """,
    )
    assert [line[0] for line in lines] == [
        ["GET /a/?b HTTP/1.1", "", ""],
        ["GET //x/ HTTP/1.1", "", ""],
        ["GET /p?q=1 HTTP/1.1", "", ""],
        ["GET /p?q HTTP/1.1", "", ""],
        ["PUT /?q HTTP/1.1", "Content-Length: 0", "", ""],
        ["PUT / HTTP/1.1", "A: 1", "A: 2", "b: ", "Content-Length: 0", "", ""],
        ["DELETE /d HTTP/1.1", "", ""],
        ["PUT /e HTTP/1.1", "Content-Length: 0", "", ""],
        ["GET /%C3%A4%20b HTTP/1.1", "", ""],
    ]


def test_bodies(engine: str) -> None:
    async def respond(peer: Peer) -> None:
        await peer.send(answer(f"{peer.field('Content-Type')} {peer.body!r}".encode()))

    lines = play(
        engine,
        respond,
        """
        const send = (body, headers) => http.post({ url, body, headers }, (m) => print(m.body));
        send('a\\0é');
        send('');
        send(null);
        send(Buffer.from([0, 255]));
        send(new Uint8Array([1, 2]).buffer);
        send({ a: ['é'] });
        send([1]);
        send({ a: 1 }, { 'content-type': 'x/y' });
        send(7);
        send({ type: 'image/png', data: Buffer.from('png') });
        const request = http.request({ url, method: 'POST' }, (m) => print(m.body));
        print(request.write('a'), request.write('Ymk=', 'base64'), request.write(Buffer.from('c')));
        print(request.end('é') === request, request.end('x') === request);
        try { request.write('x'); } catch (error) { print(error.code); }
        try { http.request(url).write({}); } catch (error) { print(error instanceof TypeError); }
        """,
    )
    assert lines == [
        [True, True, True],
        [True, True],
        ["ERR_STREAM_WRITE_AFTER_END"],
        [True],
        ["None b'a\\x00\\xc3\\xa9'"],
        ["None b''"],
        ["None b''"],
        ["None b'\\x00\\xff'"],
        ["None b'\\x01\\x02'"],
        ['application/json b\'{"a":["\\xc3\\xa9"]}\''],
        ["application/json b'[1]'"],
        ["x/y b'{\"a\":1}'"],
        ["None b'7'"],
        ["image/png b'png'"],
        ["None b'abic\\xc3\\xa9'"],
    ]


def test_a_body_has_so_many_bytes_at_most(run_js: RunJs) -> None:
    outcome = run_js("""
        const request = require('@modules/http-client').request('http://127.0.0.1:1/');
        request.write('x'.repeat(16 * 1024 * 1024));
        try { request.write('x'); } catch (error) { console.log(error.code); }
    """)
    assert outcome.stdout == "HTTP_BODY_TOO_LARGE\n"


def test_a_body_is_what_its_type_says(engine: str) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (2, 3)).save(picture, "PNG")
    bodies = {
        "/json": (b'{"a":"\xc3\xa9"}', "application/json"),
        "/none": (b"x\xff", ""),
        "/utf7": (b"a+2AA-b", "text/plain; charset=utf-7"),
        "/unknown": (b"x", "text/plain; charset=none"),
        "/bytes": (b"\0\xff", "application/octet-stream"),
        "/png": (picture.getvalue(), "image/png"),
        "/broken": (b"\0", "image/png"),
        "/svg": (b"<svg/>", "image/svg+xml"),
        "/gzip": (zlib.compress(b"x", wbits=31), "text/plain"),
    }

    async def respond(peer: Peer) -> None:
        body, kind = bodies[peer.path]
        fields = [f"Content-Type: {kind}"] if kind else []
        fields += ["Content-Encoding: gzip"] if peer.path == "/gzip" else []
        await peer.send(answer(body, *fields))

    lines = play(
        engine,
        respond,
        f"""
        for (const path of {json.dumps([*bodies])}) {{
          http.get(url + path, ({{ body }}) => {{
            if (typeof body === 'string') print(body);
            else if (Buffer.isBuffer(body)) print('bytes', body.toString('hex'));
            else print('image', body.type, body.width, body.height, Buffer.isBuffer(body.data));
          }});
        }}
        """,
    )
    assert lines == [
        ['{"a":"é"}'],
        ["x\ufffd"],
        ["a\ud800b"],
        ["x"],
        ["bytes", "00ff"],
        ["image", "image/png", 2, 3, True],
        ["bytes", "00"],
        ["<svg/>"],
        ["bytes", zlib.compress(b"x", wbits=31).hex()],
    ]


# Order


def test_callbacks_come_in_the_order_of_the_requests(engine: str) -> None:
    waiting: dict[str, Peer] = {}

    async def respond(peer: Peer) -> None:
        waiting[peer.path] = peer
        if len(waiting) == 5:
            for path in sorted(waiting, reverse=True):
                await waiting[path].send(answer(path.encode()))

    lines = play(
        engine,
        respond,
        "for (let i = 0; i < 5; i++) http.get(url + '/' + i, (m) => print(i, m.body));",
    )
    assert lines == [[i, f"/{i}"] for i in range(5)]


def test_what_fails_or_is_stopped_gives_its_place_up(engine: str) -> None:
    async def respond(peer: Peer) -> None:
        if peer.path == "/silent":
            await peer.gone()
        else:
            await peer.send(answer(peer.path.encode()))

    lines = play(
        engine,
        respond,
        """
        const stopped = http.get(url + '/silent', (m) => print('never', m));
        http.get({ url: url + '/silent', responseTimeout: 150 }, (m) => print('late', m))
          .on('error', failed('error'));
        http.get(url + '/a', (m) => print(m.body));
        http.get('http://127.0.0.1:1/', (m) => print('refused', m)).on('error', failed('error'));
        http.get(url + '/b', (m) => print(m.body));
        setTimeout(() => { stopped.stop(); stopped.stop(); }, 20);
        """,
    )
    late = "http://127.0.0.1:P/silent: no complete answer within 150 ms"
    refused = "could not connect to http://127.0.0.1:P/: connection refused"
    assert lines == [
        ["late", None],
        ["error", True, "ETIMEDOUT", late],
        ["/a"],
        ["refused", None],
        ["error", True, "ECONNREFUSED", refused],
        ["/b"],
    ]


# In pieces


def test_pieces_have_a_callback_each(engine: str) -> None:
    async def respond(peer: Peer) -> None:
        if peer.path == "/none":
            await peer.send(answer(b""))
            return
        await peer.send(b"HTTP/1.1 201 Made\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in (b"1", b"\xc3", b"\xa9", b"\0"):
            await peer.send(b"1\r\n" + piece + b"\r\n")
            await asyncio.sleep(0.02)
        await peer.send(b"0\r\n\r\n")

    lines = play(
        engine,
        respond,
        """
        const options = { url, outputCompleteResponseOnly: false };
        http.get(options, (m) => print(m.statusCode, m.headers.x, m.body))
          .on('end', () => print('end'));
        http.get({ ...options, url: url + '/none' }, (m) => print(m.statusCode, m.body))
        """,
    )
    text = "".join(line[-1] for line in lines if line[0] == 201)
    assert text == "1é\0"
    assert all(line[1] == "y" for line in lines if line[0] == 201)
    assert sum(line[0] == 201 for line in lines) >= 2
    assert ["end"] in lines
    assert [200, ""] in lines


def test_an_endless_answer_in_pieces_keeps_nobody_waiting(engine: str) -> None:
    async def respond(peer: Peer) -> None:
        if peer.path != "/endless":
            await peer.send(answer(b"done"))
            return
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while not peer.writer.is_closing():
            await peer.send(b"x" * 1000)
            await asyncio.sleep(0.001)

    lines = play(
        engine,
        respond,
        """
        let pieces = 0;
        const options = { url: url + '/endless', outputCompleteResponseOnly: false };
        const endless = http.get(options, () => { pieces++; });
        http.get(url, (m) => { print(m.body, pieces > 0); endless.stop(); });
        """,
    )
    assert lines == [["done", True]]


# Errors


def test_an_error_that_nobody_listens_to_is_reported_and_the_rest_runs_on(engine: str) -> None:
    async def main() -> None:
        async with serving(echo) as port:
            source = (
                PRELUDE
                + """
                http.get('http://127.0.0.1:1/');
                http.get('http://127.0.0.1:1/', () => { throw new Error('in the callback'); })
                  .on('error', (error) => print(error.code));
                http.get(url, (m) => print(m.statusCode));
            """
            ).replace("PORT", str(port))
            async with running(engine, source) as script:
                await script.ended()
                assert printed(script) == [["ECONNREFUSED"], [200]]
                messages = [error.message for error in script.host.errors]
                assert len(messages) == 2
                assert "connection refused" in messages[0]
                assert "in the callback" in messages[1]

    within(main())


def test_any_number_of_settings_works(engine: str) -> None:
    source = """
        for (let i = 0; i < 80; i++) {
          const options = { url, responseTimeout: 20000 + i, maxBodySize: i === 79 ? 1 : 100000 };
          http.get(options, (m) => { if (m === null || m.statusCode !== 200) print(i); })
            .on('error', (error) => print(error.code));
        }
    """
    assert play(engine, echo, source) == [[79], ["HTTP_BODY_TOO_LARGE"]]


def test_a_request_that_was_never_ended_keeps_nothing_alive(engine: str) -> None:
    async def respond(peer: Peer) -> None:
        raise AssertionError(peer.head)

    source = """
        http.request(url, () => print('never'));
        const request = http.request(url, () => print('never'));
        request.stop();
        request.end();
    """
    assert play(engine, respond, source) == []


def test_a_host_that_stops_gives_requests_up(engine: str) -> None:
    async def main() -> None:
        asked = asyncio.Event()
        gone = asyncio.Event()

        async def respond(peer: Peer) -> None:
            asked.set()
            await peer.gone()
            gone.set()

        async with serving(respond) as port:
            source = PRELUDE.replace("PORT", str(port)) + "http.get(url, (m) => print('never'));"
            async with running(engine, source) as script:
                await asyncio.wait_for(asked.wait(), DEADLINE)
                first, second = script.host.state()[1:3]
                assert first.startswith("http requests: 1, 0 of them wait")
                assert second == f"  GET http://127.0.0.1:{port}/: sent"
            await asyncio.wait_for(gone.wait(), DEADLINE)
            assert (script.stdout.text, script.stderr.text) == ("", "")

    within(main())


def test_a_forged_operation_gives_what_the_module_would(engine: str) -> None:
    async def main() -> None:
        async with running(engine, "0;") as script:
            services = script.host._services
            send = services.turns.operations["http-client.send"]
            for url, method, fields in (
                ("file:///etc/passwd", "GET", []),
                ("http://127.0.0.1:1/", "A B", []),
                ("http://127.0.0.1:1/", "GET", [["A", "b\r\nC: d"]]),
                ("http://127.0.0.1:1/", "GET", [7]),
            ):
                send(99, 1, 0, url, method, fields, None, "{}")
            send(99, 2, 0, "http://127.0.0.1:1/", "GET", [], ["image"], "{}")
            send(99, 3, 0, "http://127.0.0.1:1/", "GET", [], None, "no JSON")
            send(99, 4, 0, "http://127.0.0.1:1/", "GET", [], None, '{"timeout": -1}')
            send(99, 5, 0, "http://127.0.0.1:1/", "GET", [], None, 77)
            learn = services.turns.operations["http-client.settings"]
            for number in range(1000):
                learn(number, "no JSON" if number % 2 else "{}")
            services.turns.operations["http-client.stop"](99, 12345)
            await script.ended()
            assert script.stderr.text == ""

    within(main())
