"""Connections opened per second."""

from __future__ import annotations

from .jobs import Job, Result
from .sockets import close_all, open_all
from .window import Window

__all__ = ["run"]


def run(job: Job) -> Result:
    """Open connections in batches, and close each batch when the clock stands still."""
    _batches(job, job.warm_up)
    return _batches(job, job.seconds)


def _batches(job: Job, seconds: float) -> Result:
    window = Window(job.pids)
    count = 0
    while window.seconds < seconds:
        with window:
            clients = open_all(job.port, job.connections)
        count += len(clients)
        close_all(clients)
    return window.result(count)
