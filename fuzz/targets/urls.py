"""URLs of scripts, and where redirects lead: the same when read again, or refused in words."""

from __future__ import annotations

import re

from accessor_host.codecs.charsets import charset_of, find_charset
from accessor_host.http.client.failures import RequestError
from accessor_host.http.client.urls import Url, parse_url, redirect_target

__all__ = ["SEEDS", "run"]

_START = parse_url("http://start.example:8080/a/b?c")

SEEDS = [
    b"\0http://user:secret@host.example:81/a b?c=d#e",
    b"\0HTTPS://[::1]:443?q",
    "\0http://bücher.example/ü".encode(),
    b"\0http://%zz@h/\xff",
    b"\1../x;y?z",
    b"\1//other.example:1/",
    b"\1file:///etc/passwd",
    b"\1http://u:secret@[/",
    b'\2text/plain; charset="UTF-8"; x',
    b"\2a/b;charset=idna",
]


def run(data: bytes) -> None:
    """Read a URL, the field Location of an answer, or its field Content-Type.

    Args:
        data: the first byte chooses among these.
    """
    kind, text = data[:1], data[1:].decode("utf-8", "surrogateescape")
    if kind == b"\2":
        codec = find_charset(charset_of(text) or "utf-8")
        if codec is not None:
            codec.decode(b"abc", "replace")
        return
    try:
        url = redirect_target(_START, text) if kind == b"\1" else parse_url(text)
    except RequestError as error:
        if not error.reason.isprintable():
            raise AssertionError(f"{error.reason!r} steers a terminal") from None
        return
    _check(url)


def _check(url: Url) -> None:
    """Raise AssertionError for a URL that could be more than one line, or means something else."""
    if url.scheme not in ("http", "https") or not 1 <= url.port <= 65_535 or not url.host:
        raise AssertionError(f"{url!r} leads nowhere")
    if not re.fullmatch("[!-~]+", f"{url.authority}{url.target}") or url.target[0] != "/":
        raise AssertionError(f"{url!r} is no part of a request")
    again = parse_url(str(url))
    if again._replace(authorization=url.authorization) != url:
        raise AssertionError(f"{url!r} is {again!r} when it is read again")
