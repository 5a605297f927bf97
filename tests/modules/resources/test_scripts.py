"""getResource, readURL and httpRequest, as accessors use them (checklist item 34)."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from accessor_host.core.folders import Folders
from accessor_host.modules.resources import binding as resources
from accessor_host.modules.resources.binding import MAX_REQUESTS
from accessor_host.modules.resources.files import ResourceFiles
from accessor_host.modules.resources.resource import MAX_RESOURCE_SIZE, Resource, ResourceError
from accessor_host.modules.resources.web import MAX_REDIRECTS, WebRequest, fetch_waiting
from accessor_host.programs.invoke import NOTHING_TO_RUN, RunScript

from ...support.certificates import Certificates
from ...support.library import run_here, write_library
from ...support.programs import ACCESSOR_HOST, Ended, free_port, run
from ...support.web import Web, serving_web

# What they show is done in Python.
pytestmark = pytest.mark.slow_with("dukpy")

# `got` gives what a call returns, or the code and text of what it throws.
ASKS = """
exports.setup = function () {};
exports.initialize = function () {
  var self = this;
  function got(call) {
    try { return call(); } catch (error) { return [error.code, error.message]; }
  }
  function print(value) { console.log(JSON.stringify(value)); }
  BODY
};
"""

Ask = Callable[..., Ended]


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server."""
    with serving_web() as server:
        yield server


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The library; the current directory and the home are other folders."""
    for name in ("here", "home", "library"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "library"


@pytest.fixture
def ask(engine: str, library: Path) -> Ask:
    """Run an accessor with this body of its initialize()."""

    def finish(body: str, *, stops: bool = True, **settings: Any) -> Ended:
        end = "this.stop();" if stops else ""
        write_library(library, {"net/Asks": ASKS.replace("BODY", body + end)})
        return run_here(library, "net/Asks", engine=engine, **settings)

    return finish


def printed(ended: Ended) -> list[Any]:
    """Return the JSON values that a good run has printed, a line for each."""
    assert (ended.stderr, ended.code) == ("", 0)
    *lines, _terminating = ended.stdout.splitlines()
    return [json.loads(line) for line in lines]


# Files


def test_names_start_in_the_folder_of_the_accessor_then_here(ask: Ask, library: Path) -> None:
    net = library / "net"
    (net / "deep").mkdir(parents=True)
    (net / "both.txt").write_text("beside the accessor")
    (net / "deep/one.txt").write_text("deep °C")
    Path("both.txt").write_text("here")
    Path("only.txt").write_text("only here")
    (library / "above.txt").write_text("not for net/Asks")
    ended = ask("""
        var names = ['both.txt', 'deep/one.txt', 'deep/../both.txt', './only.txt', 'above.txt'];
        names.forEach(function (name) { print(got(function () { return getResource(name); })); });
        print(this.getResource('only.txt'));
    """)
    *texts, missing, by_method = printed(ended)
    assert texts == ["beside the accessor", "deep °C", "beside the accessor", "only here"]
    assert missing == ["ENOENT", f"there is no file 'above.txt' in {net} or {Path.cwd()}"]
    assert by_method == "only here"


def test_keys_come_from_the_keystore_of_the_home(ask: Ask) -> None:
    store = Path.home() / ".ptKeystore"
    store.mkdir()
    (store / "weatherKey").write_text("abc123\n")
    (Path.home() / "private").write_text("private")
    ended = ask("""
        ['$KEYSTORE/weatherKey', '$KEYSTORE/none', '$KEYSTORE/../private', '$KEYSTORE/',
         '$KEYSTORE/.', '$KEYSTORE/a/b', '$KEYSTORE'].forEach(function (uri) {
          print(got(function () { return getResource(uri, 3000); }));
        });
        var left = 2;
        function tell(status, key) {
          print([status, key]);
          if (--left === 0) self.stop();
        }
        getResource('$KEYSTORE/weatherKey', null, tell);
        getResource('$KEYSTORE/none', tell);
    """, stops=False)  # fmt: skip
    key, none, *refused, first, second = printed(ended)
    assert key == "abc123\n"
    assert none[0] == "ENOENT"
    assert [code for code, _ in refused] == ["EINVAL"] * 4 + ["ENOENT"]
    assert sorted([first, second], key=str) == [["ENOENT", None], [None, "abc123\n"]]


def test_encodings_of_files(ask: Ask, library: Path) -> None:
    net = library / "net"
    net.mkdir()
    (net / "latin").write_bytes(b"\xb0C\0")
    (net / "wide").write_bytes("°C".encode("utf-16-le"))
    ended = ask("""
        print(getResource('latin'));
        print(getResource('latin', 'latin1'));
        print(getResource('latin', { encoding: 'binary' }));
        print(getResource('latin', 'Raw'));
        print(getResource('latin', { encoding: 'raw', timeout: 100 }));
        print(getResource('wide', 'utf16le'));
        print(got(function () { return getResource('latin', 'klingon'); }));
        print(got(function () { return getResource('latin', 'idna'); })[0]);
        print(got(function () { return getResource(7); })[1]);
        getResource('latin', 'Raw', function (status, bytes) {
          print([status, bytes, Array.isArray(bytes)]);
          getResource('latin', 'latin1', function (status, text) { print(text); self.stop(); });
        });
    """, stops=False)  # fmt: skip
    assert printed(ended) == [
        "\ufffdC\0",
        "°C\0",
        "°C\0",
        [0xB0, 0x43, 0],
        [0xB0, 0x43, 0],
        "°C",
        ["ERR_UNKNOWN_ENCODING", "there is no encoding 'klingon'"],
        "ERR_UNKNOWN_ENCODING",
        "getResource() needs a URI; got 7",
        [None, [0xB0, 0x43, 0], True],
        "°C\0",
    ]


def test_inline_code_reads_beside_the_class_it_stands_in(ask: Ask, library: Path) -> None:
    (library / "net").mkdir()
    (library / "net/beside.txt").write_text("beside")
    ended = ask("""
        var part = this.instantiateFromCode('part', 'exports.setup = function () {' +
          '  console.log(JSON.stringify(getResource("beside.txt"))); };');
    """)
    assert printed(ended) == ["beside"]


def test_a_file_at_the_limit(tmp_path: Path) -> None:
    folders = Folders([tmp_path])
    with (tmp_path / "large").open("wb") as file:
        file.truncate(MAX_RESOURCE_SIZE)
        assert len(ResourceFiles(folders).read("large", str(tmp_path))) == MAX_RESOURCE_SIZE
        file.truncate(MAX_RESOURCE_SIZE + 1)
    with pytest.raises(ResourceError, match="larger than") as caught:
        ResourceFiles(folders).read("large", str(tmp_path))
    assert caught.value.code == "EFBIG"


@pytest.mark.parametrize(("limit", "fits"), [(5, True), (4, False)])
def test_raw_bytes_have_a_limit_of_their_own(
    limit: int, fits: bool, ask: Ask, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "MAX_RAW_SIZE", limit)
    (library / "net").mkdir()
    (library / "net/file.txt").write_text("12345")
    ended = ask("""
        print(getResource('file.txt'));
        print(got(function () { return getResource('file.txt', 'Raw'); }));
        getResource('file.txt', 'Raw', function (status, bytes) {
          print([status, bytes]); self.stop();
        });
    """, stops=False)  # fmt: skip
    refused = ["EFBIG", "file.txt: more than 4 raw bytes"]
    assert printed(ended) == [
        "12345",
        [*b"12345"] if fits else refused,
        [None, [*b"12345"]] if fits else ["EFBIG", None],
    ]


# The web


def test_pages_and_failures_of_the_synchronous_form(ask: Ask, web: Web) -> None:
    port = free_port()
    ended = ask(f"""
        var web = '{web.url}';
        print(getResource(web + '/text/'));
        print(getResource(web + '/text/latin-1'));
        print(getResource(web + '/text/latin-1', 'utf-8'));
        print(getResource(web + '/claims/no-such-charset'));
        print(getResource(web + '/claims/idna'));
        print(getResource(web + '/bytes', 'raw'));
        print(getResource(web + '/hops/{MAX_REDIRECTS}'));
        print(JSON.parse(getResource(web.replace('http', 'HTTP') + '/echo/ä b')).path);
        print(readURL(web + '/text/'));
        [web + '/status/404', web + '/status/500', web + '/hops/{MAX_REDIRECTS + 1}',
         web + '/to/file:///etc/passwd', web + '/to/ftp://127.0.0.1/x', web + '/garbage',
         web + '/size/9', 'http://127.0.0.1:{port}/', 'http://', 'http://[/'
        ].forEach(function (url) {{
          print(got(function () {{ return getResource(url); }}));
        }});
        print(got(function () {{ return getResource(web + '/gate', 30); }}));
        print(got(function () {{ return getResource(web + '/trickle', {{ timeout: 60 }}); }}));
        print(got(function () {{ return readURL(web + '/gate', 30); }})[0]);
    """)
    values = printed(ended)
    assert values[:9] == [
        "héllo",
        "héllo",
        "h\ufffdllo",
        "plain",
        "plain",
        [0, 10, 127, 128, 255],
        "arrived",
        "/echo/%C3%A4%20b",
        "héllo",
    ]
    failures = values[9:18]
    codes = [code for code, _message in failures]
    assert codes[:7] == [404, 500, 302, "EPROTO", "EPROTO", "EPROTO", "ECONNRESET"]
    assert codes[7:] == ["ECONNREFUSED", "EPROTO"]
    assert values[18][0] == "EPROTO"
    assert failures[0][1] == f"{web.url}/status/404: HTTP 404 Not Found"
    assert failures[3][1] == (
        f"{web.url}/to/file:///etc/passwd redirects to 'file:///etc/passwd': "
        "only http: and https: URLs can be fetched"
    )
    slow, trickling, read_url = values[19:]
    assert slow == ["ETIMEDOUT", f"{web.url}/gate: no complete answer within 30 ms"]
    assert trickling[0] == read_url == "ETIMEDOUT"


def test_a_large_page_is_refused(web: Web) -> None:
    for page in (f"size/{MAX_RESOURCE_SIZE + 1}", "endless"):
        with pytest.raises(ResourceError, match="larger than") as caught:
            fetch_waiting(WebRequest(f"{web.url}/{page}", 20))
        assert caught.value.code == "EFBIG"


def test_a_certificate_that_is_not_trusted_is_refused(certificates: Certificates) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity = certificates.identity
    context.load_cert_chain(certificates.write("web.pem", identity.pem() + identity.pem_key()))
    with serving_web(context) as web, pytest.raises(ResourceError) as caught:
        fetch_waiting(WebRequest(f"{web.url}/text/", 20))
    assert caught.value.code == "ERR_TLS"


def test_http_request_sends_what_it_is_given(ask: Ask, web: Web) -> None:
    ended = ask(f"""
        var url = '{web.url}/echo';
        print(JSON.parse(httpRequest(url)));
        print(JSON.parse(httpRequest(url, 'put', {{ 'X-Test': 7 }}, 'bödy', 3000)));
        print(JSON.parse(httpRequest(url, 'POST', {{ 'Content-Type': 'a/b' }}, '{{}}')));
        print(got(function () {{ return httpRequest('{web.url}/status/403', 'POST'); }}));
        print(got(function () {{ return httpRequest('file:///etc/passwd'); }})[0]);
        print(got(function () {{ return httpRequest(url, 'BAD METHOD'); }})[0]);
        print(got(function () {{ return httpRequest(url, 'GET', {{ 'X-Test': 'a\\nb' }}); }})[0]);
    """)
    plain, put, post, refused, *wrong = printed(ended)
    expected = {"path": "/echo", "X-Test": None, "User-Agent": "accessor-host"}
    assert plain == expected | {"method": "GET", "body": "", "Content-Type": None}
    text = "text/plain; charset=utf-8"
    assert put == expected | {
        "method": "PUT", "body": "bödy", "Content-Type": text, "X-Test": "7"
    }  # fmt: skip
    assert post == expected | {"method": "POST", "body": "{}", "Content-Type": "a/b"}
    assert refused == [403, f"{web.url}/status/403: HTTP 403 Forbidden"]
    assert wrong == ["EPROTO"] * 3


def test_a_user_in_a_url_is_told_and_not_shown(ask: Ask, web: Web) -> None:
    url = web.url.replace("//", "//us%40er:secret@")
    ended = ask(f"""
        print(JSON.parse(getResource('{url}/echo')).Authorization);
        print(JSON.parse(httpRequest('{url}/echo', 'POST', {{}}, 'x')).Authorization);
        print(got(function () {{ return getResource('{url}/status/401'); }}));
        print(got(function () {{ return getResource('{url}/gate', 30); }}));
        getResource('{url}/echo', function (status, text) {{
          print(JSON.parse(text).Authorization);
          self.stop();
        }});
    """, stops=False)  # fmt: skip
    basic = "Basic dXNAZXI6c2VjcmV0"
    assert printed(ended) == [
        basic,
        basic,
        [401, f"{web.url}/status/401: HTTP 401 Unauthorized"],
        ["ETIMEDOUT", f"{web.url}/gate: no complete answer within 30 ms"],
        basic,
    ]


def test_a_script_that_waits_does_so_for_a_limited_time(
    ask: Ask, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "MAX_WAIT", 0.1)
    ended = ask(f"""
        print(got(function () {{ return getResource('{web.url}/gate', 3600000); }}));
        print(got(function () {{ return readURL('{web.url}/trickle'); }}));
        print(got(function () {{ return httpRequest('{web.url}/gate', 'PUT', {{}}, '', 20000); }}));
    """)
    assert printed(ended) == [
        ["ETIMEDOUT", f"{web.url}/{page}: no complete answer within 100 ms"]
        for page in ("gate", "trickle", "gate")
    ]


def test_a_name_that_is_not_found_in_time_is_waited_for_no_longer(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, over = threading.Event(), threading.Event()

    def look_up(*_details: Any, **_named: Any) -> Any:
        asked.set()
        over.wait(20)
        raise OSError("too late")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    try:
        ended = ask("""
            print(got(function () { return getResource('http://slow.test/', 50); })[0]);
        """)
        assert printed(ended) == ["ETIMEDOUT"]
        assert asked.is_set()
    finally:
        over.set()


def test_a_callback_takes_no_thread(ask: Ask, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    start = threading.Thread.start

    def note(thread: threading.Thread) -> None:
        started.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", note)
    ended = ask(f"""
        getResource('{web.url}/gate/here', 20000, function (status, text) {{
          print(text);
          self.stop();
        }});
        setTimeout(function () {{
          getResource('{web.url}/open', 20000, function () {{}});
        }}, 20);
    """, stops=False)  # fmt: skip
    assert printed(ended) == ["here"]
    # Those of the web server are not ours, and one watches the time limit.
    kinds = ("accessor-host-resource", "accessor-host-request", "asyncio")
    assert [name for name in started if name.startswith(kinds)] == []


# With a callback


def test_a_callback_gets_status_and_text(ask: Ask, web: Web) -> None:
    ended = ask(f"""
        var web = '{web.url}', left = 0, all = {{}};
        function get(name, uri, options) {{
          left++;
          var result = getResource(uri, options, function (status, content) {{
            all[name] = [status, content];
            if (--left === 0) {{ print(all); self.stop(); }}
          }});
          print(result === undefined);
        }}
        get('text', web + '/text/');
        get('raw', web + '/bytes', 'Raw');
        get('nul', web + '/bytes', 'latin1');
        get('missing', web + '/status/404');
        get('late', web + '/gate', 30);
        get('trickling', web + '/trickle', 60);
        get('refused', '../../x');
        get('scheme', web + '/to/file:///etc/passwd');
    """, stops=False)  # fmt: skip
    *returned, everything = printed(ended)
    assert returned == [True] * 8
    assert everything == {
        "text": [None, "héllo"],
        "raw": [None, [0, 10, 127, 128, 255]],
        "nul": [None, "\0\n\x7f\x80\xff"],
        "missing": [404, None],
        "late": ["ETIMEDOUT", None],
        "trickling": ["ETIMEDOUT", None],
        "refused": ["EACCES", None],
        "scheme": ["EPROTO", None],
    }


def test_half_a_surrogate_pair_arrives(ask: Ask, library: Path, web: Web) -> None:
    (library / "net").mkdir()
    (library / "net" / "half").write_bytes(b"a+2AA-b")
    ended = ask(
        f"""
        var web = '{web.url}', left = 2;
        function tell(status, text) {{
          print([status, text]);
          if (--left === 0) self.stop();
        }}
        print(getResource(web + '/half'));
        getResource(web + '/half', null, tell);
        getResource('half', 'utf-7', tell);
        """,
        stops=False,
    )
    half = "a\ud800b"
    first, *others = printed(ended)
    assert first == half
    assert others == [[None, half], [None, half]]


def test_timers_tick_while_a_callback_waits(ask: Ask, web: Web) -> None:
    ended = ask(f"""
        var ticks = 0;
        getResource('{web.url}/gate/late', 20000, function (status, text) {{
          print([ticks >= 3, text]);
          self.stop();
        }});
        setInterval(function () {{
          if (++ticks === 3) getResource('{web.url}/open', null, function () {{}});
        }}, 5);
    """, stops=False)  # fmt: skip
    assert printed(ended) == [[True, "late"]]


def test_so_many_are_got_at_a_time(ask: Ask, web: Web) -> None:
    # One more than that waits outside; the first to be answered opens the gate for all.
    ended = ask(f"""
        var left = {MAX_REQUESTS + 1};
        for (var i = 0; i < {MAX_REQUESTS + 1}; i++) {{
          getResource('{web.url}/gate', 20000, function (status) {{
            if (status !== null) print(status);
            if (--left === 0) self.stop();
          }});
        }}
        setInterval(function () {{
          if (getResource('{web.url}/waiting') === '{MAX_REQUESTS}') getResource('{web.url}/open');
        }}, 10);
    """, stops=False)  # fmt: skip
    assert printed(ended) == []
    assert web.most_waiting == MAX_REQUESTS


def test_stopping_gives_up_what_callbacks_wait_for(ask: Ask, web: Web) -> None:
    began = time.monotonic()
    ended = ask(f"""
        getResource('{web.url}/gate', 3600000, function () {{ print('never'); }});
        setTimeout(function () {{ self.stop(); }}, 20);
    """, stops=False)  # fmt: skip
    assert printed(ended) == []
    assert time.monotonic() - began < 10


def test_no_thread_keeps_the_process_from_its_end(engine: str, library: Path, web: Web) -> None:
    body = f"""
        getResource('{web.url}/gate', 3600000, function () {{}});
        console.log(getResource('{web.url}/open') && 'opened');
        getResource('{web.url}/trickle', 3600000, function () {{}});
        this.stop();
    """
    write_library(library, {"net/Asks": ASKS.replace("BODY", body)})
    command = [ACCESSOR_HOST, "invoke", "--engine", engine, "--library", library, "net/Asks"]
    ended = run(command)
    assert (ended.code, ended.stderr) == (0, "")


def test_a_script_waits_for_its_callbacks(engine: str, library: Path, web: Web) -> None:
    script = library / "script.js"
    script.write_text(f"""
        getResource('{web.url}/text/', function (status, text) {{
          console.log(text, getResource('here.txt'));
        }});
    """)
    Path("here.txt").write_text("here")
    (library / "here.txt").write_text("there")
    ended = run_here(library, RunScript(script), engine=engine)
    assert (ended.code, ended.stderr) == (0, "")
    # Whichever comes first: the answer may be there before the run has asked what else there is.
    assert set(ended.stdout.splitlines()) == {NOTHING_TO_RUN, "héllo here"}


def test_a_callback_that_throws_is_told_with_accessor_and_line(ask: Ask, library: Path) -> None:
    ended = ask(
        "getResource('none', 50, function late() {\n self.stop();\n null.x;\n});", stops=False
    )
    assert ended.code == 1
    [line] = [n for n, text in enumerate((library / "net/Asks.js").read_text().splitlines(), 1)
              if "null.x" in text]  # fmt: skip
    assert ended.stderr.splitlines() == [
        "Uncaught Error: Exception in the callback of getResource() of accessor 'Asks': "
        "TypeError: cannot read property 'x' of null",
        f"    at late ({library}/net/Asks.js:{line}:2)",
    ]


def test_what_a_callback_sends_is_reacted_to(ask: Ask, library: Path) -> None:
    (library / "net").mkdir()
    (library / "net/a.txt").write_text("a")
    ended = ask("""
        this.input('text');
        this.addInputHandler('text', function () { print(self.get('text')); self.stop(); });
        getResource('a.txt', null, function (status, text) { self.send('text', text); });
    """, stops=False)  # fmt: skip
    assert printed(ended) == ["a"]


def test_a_call_that_the_host_cannot_foresee_says_what_to_do(ask: Ask, library: Path) -> None:
    (library / "net").mkdir()
    (library / "net/a.txt").write_text("a")
    ended = ask(
        "var get = this['getRes' + 'ource']; print(got(function () { return get('a.txt'); }));"
    )
    [value] = printed(ended)
    # An engine that can call Python at any time has no reason to refuse.
    assert value == "a" or value[1].startswith("cannot wait for 'a.txt' here: call getResource()")


def test_bytes_that_are_no_text_become_a_mark() -> None:
    assert Resource(b"a\xff", None).text(None) == "a\ufffd"
    assert Resource(b"\xff", "no-such").text(None) == "\ufffd"
    with pytest.raises(ResourceError, match="no encoding 'rot13'"):
        Resource(b"a").text("rot13")


def test_nothing_outside_of_these_folders_can_be_read(ask: Ask, library: Path) -> None:
    secret = library.parent / "secret.txt"
    secret.write_text("secret")
    net = library / "net"
    net.mkdir()
    (net / "link.txt").symlink_to(secret)
    (net / "up").symlink_to(library.parent)
    uris = {
        "../../secret.txt": "EACCES",
        str(secret): "EACCES",
        "link.txt": "EACCES",
        "up/secret.txt": "EACCES",
        f"file://{secret}": "EPROTO",
        "ftp://127.0.0.1/secret": "EPROTO",
        "~/secret.txt": "ENOENT",
    }
    ended = ask(f"""
        {json.dumps([*uris])}.forEach(function (uri) {{
          print(got(function () {{ return getResource(uri); }}));
        }});
    """)
    assert [code for code, _message in printed(ended)] == list(uris.values())
    assert "secret\n" not in ended.stdout
