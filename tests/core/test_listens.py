"""Which failed starts of servers a run is to end with 1 for."""

from __future__ import annotations

from accessor_host.core.listens import Listens


def test_a_failure_counts_until_a_server_that_was_started_later_listens() -> None:
    listens = Listens()
    assert not listens.has_failed
    first, other = listens.begin(), listens.begin()
    listens.failed()
    assert listens.has_failed
    listens.succeeded(other)
    assert listens.has_failed, "it was starting before"
    listens.succeeded(listens.begin())
    assert not listens.has_failed
    listens.succeeded(first)
    assert not listens.has_failed
    listens.failed()
    assert listens.has_failed


def test_a_later_success_makes_up_for_all_failures_before_it() -> None:
    listens = Listens()
    for _ in range(3):
        listens.failed()
    begun = listens.begin()
    listens.failed()
    listens.succeeded(begun)
    assert listens.has_failed, "the last one came after its start"
    listens.succeeded(listens.begin())
    assert not listens.has_failed
