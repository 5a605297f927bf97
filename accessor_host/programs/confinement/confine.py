"""Have the kernel hold the permissions of a program's scripts, as far as its user wants it to."""

from __future__ import annotations

import logging
from typing import Any

from ...core.permissions import Grants, Permissions
from ...errors import AccessorHostError, OptionError
from . import landlock
from .plan import Plan

__all__ = ["MODES", "confine", "describe", "hold", "make_plan"]

logger = logging.getLogger("accessor_host.confinement")

MODES = ("auto", "require", "off")
"""Whether the kernel holds permissions: as far as it can, at least files and ports, or not."""


def confine(mode: str, permissions: Permissions | Grants | None, **details: Any) -> None:
    """Have the kernel hold permissions of this process, and log what it holds.

    Call it before there is a second thread, and before the first script is read.

    Args:
        mode: one of :data:`MODES`.
        permissions: of the scripts; without any, and where an audit is made, nothing is held.
        details: for :class:`~.plan.Plan`.

    Raises:
        AccessorHostError: the mode is ``"require"``, and the kernel does not hold files and ports,
            or there is nothing to hold.
        OptionError: the mode or a permission is none.
    """
    plan = make_plan(mode, permissions, **details)
    if plan is not None and hold(plan, mode):
        describe(plan)


def make_plan(mode: str, permissions: Permissions | Grants | None, **details: Any) -> Plan | None:
    """Return what is to be held, or None for nothing.

    Args:
        mode: as for :func:`confine`.
        permissions: likewise.
        details: likewise.

    Raises:
        AccessorHostError: likewise.
        OptionError: likewise.
    """
    if mode not in MODES:
        raise OptionError("confine", mode, f"one of {', '.join(MODES)}")
    if permissions is not None and not isinstance(permissions, Permissions):
        permissions = Permissions(permissions)
    is_enforced = permissions is not None and permissions.audit is None
    if mode == "require" and not is_enforced:
        raise AccessorHostError("there are no permissions that the kernel could hold")
    if mode == "off" or permissions is None or not is_enforced:
        return None
    plan = Plan(permissions, **details)
    if mode == "require" and plan.level < landlock.NETWORK:
        raise AccessorHostError(
            f"the kernel has to hold files and TCP ports, which takes Linux "
            f"{landlock.LINUX[landlock.NETWORK]} with Landlock; {plan}"
        )
    return plan


def hold(plan: Plan, mode: str) -> bool:
    """Hold a plan; return whether it is held.

    Args:
        plan: result of :func:`make_plan`.
        mode: likewise.

    Raises:
        AccessorHostError: the mode is ``"require"``, and the kernel refuses.
    """
    try:
        plan.hold()
    except OSError as error:
        reason = error.strerror or error
        if mode == "require":
            raise AccessorHostError(f"the kernel does not hold the permissions: {reason}") from None
        logger.warning("kernel: nothing (%s)", reason)
        return False
    return True


def describe(plan: Plan) -> None:
    """Log what is held, as a warning where the kernel does not hold files and ports.

    Args:
        plan: result of :func:`make_plan`.
    """
    level = logging.INFO if plan.level >= landlock.NETWORK else logging.WARNING
    logger.log(level, "%s", plan)
    for path in plan.absent:
        logger.warning("%s is not there yet, and the kernel will not let it be read", path)
