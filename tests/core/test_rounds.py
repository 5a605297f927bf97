"""Rounds: who brings much waits behind those who bring little, and nobody overtakes itself."""

from __future__ import annotations

import random

from accessor_host.core.rounds import Fence, Rounds
from accessor_host.engine.protocol import Event

SERVER, TIMER = 5, 0


def said(target: int, *texts: str) -> list[Event]:
    return [(target, "message", text) for text in texts]


def order(rounds: Rounds) -> str:
    """Run all events; return their last details."""
    texts = "".join(str(event[-1]) for event in rounds.first(1_000))
    rounds.drop(len(texts))
    assert not rounds
    return texts


def test_in_a_round_each_has_one_message() -> None:
    rounds = Rounds()
    rounds.add([*said(-1, *"abc"), *said(-2, *"AB"), *said(-3, "1")])
    assert order(rounds) == "aA1bBc"


def test_one_that_comes_later_waits_for_a_round_that_has_begun_and_not_for_others() -> None:
    rounds = Rounds()
    rounds.add([*said(-1, *"abcdef"), *said(-2, *"ABCDEF")])
    rounds.drop(1)
    rounds.add(said(-3, "1"))
    assert order(rounds) == "AbB1cCdDeEfF"


def test_a_round_that_has_not_begun_takes_it() -> None:
    rounds = Rounds()
    rounds.add([*said(-1, *"abc"), *said(-2, *"ABC")])
    rounds.drop(2)
    rounds.add(said(-3, "1"))
    assert order(rounds) == "bB1cC"


def test_a_timer_waits_for_no_backlog_and_comes_in_its_order() -> None:
    rounds = Rounds()
    rounds.add([*said(-1, *"abc"), (TIMER, "timer", 1), (TIMER, "timer", 2)])
    assert order(rounds) == "a12bc"


def test_an_end_comes_behind_the_messages_of_its_peer() -> None:
    rounds = Rounds()
    rounds.add([*said(-1, *"abc"), (-1, "closed", "x"), *said(-2, "A"), (-2, "closed", "X")])
    assert order(rounds) == "aAXbcx"


def test_faults_of_a_peer_are_in_rounds_as_its_messages_are() -> None:
    rounds = Rounds()
    rounds.add([(-1, "fault", "a"), (-1, "fault", "b"), *said(-2, *"AB")])
    assert order(rounds) == "aAbB"


def test_a_connection_opens_before_its_messages_come() -> None:
    rounds = Rounds()
    rounds.add([*said(-1, *"abc"), (SERVER, "opened", -2, "o"), *said(-2, *"AB")])
    assert order(rounds) == "aoAbBc"


def test_a_fence_is_overtaken_by_nothing_and_overtakes_nothing() -> None:
    rounds = Rounds()
    rounds.add([*said(-1, *"abc"), (-1, "closed", "x"), Fence((SERVER, "stopped", "S"))])
    rounds.add([(SERVER, "listening", "l"), (TIMER, "timer", 1), *said(-2, *"AB")])
    assert order(rounds) == "abcxSl1AB"


def test_a_fence_alone_is_an_event_as_any_other() -> None:
    rounds = Rounds()
    rounds.add([Fence((SERVER, "stopped", "S")), *said(-1, *"ab")])
    assert order(rounds) == "Sab"


def test_callbacks_that_ask_for_ever_more_of_them_do_not_keep_peers_waiting() -> None:
    rounds = Rounds()
    rounds.add([(TIMER, "timer", "i"), (TIMER, "timer", "i"), *said(-1, *"abcd")])
    ran = ""
    while "d" not in ran and len(ran) < 100:
        (event,) = rounds.first(1)
        rounds.drop(1)
        ran += str(event[-1])
        if event[1] == "timer":
            rounds.add([event])
    assert ran == "iiabiiciid"


def test_holds_tells_whether_something_of_a_target_is_left() -> None:
    rounds = Rounds()
    rounds.add([*said(-1, "a"), *said(-2, *"AB")])
    assert [rounds.holds(target) for target in (-1, -2, -3)] == [True, True, False]
    rounds.drop(2)
    assert [rounds.holds(target) for target in (-1, -2, -3)] == [False, True, False]
    rounds.drop(1)
    assert not rounds.holds(-2)


def test_targets_whose_events_are_done_are_forgotten_although_there_are_always_others() -> None:
    rounds = Rounds()
    rounds.add(said(-1, *"ab"))
    for peer in range(10_000):
        rounds.add(said(-2 - peer, "a", "b"))
        rounds.drop(2)
    assert rounds
    assert len(rounds._last) < 200


def test_whatever_comes_and_is_run_the_order_of_each_target_is_kept() -> None:
    chance = random.Random(7)
    for _ in range(200):
        rounds = Rounds()
        added: list[Event] = []
        ran: list[Event] = []
        for number in range(60):
            target = chance.choice([TIMER, SERVER, -1, -2, -3])
            kind = "message" if target < 0 and chance.random() < 0.9 else "other"
            event: Event = (target, kind, number)
            if chance.random() < 0.05:
                event = Fence(event)
            rounds.add([event])
            added.append(event)
            if chance.random() < 0.5:
                some = rounds.first(chance.randrange(4))
                ran += some
                rounds.drop(len(some))
        ran += rounds.first(1_000)
        assert sorted(ran, key=lambda event: str(event)) == sorted(added, key=lambda e: str(e))
        for target in (TIMER, SERVER, -1, -2, -3):
            numbers = [event[2] for event in ran if event[0] == target]
            assert numbers == sorted(numbers, key=lambda number: int(str(number)))
        for fence in (event for event in added if type(event) is Fence):
            assert set(ran[: ran.index(fence)]) == set(added[: added.index(fence)])
