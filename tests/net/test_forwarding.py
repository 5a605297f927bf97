"""Who a client is that comes through proxies."""

from __future__ import annotations

import re
import time

import pytest

from accessor_host.net.forwarding import MAX_PROXIES, Proxies

TRUSTED = ["127.0.0.1", "10.0.0.0/8", "fd00::/8", "unix:"]

PEER = ("127.0.0.1", 4711)


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("127.0.0.1", True),
        ("127.0.0.2", False),
        ("10.255.0.1", True),
        ("::ffff:10.1.2.3", True),
        ("11.0.0.1", False),
        ("fd12::1", True),
        ("fe80::1%eth0", False),
        ("", True),
        ("nonsense", False),
    ],
)
def test_addresses_and_networks_are_trusted(address: str, trusted: bool) -> None:
    assert Proxies(TRUSTED).trusts(address) is trusted


def test_a_peer_without_an_address_is_not_trusted_unless_that_is_said() -> None:
    assert not Proxies(["127.0.0.1"]).trusts("")


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96"])
def test_all_addresses_are_a_network(network: str) -> None:
    everything = Proxies([network])
    assert everything.trusts("::1" if network == "::/0" else "192.0.2.1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "localhost",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/",
        "10.0.0.0/8/8",
        "10.0.0.0/ 8",
        "10.0.0.0/\u0668",
        "fd00::/129",
        "fe80::1%eth0",
        "::ffff:10.0.0.0/8",
    ],
)
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        Proxies([text])


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("192.0.2.7", ("192.0.2.7", 0)),
        # Whatever a client writes stands before what the proxy adds.
        ("198.51.100.1, 192.0.2.7", ("192.0.2.7", 0)),
        ("10.0.0.9, 192.0.2.7", ("192.0.2.7", 0)),
        # A chain through trusted ones.
        ("192.0.2.7, 10.0.0.1", ("192.0.2.7", 0)),
        ("198.51.100.1,192.0.2.7 ,\t10.0.0.1, fd00::5", ("192.0.2.7", 0)),
        ("10.0.0.3, 10.0.0.2", ("10.0.0.3", 0)),
        ("2001:DB8::0001", ("2001:db8::1", 0)),
        ("::ffff:192.0.2.7", ("192.0.2.7", 0)),
        ("192.0.2.7:8080", ("192.0.2.7", 8080)),
        ("[2001:db8::1]:443", ("2001:db8::1", 443)),
        ("[2001:db8::1]", ("2001:db8::1", 0)),
        ("192.0.2.7:99999", ("192.0.2.7", 0)),
        # Garbage ends the walk: what is before it was written by nobody who is known.
        ("", PEER),
        ("unknown", PEER),
        (",", PEER),
        ("192.0.2.7, <script>", PEER),
        ("192.0.2.7, unknown, 10.0.0.1", ("10.0.0.1", 0)),
        ("\udcff\udcfe", PEER),
        ("[", PEER),
        (":", PEER),
    ],
)
def test_the_list_is_walked_from_the_right(forwarded: str, client: tuple[str, int]) -> None:
    assert Proxies(TRUSTED).client_of(*PEER, forwarded) == client


def test_a_long_list_takes_no_time() -> None:
    proxies = Proxies(TRUSTED)
    text = ",".join(["10.0.0.1"] * 100_000)
    began = time.perf_counter()
    assert proxies.client_of(*PEER, text) == ("10.0.0.1", 0)
    assert time.perf_counter() - began < 1
    chain = "192.0.2.7" + ",10.0.0.1" * (MAX_PROXIES - 1)
    assert proxies.client_of(*PEER, chain) == ("192.0.2.7", 0)
    assert proxies.client_of(*PEER, chain + ",10.0.0.1") == ("10.0.0.1", 0)
