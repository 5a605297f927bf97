"""Ports that a supervisor keeps: who may listen, and who may not."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from accessor_host.errors import ListenError
from accessor_host.net import addresses
from accessor_host.net.addresses import CAN_SHARE, bind, reserve
from accessor_host.programs.workers.reservations import Place, Reservations

from ...support.programs import free_port

HOST = "127.0.0.1"
HERE = [(socket.AF_INET, HOST)]

pytestmark = pytest.mark.skipif(not CAN_SHARE, reason="this system cannot share ports")


@pytest.fixture
def reservations() -> Iterator[Reservations]:
    kept = Reservations()
    yield kept
    kept.close()


def close(sockets: list[socket.socket]) -> None:
    for sock in sockets:
        sock.close()


def is_free(port: int) -> bool:
    """Tell whether somebody else could listen."""
    try:
        close(bind(HOST, HERE, port))
    except ListenError:
        return False
    return True


def foreigner(port: int = 0, *, reuse: tuple[int, ...] = ()) -> socket.socket:
    """Listen as another program would."""
    sock = socket.socket()
    try:
        for option in reuse:
            sock.setsockopt(socket.SOL_SOCKET, option, 1)
        sock.bind((HOST, port))
        sock.listen()
    except OSError:
        sock.close()
        raise
    return sock


# Keeping a port


def test_a_kept_port_is_for_those_alone_who_share_it() -> None:
    guards = reserve(HOST, HERE, 0)
    port = guards[0].getsockname()[1]
    assert not is_free(port)
    with pytest.raises(OSError, match="in use"):
        foreigner(port, reuse=(socket.SO_REUSEADDR,))
    with pytest.raises(ListenError, match="EADDRINUSE"):
        reserve(HOST, HERE, port)
    workers = [bind(HOST, HERE, port, shared=True) for _ in range(2)]
    assert not is_free(port)
    for sockets in workers:
        close(sockets)
    assert not is_free(port)
    close(guards)
    assert is_free(port)


def test_a_kept_port_answers_nobody() -> None:
    guards = reserve(HOST, HERE, 0)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(guards[0].getsockname())
    close(guards)


@pytest.mark.parametrize("option", ["SO_REUSEADDR", "SO_REUSEPORT"])
def test_a_port_of_somebody_else_cannot_be_kept(option: str) -> None:
    with foreigner(reuse=(getattr(socket, option),)) as sock:
        port = sock.getsockname()[1]
        with pytest.raises(ListenError, match=f"EADDRINUSE.*{HOST}:{port}"):
            reserve(HOST, HERE, port)


def test_what_is_not_shared_does_not_let_others_in() -> None:
    sockets = bind(HOST, HERE, 0)
    with pytest.raises(ListenError, match="EADDRINUSE"):
        bind(HOST, HERE, sockets[0].getsockname()[1], shared=True)
    close(sockets)


def test_a_port_can_be_kept_while_its_last_connections_linger() -> None:
    with foreigner(reuse=(socket.SO_REUSEADDR,)) as sock:
        port = sock.getsockname()[1]
        with socket.create_connection((HOST, port)) as client:
            # Who closes first is left in TIME_WAIT.
            sock.accept()[0].close()
            assert client.recv(1) == b""
    with pytest.raises(OSError, match="in use"):
        foreigner(port)
    close(reserve(HOST, HERE, port))


def test_a_port_is_kept_for_both_families() -> None:
    pairs = [(socket.AF_INET, HOST), (socket.AF_INET6, "::1")]
    guards = reserve("localhost", pairs, 0)
    port = guards[0].getsockname()[1]
    assert {guard.getsockname()[1] for guard in guards} == {port}
    for family, host in pairs[: len(guards)]:
        with pytest.raises(ListenError, match="EADDRINUSE"):
            bind(host, [(family, host)], port)
    close(bind("localhost", pairs, port, shared=True))
    close(guards)


def test_a_port_of_ipv6_is_not_one_of_ipv4() -> None:
    with foreigner() as sock:
        try:
            close(reserve("::", [(socket.AF_INET6, "::")], sock.getsockname()[1]))
        except ListenError as error:
            if error.code == "EADDRINUSE":
                raise
            pytest.skip("this machine has no IPv6")


def test_a_guard_that_cannot_be_made_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    def fail(_guard: socket.socket, listening: socket.socket) -> None:
        taken.append(listening.getsockname()[1])
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(addresses, "_take_over", fail)
    with pytest.raises(ListenError, match="EMFILE"):
        reserve(HOST, HERE, 0)
    assert is_free(taken[0])


# Who may listen


def test_all_workers_get_the_port_that_the_first_one_got(reservations: Reservations) -> None:
    place = Place(HOST, 0, 1)
    port = reservations.claim(1, place, HERE)
    assert port > 0
    assert reservations.claim(2, place, HERE) == port
    assert reservations.claim(1, Place(HOST, 0, 2), HERE) != port


def test_one_worker_cannot_listen_twice(reservations: Reservations) -> None:
    place = Place(HOST, free_port(), 0)
    reservations.claim(1, place, HERE)
    with pytest.raises(ListenError) as caught:
        reservations.claim(1, place, HERE)
    assert (caught.value.code, caught.value.port) == ("EADDRINUSE", place.port)
    assert "Address already in use" in str(caught.value)


def test_two_servers_of_the_script_do_not_share(reservations: Reservations) -> None:
    port = reservations.claim(1, Place(HOST, 0, 1), HERE)
    with pytest.raises(ListenError, match="EADDRINUSE"):
        reservations.claim(2, Place("localhost", port, 0), HERE)


def test_a_named_port_is_free_once_nobody_holds_it(reservations: Reservations) -> None:
    port = free_port()
    place = Place(HOST, port, 0)
    for worker in (1, 2):
        assert reservations.claim(worker, place, HERE) == port
    reservations.release(1, place)
    assert not is_free(port)
    reservations.forget(2)
    assert is_free(port)
    reservations.release(2, place)
    assert reservations.claim(1, place, HERE) == port


def test_a_port_that_the_system_chose_is_kept_to_the_end() -> None:
    reservations = Reservations()
    place = Place(HOST, 0, 1)
    port = reservations.claim(1, place, HERE)
    reservations.forget(1)
    assert not is_free(port)
    assert reservations.claim(1, place, HERE) == port
    reservations.close()
    assert is_free(port)


def test_a_refused_claim_leaves_nothing_behind(reservations: Reservations) -> None:
    with foreigner() as sock:
        place = Place(HOST, sock.getsockname()[1], 0)
        with pytest.raises(ListenError):
            reservations.claim(1, place, HERE)
    assert is_free(place.port)
    assert reservations.claim(1, place, HERE) == place.port
