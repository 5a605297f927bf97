"""URLs of requests (RFC 3986, RFC 9110 section 4.2): read strictly, shown without secrets."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from typing import NamedTuple

from ...net.connect import ascii_host
from ...net.quoting import printable
from .failures import RequestError

__all__ = ["MAX_URL", "SCHEMES", "Url", "parse_url", "redirect_target"]

SCHEMES = {"http": 80, "https": 443}
"""The schemes that a client speaks, and their ports."""

_URL = re.compile(
    r"""
    https? ://
    (?: (?P<user>[^\s/?\#@\\]*) @ )?
    (?: \[ (?P<address>[0-9a-f:.]+) \] | (?P<host>[^\s/?\#@:\[\]\\]+) )
    (?: : (?P<port>[0-9]{0,5}) )?
    (?P<target> [/?] [^\#]* )?
    (?: \# .* )?
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)

MAX_URL = 16 * 1024
"""Characters of a URL; few servers take half of it."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""What no part of a URL may have: a line end would be the end of a request's line."""

_PLAIN_TARGET = re.compile(r"[!-~]*")

_ASCII = "".join(map(chr, range(0x21, 0x7F)))
"""Characters that URLs have as they are; people write others, which are percent-encoded."""

_HOST = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=-]+")
"""What the name of a host is made of (RFC 3986 section 3.2.2), without percent-encoding."""


class Url(NamedTuple):
    """Where a request goes; its text has neither user nor password.

    Args:
        scheme: ``http`` or ``https``.
        host: name or IP address, in ASCII and lower case.
        port: TCP port.
        target: path and query, as they stand in the request.
        authorization: value of the field ``Authorization`` that user and password make; empty
            for none.
    """

    scheme: str
    host: str
    port: int
    target: str = "/"
    authorization: str = ""

    @property
    def origin(self) -> tuple[str, str, int]:
        """Return who serves it (RFC 9110 section 4.3.1)."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """Return the value of the field ``Host``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == SCHEMES[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse_url(text: str) -> Url:
    """Read an absolute URL of the scheme ``http`` or ``https``.

    What stands behind ``#`` is left out. Spaces and letters beyond ASCII are percent-encoded.

    Args:
        text: the URL, perhaps with ``USER:PASSWORD@`` before the host.

    Raises:
        RequestError: it is none; the text shows no user and no password.
    """
    try:
        return _parse(text)
    except ValueError as error:
        shown = printable(_without_user(text))
        raise RequestError("HTTP_BAD_URL", f"cannot fetch {shown!r}: {error}") from None


def redirect_target(url: Url, location: str) -> Url:
    """Return where a redirect leads (RFC 9110 section 10.2.2).

    Args:
        url: what was asked for.
        location: the field ``Location`` of the answer, which may be relative.

    Raises:
        RequestError: it leads to another scheme, or nowhere.
    """
    from urllib.parse import urljoin

    try:
        return _parse(urljoin(str(url), location))
    except ValueError as error:
        shown = printable(_without_user(location))
        reason = f"{url} redirects to {shown!r}: {error}"
        raise RequestError("HTTP_BAD_REDIRECT", reason) from None


# A script asks for the same again and again.
@lru_cache(maxsize=128)
def _parse(text: str) -> Url:
    if len(text) > MAX_URL:
        raise ValueError(f"it has more than {MAX_URL} characters")
    if _CONTROL.search(text) is not None:
        raise ValueError("it has a control character")
    scheme = text.partition(":")[0].lower()
    if scheme not in SCHEMES:
        raise ValueError("only http: and https: URLs can be fetched")
    match = _URL.fullmatch(text)
    if match is None:
        raise ValueError("it is no URL as http://host:port/path is")
    host = (match["address"] or ascii_host(match["host"])).lower()
    if match["address"] is None and not _HOST.fullmatch(host):
        raise ValueError("its host has characters that no host name has")
    port = int(match["port"] or SCHEMES[scheme])
    if not 1 <= port <= 65_535:
        raise ValueError(f"{port} is no TCP port")
    target = match["target"] or "/"
    if target[0] == "?":
        target = f"/{target}"
    if _PLAIN_TARGET.fullmatch(target) is None:
        # Imported late: few need it.
        from urllib.parse import quote

        target = quote(target, safe=_ASCII, errors="replace")
    return Url(scheme, host, port, target, _basic(match["user"]))


def _basic(user: str | None) -> str:
    """Return the value of an authorization (RFC 7617); empty without a user."""
    if not user:
        return ""
    from urllib.parse import unquote

    name, _, password = user.partition(":")
    pair = f"{unquote(name)}:{unquote(password)}"
    return f"Basic {b64encode(pair.encode('utf-8', 'replace')).decode()}"


def _without_user(text: str) -> str:
    return re.sub(r"//[^/?#]*@", "//", text, count=1)
