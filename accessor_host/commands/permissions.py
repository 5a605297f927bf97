"""The options by which a user says what scripts may do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import AccessorHostError

if TYPE_CHECKING:
    from ..core.permissions import Audit

__all__ = ["AUDIT", "add_permissions", "confine", "permission_settings"]

AUDIT = "--permissions-audit"
"""The option whose value may be left out."""

_STDERR = "-"
"""Its value then."""

_POWERS = {
    "listen": ("PORT", "where servers may listen: 8082, localhost:8000-8010, *:443, unix:/run/app"),
    "connect": ("HOST", "hosts to connect to: example.com:443, 10.0.0.0/8:1883, public, private"),
    "read": ("PATH", "files and folders to read"),
    "write": ("PATH", "folders to write in"),
    "serial": ("DEVICE", "serial ports to open: /dev/ttyUSB*"),
    "env": ("NAME", "environment variables to read: NAME, PREFIX_*"),
    "modules": ("NAME", "modules of other packages to require: @modules/thermometer"),
    "run": ("PROGRAM", "programs to start: git, /opt/bin/*, @modules/tesseract"),
}
"""The powers that have options, with the word for a value and what it is."""


def add_permissions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Add the options; :func:`permission_settings` has their meaning.

    Args:
        parser: of the command.
    """
    actions = []
    for power, (value, what) in _POWERS.items():
        for verb, effect in (("allow", f"{what}; all else is denied"), ("deny", "")):
            actions.append(
                parser.add_argument(
                    f"--{verb}-{power}",
                    action="extend",
                    type=_values,
                    default=[],
                    metavar=f"{value},...",
                    help=effect or f"the same, denied; wins over --allow-{power}",
                )
            )
    return [
        *actions,
        parser.add_argument(
            "--sandbox", action="store_true", help="deny all that is not allowed by an option"
        ),
        parser.add_argument(
            AUDIT,
            nargs="?",
            const=_STDERR,
            metavar="=FILE",
            help="deny nothing; write what would be denied, to FILE or standard error, and at the "
            "end the options that the run needs",
        ),
        parser.add_argument(
            "--confine",
            choices=("auto", "require", "off"),
            default="auto",
            help="whether the kernel holds these options too: as far as it can (default: auto), "
            "or else there is no run (require)",
        ),
    ]


def confine(options: argparse.Namespace, settings: dict[str, Any], **details: Any) -> None:
    """Have the kernel hold what scripts may do, in this process from now on.

    Args:
        options: with those of :func:`add_permissions`.
        settings: result of :func:`permission_settings`.
        details: for :class:`~accessor_host.programs.confinement.Plan`.

    Raises:
        AccessorHostError: the user requires it, and the kernel does not.
    """
    if settings["permissions"] is None and options.confine != "require":
        return
    # Imported late: most runs do without.
    from ..programs import confinement

    confinement.confine(options.confine, settings["permissions"], **details)


@contextmanager
def permission_settings(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Return the keyword argument ``permissions`` for a host; at the end, say what an audit found.

    Args:
        options: with those of :func:`add_permissions`.

    Raises:
        AccessorHostError: the file of the audit cannot be written.
        OptionError: a rule is none.
    """
    grants = _grants(options)
    if grants is None:
        yield {"permissions": None}
        return
    from ..core.permissions import Audit, Permissions

    if options.permissions_audit is None:
        # Now, as workers would each say so.
        Permissions(grants)
        yield {"permissions": grants}
        return
    if options.permissions_audit == _STDERR:
        audit = Audit(sys.stderr)
        yield {"permissions": Permissions(grants, audit=audit)}
    else:
        try:
            # Closed at the end of the process, as threads may write until then.
            file = open(options.permissions_audit, "w", encoding="utf-8")  # noqa: SIM115
        except OSError as error:
            name = options.permissions_audit
            raise AccessorHostError(f"cannot write {name}: {error.strerror}") from None
        audit = Audit(file, as_json=True)
        yield {"permissions": Permissions(grants, audit=audit)}
        file.close()
    sys.stderr.write(f"accessor-host: this run needs: {_flags(audit)}\n")


def _grants(options: argparse.Namespace) -> dict[str, Any] | None:
    allowed = {power: getattr(options, f"allow_{power}") for power in _POWERS}
    denied = {power: getattr(options, f"deny_{power}") for power in _POWERS}
    is_audit = options.permissions_audit is not None
    if not (options.sandbox or is_audit or any(allowed.values()) or any(denied.values())):
        return None
    from ..core.permissions import POWERS

    takes_away = any(denied.values()) and not any(allowed.values()) and not options.sandbox
    grants: dict[str, Any] = {
        power: {
            "allow": True if takes_away else allowed.get(power, []),
            "deny": denied.get(power, []),
        }
        for power in POWERS
    }
    if takes_away:
        # Programs that scripts choose are not permitted without these options either.
        grants["run"] = {"allow": ["@modules/*"], "deny": denied["run"]}
    return grants | {"place": "flags"}


def _flags(audit: Audit) -> str:
    # Imported late: hardly any run has an audit.
    import shlex

    flags = [
        f"--allow-{power}={shlex.quote(','.join(value.replace(',', ',,') for value in values))}"
        for power, values in sorted(audit.smallest.items())
    ]
    return " ".join(flags) or "--sandbox"


def _values(text: str) -> list[str]:
    """Split a list at its commas; two of them are one in a value."""
    values = [value.replace("\0", ",") for value in text.replace(",,", "\0").split(",")]
    if not all(values):
        raise argparse.ArgumentTypeError(f"expected values with a comma between, not {text!r}")
    return values
