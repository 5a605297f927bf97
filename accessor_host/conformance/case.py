"""What a case is: one clause of the specification, and how to see whether a host keeps it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from .trial import Trial

__all__ = ["LEVELS", "NEEDS", "Case", "Drive", "Level", "Suite"]

Level = Literal["must", "should", "extra"]

LEVELS: tuple[Level, ...] = get_args(Level)
"""``must``: the specification says so. ``should``: it implies so, or every host needs it.
``extra``: a decision of accessor-host, which other hosts are free not to share."""

NEEDS = ("tls", "ipv6", "documented-port")
"""What the machine has to offer for some cases; without it they are skipped."""

Drive = Callable[["Trial"], Awaitable[None]]


@dataclass(frozen=True)
class Case:
    """One thing that a host does or does not do.

    Args:
        id: stable name, ``subject/topic/detail``.
        module: module that it is about.
        level: one of :data:`LEVELS`.
        clause: what is expected, in a sentence.
        source: where the specification says so.
        script: the accessor's JavaScript; the prelude comes before it.
        drive: the other side: what happens on the wire, and what the script must report.
        needs: names out of :data:`NEEDS`.
        held: whether the host waits until the driver calls ``start``, because its script connects
            to what the driver has to set up first.
        expected: what the script must report, where that is all: one tuple for each report, its
            name and its values.
        accessor: whether the script is an accessor, which hosts run in another way.
    """

    id: str
    module: str
    level: Level
    clause: str
    source: str
    script: str
    drive: Drive
    needs: tuple[str, ...] = ()
    held: bool = False
    # Some values have no hash.
    expected: tuple[tuple[Any, ...], ...] = field(default=(), compare=False)
    accessor: bool = False

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"{self.id}: there is no level {self.level!r}")
        if unknown := set(self.needs) - set(NEEDS):
            raise ValueError(f"{self.id}: unknown needs {sorted(unknown)}")
        if not (self.clause and self.source and self.script):
            raise ValueError(f"{self.id}: clause, source and script are needed")


class Suite:
    """The cases of one topic, collected as they are written down.

    Args:
        module: module that they are about.
        subject: first part of their names.
        held: as for :class:`Case`.
        accessor: as for :class:`Case`.
    """

    def __init__(
        self, module: str, subject: str, *, held: bool = False, accessor: bool = False
    ) -> None:
        self.accessor = accessor
        self.held = held
        self.module = module
        self.subject = subject
        self.cases: list[Case] = []

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)

    def case(
        self,
        name: str,
        level: Level,
        clause: str,
        source: str,
        script: str,
        *,
        needs: tuple[str, ...] = (),
        expected: tuple[tuple[Any, ...], ...] = (),
    ) -> Callable[[Drive], Drive]:
        """Make a case of the function that follows; arguments as for :class:`Case`."""

        def add(drive: Drive) -> Drive:
            self.cases.append(
                Case(
                    f"{self.subject}/{name}",
                    self.module,
                    level,
                    clause,
                    source,
                    script.strip("\n"),
                    drive,
                    needs,
                    self.held,
                    expected,
                    self.accessor,
                )
            )
            return drive

        return add

    def reports(
        self,
        name: str,
        level: Level,
        clause: str,
        source: str,
        script: str,
        *expected: tuple[Any, ...],
    ) -> None:
        """Add a case without a wire: a script, and what it must report.

        Args:
            expected: one tuple for each report: its name, then its values.
        """

        async def drive(trial: Trial) -> None:
            if self.held:
                await trial.start()
            for report, *values in expected:
                await trial.expect(str(report), *values)

        self.case(name, level, clause, source, script, expected=expected)(drive)
