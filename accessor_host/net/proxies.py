"""Which proxy leads to a server: the one that is given, or the one that the environment names."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import unquote

__all__ = ["DIRECT", "Proxy", "ProxyError", "find_proxy", "parse_proxy"]

DIRECT = "direct"
"""Stands for no proxy, whatever the environment says."""

DEFAULT_PORT = 80
"""TCP port of a proxy whose URL has none: that of its scheme, http."""

_URL = re.compile(
    r"""
    (?: (?P<scheme>[A-Za-z][A-Za-z0-9+.-]*) :// )?
    (?: (?P<user>[^\s/?\#@:]*) (?: : (?P<password>[^\s/?\#@]*) )? @ )?
    (?: \[ (?P<address>[0-9A-Fa-f:.]+) \] | (?P<host>[^\s/?\#@:\[\]]+) )
    (?: : (?P<port>[0-9]{1,5}) )?
    /?
    """,
    re.VERBOSE,
)

_NETWORK_ENTRY = re.compile(r"\[?(?P<host>[0-9A-Fa-f:.]+(?:/\d+)?)\]?(?::(?P<port>\d+))?")


class ProxyError(OSError):
    """Report that a proxy does not lead to the server; the text says why."""


class Proxy:
    """An HTTP proxy that makes tunnels; its text has neither user nor password.

    Args:
        host: name or IP address.
        port: TCP port.
        authorization: value of the field ``Proxy-Authorization``; empty for none.
    """

    __slots__ = ("authorization", "host", "port")

    def __init__(self, host: str, port: int, authorization: str = "") -> None:
        self.host = host
        self.port = port
        self.authorization = authorization

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def parse_proxy(url: str) -> Proxy:
    """Read the URL of a proxy.

    Args:
        url: ``http://HOST:PORT``, perhaps with ``USER:PASSWORD@`` before the host; what of these
            has another meaning in a URL is percent-encoded. The scheme may be missing.

    Raises:
        ValueError: it is no such URL; the text does not repeat it, as it may hold a password.
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError("it is no URL of a proxy, as http://proxy.example:3128 is")
    scheme = (match["scheme"] or "http").lower()
    if scheme != "http":
        raise ValueError(f"a proxy of the scheme {scheme} is not supported; http is")
    port = int(match["port"] or DEFAULT_PORT)
    if not 1 <= port <= 65_535:
        raise ValueError(f"{port} is no TCP port")
    host = match["address"] or match["host"]
    return Proxy(host, port, _basic(match["user"], match["password"]))


def find_proxy(
    choice: str,
    host: str,
    port: int,
    *,
    secure: bool,
    environment: Mapping[str, str] | None = None,
) -> Proxy | None:
    """Return the proxy that leads to a server; None when the way is direct.

    Of the environment, ``https_proxy`` counts for TLS and ``http_proxy`` for plain text, else
    ``all_proxy``; ``no_proxy`` lists who is reached directly, and this machine is always one of
    them. Each name is in lower case or in capitals; lower case wins.

    Args:
        choice: URL of the proxy, ``DIRECT``, or empty for what the environment says.
        host: name or IP address of the server, in ASCII.
        port: TCP port of the server.
        secure: whether TLS is spoken to the server.
        environment: the variables; None takes those of the process.

    Raises:
        ProxyError: the environment names a proxy of another kind.
        ValueError: the choice is no URL of a proxy.
    """
    if choice:
        return None if choice == DIRECT else parse_proxy(choice)
    variables = os.environ if environment is None else environment
    for name in ("https_proxy" if secure else "http_proxy", "all_proxy"):
        variable = _variable(variables, name)
        if variable is None:
            continue
        if _is_local(host) or _is_excepted(host, port, _value(variables, "no_proxy")):
            return None
        try:
            return parse_proxy(variables[variable])
        except ValueError as error:
            raise ProxyError(f"the environment variable {variable}: {error}") from None
    return None


def _basic(user: str | None, password: str | None) -> str:
    """Return the value of an authorization (RFC 7617); empty without a user."""
    if user is None:
        return ""
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def _variable(variables: Mapping[str, str], name: str) -> str | None:
    # Under CGI, HTTP_PROXY is what a client sent as its field Proxy (https://httpoxy.org).
    is_forged = name == "http_proxy" and "REQUEST_METHOD" in variables
    names = (name,) if is_forged else (name, name.upper())
    return next((one for one in names if variables.get(one)), None)


def _value(variables: Mapping[str, str], name: str) -> str:
    variable = _variable(variables, name)
    return "" if variable is None else variables[variable]


def _is_local(host: str) -> bool:
    """Tell whether a host is this machine, as its name or address alone says (RFC 6761)."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_excepted(host: str, port: int, exceptions: str) -> bool:
    """Tell whether a list names a host: its name or domain, its address or network, or ``*``."""
    name = host.lower().rstrip(".")
    return any(
        entry == "*" or _means_address(entry, name, port) or _means_name(entry, name, port)
        for entry in exceptions.lower().replace(",", " ").split()
    )


def _means_address(entry: str, host: str, port: int) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    for network, given in ((entry, ""), _split(entry)):
        try:
            return address in ip_network(network, strict=False) and given in ("", str(port))
        except ValueError:
            continue
    return False


def _split(entry: str) -> tuple[str, str]:
    match = _NETWORK_ENTRY.fullmatch(entry)
    return (match["host"], match["port"] or "") if match else ("", "")


def _means_name(entry: str, host: str, port: int) -> bool:
    domain, _, given = entry.partition(":")
    domain = domain.removeprefix("*").strip(".")
    is_meant = bool(domain) and (host == domain or host.endswith(f".{domain}"))
    return is_meant and given in ("", str(port))
