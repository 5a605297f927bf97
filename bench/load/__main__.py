"""The process: ``python -m bench.load``."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import sys
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec

from . import broadcast, echo, opening, streams
from .jobs import Job, Result
from .sockets import FailedError, close_all, open_all

_LOOPS = import_module("uvloop") if find_spec("uvloop") else asyncio


def main() -> None:
    """Do one job after the other."""
    # A collection in the middle of a window would be seen as latency of the server.
    gc.disable()
    held: list[socket.socket] = []
    for line in sys.stdin:
        job = Job(**json.loads(line))
        os.sched_setaffinity(0, job.cores)
        try:
            answer: dict[str, object] = asdict(_run(job, held))
        except (FailedError, OSError, TimeoutError) as error:
            answer = {"error": str(error) or type(error).__name__}
        print(json.dumps(answer), flush=True)
        gc.collect()


def _run(job: Job, held: list[socket.socket]) -> Result:
    match job.kind:
        case "echo":
            with asyncio.Runner(loop_factory=_LOOPS.new_event_loop) as runner:
                return runner.run(echo.run(job))
        case "broadcast":
            return broadcast.run(job)
        case "open":
            return opening.run(job)
        case "tcp" | "udp":
            return streams.run(job)
        case "hold":
            held += open_all(job.port, job.connections)
        case "release":
            close_all(held)
            held.clear()
    return Result()


if __name__ == "__main__":
    main()
