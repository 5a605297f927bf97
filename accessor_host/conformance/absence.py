"""Whether a host has a module at all: one that lacks it is not judged for each of its cases."""

from __future__ import annotations

from dataclasses import dataclass

from .case import Case
from .trial import Trial
from .values import UNDEFINED, JsError

__all__ = ["Absence", "ModuleAbsent", "find_absence", "probe"]

NOT_FOUND = ("MODULE_NOT_FOUND", "ERR_MODULE_NOT_AVAILABLE")
"""Codes of the error: Node's, of every host that keeps to its rules, and that of this host for a
module that it knows and has not."""

MAX_REASON = 300
"""Characters of an error's first line: a path or two."""


@dataclass(frozen=True)
class Absence:
    """Why the cases for a module have no verdict.

    Args:
        reason: in a sentence.
        is_fault: whether the host has the module, but cannot load it.
    """

    reason: str
    is_fault: bool


def probe(module: str) -> Case:
    """Return a case that does nothing but require a module; it passes if that is there.

    Args:
        module: name without scope.
    """

    async def drive(trial: Trial) -> None:
        report = await trial.next("whether the module is there")
        # A host that says anything else is judged case by case.
        if report.name == "module" and report.values[0] == "threw":
            raise find_absence(module, report.values[1])

    script = f"attempt('module', function () {{ require('@modules/{module}'); }});"
    clause = "The module is there."
    return Case(f"probe/{module}", module, "extra", clause, "module resolution", script, drive)


class ModuleAbsent(Exception):
    """Say that a module is not there.

    Args:
        absence: why.
    """

    def __init__(self, absence: Absence) -> None:
        super().__init__(absence.reason)
        self.absence = absence


def find_absence(module: str, error: object) -> ModuleAbsent:
    """Return what is said of an error that ``require`` has thrown.

    Args:
        module: what was required, without scope.
        error: as it was reported.
    """
    message, code = str(error), None
    if isinstance(error, JsError):
        message = str(error.message)
        code = None if error.code == UNDEFINED else error.code
    lines = message.splitlines() or [""]
    first = lines[0][:MAX_REASON]
    if code in NOT_FOUND and module in first:
        return ModuleAbsent(Absence(f"no such module: {first}", is_fault=False))
    # What it needs is not installed: no fault of its own either.
    fault = code not in NOT_FOUND
    return ModuleAbsent(Absence(f"the module does not load: {first}", is_fault=fault))
