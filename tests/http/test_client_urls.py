"""URLs of requests: read strictly, shown without secrets."""

from __future__ import annotations

import random

import pytest

from accessor_host.http.client.failures import RequestError
from accessor_host.http.client.urls import MAX_URL, Url, parse_url, redirect_target


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://host", Url("http", "host", 80, "/")),
        ("HTTPS://Host/a?b#c", Url("https", "host", 443, "/a?b")),
        ("http://host?x=1", Url("http", "host", 80, "/?x=1")),
        ("http://[::1]:8080/", Url("http", "::1", 8080, "/")),
        ("http://host:/ä b", Url("http", "host", 80, "/%C3%A4%20b")),
        ("http://bücher.example/", Url("http", "xn--bcher-kva.example", 80, "/")),
        ("http://host/%41/../x//", Url("http", "host", 80, "/%41/../x//")),
        ("http://us%40er:p%3Aw@host/", Url("http", "host", 80, "/", "Basic dXNAZXI6cDp3")),
    ],
)
def test_a_url_has_parts(text: str, url: Url) -> None:
    assert parse_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host",
        "//host/",
        "http:/host",
        "http://",
        "http://[/",
        "http://host:99999/",
        "http://host:0/",
        "http://ho st/",
        "http://host\\@other/",
        "http://a@b@c/",
        "http://host/\r\nX: y",
        "http://host/\n",
        "http://ho\0st/",
        "http://host/\x7f",
        "http://%68ost/",
        "ftp://host/",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_url_of_the_web_is_refused(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_url(text)
    assert caught.value.code == "HTTP_BAD_URL"


def test_no_text_shows_user_and_password() -> None:
    assert str(parse_url("http://user:secret@host:8080/x")) == "http://host:8080/x"
    for bad in ("http://user:secret@host:99999/", "http://user:secret@ho st/"):
        with pytest.raises(RequestError) as caught:
            parse_url(bad)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/b", "http://host:81/b"),
        ("c", "http://host:81/a/c"),
        ("?d", "http://host:81/a/x?d"),
        ("//other/e", "http://other/e"),
        ("https://other/", "https://other/"),
    ],
)
def test_a_redirect_may_be_relative(location: str, target: str) -> None:
    assert str(redirect_target(parse_url("http://u:p@host:81/a/x"), location)) == target


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://x/", "http://x:0/", "http://[x/"]
)
def test_a_redirect_to_elsewhere_is_refused(location: str) -> None:
    with pytest.raises(RequestError) as caught:
        redirect_target(parse_url("http://host/"), location)
    assert caught.value.code == "HTTP_BAD_REDIRECT"


def test_a_url_has_so_many_characters_at_most() -> None:
    start = "http://host/"
    assert parse_url(start + "x" * (MAX_URL - len(start))).host == "host"
    with pytest.raises(RequestError, match="more than") as caught:
        parse_url(start + "x" * (MAX_URL + 1 - len(start)))
    assert len(str(caught.value)) < 400


def test_any_text_is_a_url_or_refused() -> None:
    choose = random.Random(7)
    pieces = ["http://", "https://", "a", "@", ":", "/", "?", "#", "[", "]", "%", "\r\n", " ", "é"]
    pieces += ["\0", "\ud800", "\\", "8080", "99999999999", "..", "::1", "\u3000", "xn--", "."]
    for _ in range(5_000):
        text = "http://" * choose.getrandbits(1) + "".join(
            choose.choice(pieces) for _ in range(choose.randrange(9))
        )
        try:
            url = parse_url(text)
        except RequestError:
            continue
        line = f"{url.host} {url.target} {url.authority} {url.authorization}"
        assert line.isascii()
        assert line.isprintable()
        assert " " not in url.host + url.target + url.authority
        assert parse_url(str(url)) == url._replace(authorization="")
