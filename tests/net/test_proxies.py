"""Which proxy leads to a server, by what is given and by the environment."""

from __future__ import annotations

from base64 import b64encode

import pytest

from accessor_host.net.proxies import DIRECT, ProxyError, find_proxy, parse_proxy

SECRET = "hunter2"


def found(environment: dict[str, str], host: str = "a.example", **more: object) -> str | None:
    """Return the proxy that leads to a host."""
    secure, port = bool(more.get("secure", True)), int(str(more.get("port", 443)))
    proxy = find_proxy("", host, port, secure=secure, environment=environment)
    return None if proxy is None else str(proxy)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://proxy.example:3128", "proxy.example", 3128),
        ("http://proxy.example:3128/", "proxy.example", 3128),
        ("HTTP://proxy.example", "proxy.example", 80),
        ("proxy.example:8080", "proxy.example", 8080),
        ("proxy.example", "proxy.example", 80),
        ("http://[::1]:3128", "::1", 3128),
        ("http://10.0.0.1:1", "10.0.0.1", 1),
    ],
)
def test_a_url_names_a_proxy(url: str, host: str, port: int) -> None:
    proxy = parse_proxy(url)
    assert (proxy.host, proxy.port, proxy.authorization) == (host, port, "")


@pytest.mark.parametrize(
    ("url", "pair"),
    [
        (f"http://me:{SECRET}@p:1", f"me:{SECRET}"),
        (f"me:{SECRET}@p:1", f"me:{SECRET}"),
        ("http://me@p:1", "me:"),
        ("http://m%40e:%3A%2F%C3%BC@p:1", "m@e::/ü"),
        ("http://:x@p:1", ":x"),
    ],
)
def test_a_user_and_a_password_are_sent_and_not_shown(url: str, pair: str) -> None:
    proxy = parse_proxy(url)
    assert proxy.authorization == f"Basic {b64encode(pair.encode()).decode()}"
    assert str(proxy) == "http://p:1"
    assert SECRET not in repr(proxy)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://",
        f"https://me:{SECRET}@p:1",
        f"socks5://me:{SECRET}@p:1",
        f"http://me:{SECRET}@p:0",
        f"http://me:{SECRET}@p:65536",
        f"http://me:{SECRET}@p:1/path",
        f"http://me:{SECRET}@p:1?x",
        f"http://me:{SECRET}@p q",
        f"http://me:{SECRET}@a@b",
        f"http://me:{SECRET}@[::1",
        f"http://me:{SECRET}@p\r\nX: y",
        f"http://me:{SECRET}@p\n",
    ],
)
def test_what_is_no_such_url_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_proxy(url)
    assert SECRET not in str(caught.value)


def test_what_is_given_wins_over_the_environment() -> None:
    environment = {"HTTPS_PROXY": "http://other:1"}
    given = find_proxy("http://p:2", "a", 443, secure=True, environment=environment)
    assert str(given) == "http://p:2"
    assert find_proxy(DIRECT, "a", 443, secure=True, environment=environment) is None
    # And for this machine too.
    assert find_proxy("http://p:2", "localhost", 443, secure=True, environment={}) is not None


def test_the_environment_names_one_for_each_protocol() -> None:
    environment = {"HTTPS_PROXY": "http://s:1", "HTTP_PROXY": "http://p:2"}
    assert found(environment) == "http://s:1"
    assert found(environment, secure=False) == "http://p:2"
    assert found({"HTTP_PROXY": "http://p:2"}) is None
    assert found({}) is None


def test_one_for_all_is_for_those_that_have_none_of_their_own() -> None:
    environment = {"ALL_PROXY": "http://all:3", "HTTPS_PROXY": "http://s:1"}
    assert found(environment) == "http://s:1"
    assert found(environment, secure=False) == "http://all:3"
    assert found({**environment, "HTTPS_PROXY": ""}) == "http://all:3"


def test_lower_case_wins() -> None:
    environment = {"HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:1"}
    assert found(environment) == "http://lower:1"
    excepting = {**environment, "no_proxy": "a.example", "NO_PROXY": "b.example"}
    assert found(excepting) is None
    assert found(excepting, "b.example") == "http://lower:1"


def test_under_cgi_a_client_names_no_proxy() -> None:
    forged = {"REQUEST_METHOD": "GET", "HTTP_PROXY": "http://evil:1"}
    assert found(forged, secure=False) is None
    assert found({**forged, "http_proxy": "http://p:2"}, secure=False) == "http://p:2"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "x.localhost", "127.0.0.9", "::1"])
def test_this_machine_is_reached_directly(host: str) -> None:
    assert found({"ALL_PROXY": "http://p:1"}, host) is None


@pytest.mark.parametrize(
    ("exceptions", "host", "port", "direct"),
    [
        ("*", "a.example", 443, True),
        ("a.example", "a.example", 443, True),
        ("A.EXAMPLE.", "a.example", 443, True),
        ("a.example", "b.a.example.", 443, True),
        (".a.example", "b.a.example", 443, True),
        ("*.a.example", "b.a.example", 443, True),
        ("a.example", "xa.example", 443, False),
        ("b.example, a.example", "a.example", 443, True),
        ("b.example a.example", "a.example", 443, True),
        ("a.example:443", "a.example", 443, True),
        ("a.example:80", "a.example", 443, False),
        ("10.0.0.1", "10.0.0.1", 443, True),
        ("10.0.0.1:443", "10.0.0.1", 443, True),
        ("10.0.0.1:80", "10.0.0.1", 443, False),
        ("10.0.0.0/8", "10.9.9.9", 443, True),
        ("10.0.0.0/8", "11.0.0.1", 443, False),
        ("10.0.0.0/8", "a.example", 443, False),
        ("fd00::/8", "fd00::1", 443, True),
        ("fd00::1", "fd00::1", 443, True),
        ("[fd00::1]:443", "fd00::1", 443, True),
        ("[fd00::1]:80", "fd00::1", 443, False),
        ("10.0.0.0/8", "fd00::1", 443, False),
        ("10.0.0.0/99, :, ., */, [, 1.2.3.4.5", "10.0.0.1", 443, False),
        ("", "a.example", 443, False),
    ],
)
def test_exceptions(exceptions: str, host: str, port: int, direct: bool) -> None:
    environment = {"ALL_PROXY": "http://p:1", "NO_PROXY": exceptions}
    assert (found(environment, host, port=port) is None) == direct


@pytest.mark.parametrize("url", [f"socks5h://me:{SECRET}@p:1", f"http://me:{SECRET}@p:x"])
def test_a_proxy_of_another_kind_in_the_environment_is_an_error(url: str) -> None:
    with pytest.raises(ProxyError) as caught:
        found({"ALL_PROXY": url})
    assert str(caught.value).startswith("the environment variable ALL_PROXY: ")
    assert SECRET not in str(caught.value)
