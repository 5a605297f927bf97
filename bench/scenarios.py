"""What is measured, and how good it has to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .load.jobs import Job
from .probes import IdleProbe, LoadProbe, MemoryProbe, Probe, StartProbe
from .servers import NODE, OURS

__all__ = ["GUARDED", "NAMES", "Metric", "Scenario", "Variant", "scenarios"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of a scenario.

    Args:
        key: which value of a sample.
        unit: what is printed behind it.
        higher: whether more is better.
        targets: for the servers that have one: what the ratio must reach, or must not exceed.
    """

    key: str
    unit: str
    higher: bool = True
    targets: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Variant:
    """How a server is started for a scenario.

    Args:
        script: what it runs.
        workers: how many processes.
        options: of the command, for servers of ours.
        all_cores: whether server and load run on all cores, and not on one each.
        label: what it is called beside another variant.
    """

    script: str = "echo"
    workers: int = 1
    options: tuple[str, ...] = ()
    all_cores: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is measured with every server in turn.

    Args:
        name: for ``--scenario``.
        title: in words.
        probe: measures.
        metrics: what of it counts.
        variant: how servers are started.
        baseline: what a server is compared with: another variant of itself; None is Node.
        servers: which can take part; empty is all.
        series: the curve on which this is a point, also for ``--scenario``.
        x: where on the curve.
        least: fewest samples; 0 is as many as asked for.
        most: most samples; 0 is as many as asked for.
        longest: most seconds of a sample; 0 is as long as asked for.
    """

    name: str
    title: str
    probe: Probe
    metrics: tuple[Metric, ...]
    variant: Variant = Variant()
    baseline: Variant | None = None
    servers: tuple[str, ...] = ()
    series: str = ""
    x: int = 0
    least: int = 0
    most: int = 0
    longest: float = 0.0


def _targets(fast: float, dukpy: float) -> dict[str, float]:
    # Without uvloop, too: the base install has no easier mark.
    return {"quickjs": fast, "dukpy": dukpy, "dukpy-asyncio": dukpy}


_FIXED = (
    Scenario(
        "echo-100x1",
        "echo, JSON object, 100 connections, 1 in flight",
        LoadProbe(Job("echo", connections=100)),
        (Metric("rate", "messages/s", targets=_targets(1.0, 0.8)),),
    ),
    Scenario(
        "echo-10x16",
        "echo, 10 connections, 16 in flight",
        LoadProbe(Job("echo", connections=10, in_flight=16)),
        (Metric("rate", "messages/s", targets=_targets(1.2, 0.9)),),
    ),
    Scenario(
        "latency",
        "echo, 1 connection, 1 in flight",
        LoadProbe(Job("echo", latencies=True)),
        (
            Metric("p50", "µs, p50", higher=False, targets=_targets(1.1, 2.0)),
            Metric("p99", "µs, p99", higher=False, targets=_targets(1.1, 2.0)),
        ),
    ),
    Scenario(
        "broadcast",
        "broadcast: 1 message in, sent to 1,000 sockets",
        LoadProbe(Job("broadcast", connections=1000)),
        (Metric("rate", "deliveries/s", targets=_targets(1.0, 0.8)),),
        variant=Variant("broadcast"),
    ),
    Scenario(
        "broadcast-api",
        "server.broadcast to 1,000 sockets, Node with its loop",
        LoadProbe(Job("broadcast", connections=1000)),
        (Metric("rate", "deliveries/s", targets=_targets(1.2, 1.2)),),
        variant=Variant("broadcast-api"),
    ),
    Scenario(
        "text-64k",
        "64 KiB text messages, echo, 10 connections",
        LoadProbe(Job("echo", connections=10, payload="text:65536")),
        (Metric("mebibytes", "MiB/s", targets=_targets(1.0, 0.7)),),
        variant=Variant("text"),
    ),
    Scenario(
        "json-64k",
        "64 KiB of JSON readings, echo, 10 connections",
        LoadProbe(Job("echo", connections=10, payload="readings:65536")),
        (Metric("mebibytes", "MiB/s"),),
    ),
    Scenario(
        "tcp-echo",
        "echo over TCP without messages, 100 connections, 1 in flight",
        LoadProbe(Job("tcp", connections=100)),
        (Metric("rate", "messages/s", targets={"quickjs": 1.0}),),
        variant=Variant("tcp"),
        servers=(*OURS, NODE),
    ),
    Scenario(
        "udp-echo",
        "echo over UDP, 10 sockets, 16 datagrams in flight",
        LoadProbe(Job("udp", connections=10, in_flight=16)),
        (Metric("rate", "messages/s", targets={"quickjs": 1.0}),),
        variant=Variant("udp"),
        servers=(*OURS, NODE),
    ),
    Scenario(
        "open",
        "connections opened per second",
        LoadProbe(Job("open", connections=500)),
        (Metric("rate", "connections/s", targets=_targets(1.0, 1.0)),),
    ),
    Scenario(
        "open-verified",
        "connections opened per second with verifyClient, against without",
        LoadProbe(Job("open", connections=500)),
        (Metric("rate", "connections/s", targets=_targets(0.6, 0.6)),),
        variant=Variant("verify", label="verifyClient"),
        baseline=Variant("echo", label="without"),
        servers=OURS,
    ),
    Scenario(
        "memory",
        "memory of a started server",
        MemoryProbe(),
        (
            Metric("rss", "MiB RSS", higher=False, targets=_targets(0.5, 0.5)),
            Metric("pss", "MiB PSS", higher=False),
            Metric("uss", "MiB USS", higher=False),
        ),
        most=3,
    ),
    Scenario(
        "memory-idle",
        "memory per idle connection at 5,000",
        IdleProbe(5000),
        (
            Metric("rss", "KiB RSS", higher=False, targets=_targets(0.8, 0.8)),
            Metric("uss", "KiB USS", higher=False),
        ),
        most=3,
    ),
    Scenario(
        "start",
        "start: process begin to listening",
        StartProbe(),
        # Nothing is imported as something that it is not, which costs 0.1 to 0.2.
        (Metric("milliseconds", "ms", higher=False, targets=_targets(1.8, 1.8)),),
        least=10,
    ),
    Scenario(
        "heap",
        "echo with 100,000 live objects, against none",
        LoadProbe(Job("echo", connections=100)),
        (Metric("rate", "messages/s", targets={"quickjs": 0.9}),),
        variant=Variant("heap", label="100,000 objects"),
        baseline=Variant("echo", label="empty heap"),
    ),
    Scenario(
        "workers",
        "two workers on two cores, against one process",
        LoadProbe(Job("echo", connections=32)),
        (Metric("rate", "messages/s", targets=_targets(1.7, 1.7)),),
        variant=Variant("work", workers=2, all_cores=True, label="2 workers"),
        baseline=Variant("work", all_cores=True, label="1 process"),
        servers=OURS,
    ),
)

_PERMISSIONS = ("permissions-100x1", "permissions-10x16")

_CONNECTIONS = (1, 10, 100, 1000, 5000)
_SIZES = (16, 256, 4096, 65536, 1048576)

NAMES = (*(scenario.name for scenario in _FIXED), *_PERMISSIONS, "connections", "sizes")
"""What ``--scenario`` takes."""

GUARDED = (
    *("echo-100x1", "echo-10x16", "broadcast", "text-64k", "open", "memory", "start"),
    "permissions-100x1",
)
"""What ``--guard`` measures: each in seconds, and the same from run to run."""


def scenarios(names: tuple[str, ...] = NAMES, *, quick: bool = False) -> list[Scenario]:
    """Return scenarios, in their order.

    Args:
        names: of scenarios and series.
        quick: whether fewer points of the series will do.
    """
    every = (*_FIXED, *_permissions(quick), *_connections(quick), *_sizes(quick))
    return [scenario for scenario in every if scenario.name in names or scenario.series in names]


def _permissions(quick: bool) -> list[Scenario]:
    return [
        Scenario(
            name,
            f"echo with permissions, against none, {job.connections} connections, "
            f"{job.in_flight} in flight",
            # Where a process has its memory makes more of a difference than what is looked for.
            LoadProbe(job, fresh=True),
            # On the clock, the load generator and others on the machine would count as well.
            (Metric("per_core", "messages/s of processor time", targets=_targets(0.99, 0.99)),),
            variant=Variant("echo", options=("--sandbox", "--allow-listen=*"), label="permissions"),
            baseline=Variant("echo", label="none"),
            servers=OURS,
            # For an error of the median well below a hundredth.
            least=0 if quick else 40,
            longest=0.4,
        )
        for name, job in zip(
            _PERMISSIONS,
            (Job("echo", connections=100), Job("echo", connections=10, in_flight=16)),
            strict=True,
        )
    ]


def _connections(quick: bool) -> list[Scenario]:
    return [
        Scenario(
            f"connections-{count}",
            f"echo, {count:,} connection{'s' * (count > 1)}, 1 in flight",
            LoadProbe(Job("echo", connections=count)),
            (Metric("rate", "messages/s"),),
            series="connections",
            x=count,
        )
        for count in (_CONNECTIONS[:4:3] if quick else _CONNECTIONS)
    ]


def _sizes(quick: bool) -> list[Scenario]:
    return [
        Scenario(
            f"sizes-{size}",
            f"echo, JSON of {size:,} bytes, 10 connections",
            LoadProbe(Job("echo", connections=10, payload=f"json:{size}")),
            (Metric("rate", "messages/s"),),
            series="sizes",
            x=size,
        )
        for size in (_SIZES[:4:3] if quick else _SIZES)
    ]
