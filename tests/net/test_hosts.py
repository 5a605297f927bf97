"""How many connections a host has, and how fast it opens them."""

from __future__ import annotations

import pytest

from accessor_host.net import hosts
from accessor_host.net.hosts import HostLimits, Surplus, host_of, read_address


class Clock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("::1", "0.0.0.1", False),
        ("", "192.0.2.1", False),
        ("somewhere", "elsewhere", False),
    ],
)
def test_a_host_is_an_address_or_a_network_of_64_bits(one: str, other: str, same: bool) -> None:
    assert (host_of(one) == host_of(other)) is same


@pytest.mark.parametrize(
    "text", ["", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4\0", "\udcff", "g::1"]
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert read_address(text) is None


def test_a_host_has_so_many_connections_and_others_have_theirs() -> None:
    limits = HostLimits(2, 0, Clock())
    assert [limits.enter("a") for _ in range(3)] == [None, None, Surplus.CONNECTIONS]
    assert limits.enter("b") is None
    limits.leave("a")
    assert [limits.enter("a") for _ in range(2)] == [None, Surplus.CONNECTIONS]


def test_a_host_opens_so_many_in_a_second() -> None:
    clock = Clock()
    limits = HostLimits(0, 2, clock)
    assert [limits.enter("a") for _ in range(3)] == [None, None, Surplus.RATE]
    assert limits.enter("b") is None
    clock.now += 0.5
    assert [limits.enter("a") for _ in range(2)] == [None, Surplus.RATE]


def test_a_connection_that_is_one_too_many_does_not_count_for_the_rate() -> None:
    limits = HostLimits(1, 2, Clock())
    assert [limits.enter("a") for _ in range(9)] == [None, *[Surplus.CONNECTIONS] * 8]
    limits.leave("a")
    assert limits.enter("a") is None


def test_nothing_is_kept_of_a_host_that_left() -> None:
    clock = Clock()
    limits = HostLimits(1, 1, clock)
    for number in range(100):
        assert limits.enter(str(number)) is None
        limits.leave(str(number))
    clock.now += 1
    assert limits.enter("a") is None
    assert (len(limits._counts), len(limits._buckets)) == (1, 1)


def test_the_table_of_hosts_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "MAX_HOSTS", 3)
    limits = HostLimits(0, 1, Clock())
    for name in "abcd":
        assert limits.enter(name) is None
    assert len(limits._buckets) == 3
    assert limits.enter("d") is Surplus.RATE
    assert limits.enter("a") is None, "it was forgotten"
