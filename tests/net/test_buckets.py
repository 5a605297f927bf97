"""So many at once, and so many in a second."""

from __future__ import annotations

from accessor_host.net.buckets import Bucket


def test_as_many_as_come_in_a_second_may_come_at_once() -> None:
    bucket = Bucket(5, 100.0)
    assert bucket.take(3, 5, 100.0) == 3
    assert bucket.take(3, 5, 100.0) == 2
    assert bucket.take(1, 5, 100.0) == 0


def test_it_fills_with_time_and_no_further_than_a_second() -> None:
    bucket = Bucket(4, 100.0)
    assert bucket.take(4, 4, 100.0) == 4
    assert bucket.take(2, 4, 100.25) == 1
    assert bucket.take(9, 4, 200.0) == 4


def test_whoever_keeps_to_the_rate_passes_for_ever() -> None:
    bucket = Bucket(8, 0.0)
    assert all(bucket.take(1, 8, number / 8) == 1 for number in range(1000))


def test_what_came_while_nobody_looked_passes_at_once() -> None:
    bucket = Bucket(4, 100.0)
    assert bucket.take(4, 4, 100.0) == 4
    bucket.excuse(4, 110.0)
    assert bucket.take(100, 4, 110.0) == 40
    assert bucket.take(100, 4, 120.0) == 4
