"""What the load generator is asked to do, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Job", "Kind", "Result"]

Kind = Literal["echo", "broadcast", "open", "hold", "release", "tcp", "udp"]


@dataclass(frozen=True, slots=True)
class Job:
    """One measurement.

    Args:
        kind: ``echo`` counts what comes back, ``broadcast`` what comes to all for one message,
            ``open`` connections; ``hold`` opens connections and leaves them alone until
            ``release``. ``tcp`` and ``udp`` are ``echo`` without a web socket.
        port: where the server listens.
        connections: how many.
        in_flight: messages on each that are not answered yet.
        payload: what :func:`~bench.load.payloads.payload` takes.
        warm_up: seconds before anything is counted.
        seconds: how long to count.
        latencies: whether each answer is timed; for one message in flight.
        pids: the server's processes, whose processor time is counted.
        cores: where the load generator runs.
    """

    kind: Kind
    port: int = 0
    connections: int = 1
    in_flight: int = 1
    payload: str = "reading"
    warm_up: float = 0.2
    seconds: float = 1.0
    latencies: bool = False
    pids: tuple[int, ...] = ()
    cores: tuple[int, ...] = ()


@dataclass(slots=True)
class Result:
    """What came of a job.

    Args:
        count: messages that came back, deliveries, or connections that were opened.
        seconds: how long it took, on the clock.
        load_cpu: part of that time in which the load generator computed.
        server_cpu: the same for the server, over all its threads and processes.
        load_waited: part of that time in which the load generator could have run, but something
            else had its core.
        server_waited: the same for the server, by main threads: the one that waited most.
        microseconds: p50 and p99 of the latencies, if they were asked for.
    """

    count: int = 0
    seconds: float = 0.0
    load_cpu: float = 0.0
    server_cpu: float = 0.0
    load_waited: float = 0.0
    server_waited: float = 0.0
    microseconds: dict[str, float] = field(default_factory=dict)
