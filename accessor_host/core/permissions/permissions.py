"""The permissions of one host: asked where a resource is known, never for a message."""

from __future__ import annotations

import logging
import os
import shlex
import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ...errors import AccessDeniedError, OptionError
from ...net.addresses import UNIX
from ..folders import Folders
from .addresses import AddressRule, address_of, written
from .audit import Audit
from .patterns import TextRule
from .powers import POWERS, Listening, Power
from .programs import own_program
from .reach import is_covered, parsed, plain, reached, to_connect, to_listen, with_udp

__all__ = ["Grants", "Permissions", "check_run"]

logger = logging.getLogger("accessor_host.permissions")

Grants: TypeAlias = Mapping[str, Any]
"""For each power True, a list of rules, or a mapping with ``allow`` and ``deny`` (each the same);
a power that is not there is not granted. ``place`` is ``"flags"`` or ``"python"``, where they were
given: errors name the remedy there."""

LOG_INTERVAL = 60.0
"""Seconds in which the refusal of one value is logged once."""

MAX_LOGGED = 1_000
"""Values whose refusals are logged."""

_ACTIONS = {
    "read": "reading {}",
    "write": "writing in {}",
    "serial": "opening the serial port {}",
    "env": "reading the environment variable {}",
    "bus": "{} on the bus",
    "mqtt": "{} by MQTT",
    "modules": "requiring {}",
    "run": "starting {}",
}


class Permissions:
    """Decide what the scripts of one host may do.

    Args:
        grants: of the powers.
        audit: notes every use, and nothing is refused; None refuses.
        folders: where the host's scripts come from; these may be read without a grant.

    Raises:
        OptionError: a power does not exist, or a rule of it is none.
    """

    def __init__(
        self, grants: Grants, *, audit: Audit | None = None, folders: Folders | None = None
    ) -> None:
        self.audit = audit
        """What notes every use; None when what is not granted is refused."""
        self.folders = folders or Folders()
        """Where the host's scripts come from."""
        self._place = grants.get("place", "python")
        names = grants.keys() - {"place"}
        for name in names - set(POWERS):
            raise OptionError("permissions", name, f"one of {', '.join(POWERS)}")
        self._listening = Listening("listen", grants.get("listen", ()))
        self._powers = {name: Power(name, grants.get(name, ())) for name in POWERS}
        self._powers["listen"] = self._listening
        self._logged: dict[tuple[str, str], float] = {}

    def check_listen(
        self, host: str, port: int, addresses: Sequence[str], *, udp: bool = False
    ) -> None:
        """Check that a server may listen.

        Args:
            host: name or address of the interface, as the script gives it; or ``unix:PATH``.
            port: which one; 0 is any free one.
            addresses: what the host was resolved to.
            udp: whether it is a port of UDP.

        Raises:
            AccessDeniedError: it may not.
        """
        if host.startswith(UNIX):
            self._check_socket(*addresses)
            return
        power = self._powers["listen"]
        name = plain(host)
        for address in map(parsed, addresses):
            what = f"listening on {written(host, port)}"
            value = to_listen(host, port, address, udp)
            for rule in power.deny:
                # All interfaces are also the one that a rule means.
                means = address.is_unspecified or rule.means(address)
                if rule.has_port(port, udp) and (
                    rule.has_name(name) if rule.name is not None else means
                ):
                    self._refuse("listen", value, what, rule)
                    return
            if power.denies_all:
                self._refuse("listen", value, what, "*")
                return
            granted = power.has_all or any(
                rule.has_port(port, udp) and (rule.means(address) or rule.has_name(name))
                for rule in power.allow
            )
            self._settle("listen", value, what, granted=granted)

    def _check_socket(self, path: str) -> None:
        """Check that a server may listen on a Unix socket, which makes and removes its file."""
        power, value = self._listening, f"{UNIX}{path}"
        what = f"listening on {value}"
        denied = next((rule for rule in power.deny_sockets if rule.means(path)), None)
        if denied is not None:
            self._refuse("listen", value, what, denied)
        elif power.denies_all or power.denies_interfaces:
            self._refuse("listen", value, what, "*")
        else:
            granted = power.has_all or any(rule.means(path) for rule in power.allow_sockets)
            self._settle("listen", value, what, granted=granted)

    def check_name(self, host: str, port: int, *, udp: bool = False) -> None:
        """Check that the name of a server may be looked up, which tells others of it.

        Args:
            host: name or address, as the script gives it.
            port: of the server.
            udp: whether it is a port of UDP.

        Raises:
            AccessDeniedError: whatever its addresses are, they are not permitted.
        """
        if self.audit is not None or address_of(host) is not None:
            return
        power, name = self._powers["connect"], plain(host)
        what, value = f"connecting to {written(host, port)}", with_udp(written(host, port), udp)
        for rule in power.deny:
            if rule.has_port(port, udp) and rule.has_name(name):
                self._refuse("connect", value, what, rule)
        if power.has_all:
            return
        if not any(
            rule.has_port(port, udp) and (rule.name is None or rule.has_name(name))
            for rule in power.allow
        ):
            self._refuse("connect", value, what)

    def check_connect(
        self, host: str, port: int, addresses: Sequence[str], *, udp: bool = False
    ) -> None:
        """Check that a client may connect.

        Args:
            host: name or address of the server, as the script gives it.
            port: of the server.
            addresses: what the host was resolved to.
            udp: whether it is a port of UDP.

        Raises:
            AccessDeniedError: it may not connect to one of them.
        """
        power, name = self._powers["connect"], plain(host)
        those = [reached(parsed(address)) for address in addresses]
        for value, these in to_connect(host, port, those, udp):
            shown = "" if value.endswith(written(host, port)) else f" ({these[0]})"
            what = f"connecting to {written(host, port)}{shown}"
            if power.denies_all:
                self._refuse("connect", value, what, "*")
                return
            for rule in power.deny:
                hit = rule.has_name(name) or any(map(rule.means, these))
                if rule.has_port(port, udp) and hit:
                    self._refuse("connect", value, what, rule)
                    return
            rules = [rule for rule in power.allow if rule.has_port(port, udp)]
            granted = power.has_all or all(is_covered(name, one, rules) for one in these)
            self._settle("connect", value, what, granted=granted)

    def check_target(self, host: str, port: int) -> None:
        """Check that a client may ask a proxy for a server.

        Of a name the proxy alone knows the addresses: no rule about addresses grants it, and each
        that denies some denies it.

        Args:
            host: name or address of the server, as the script gives it.
            port: of the server.

        Raises:
            AccessDeniedError: it may not.
        """
        if address_of(host) is not None:
            self.check_connect(host, port, [host])
            return
        power, name = self._powers["connect"], plain(host)
        what = f"connecting to {written(host, port)} through a proxy"
        # There it is the proxy's machine, which a rule for this one does not mean.
        value = written("*" if name == "localhost" else host, port)
        if power.denies_all:
            self._refuse("connect", value, what, "*")
            return
        for rule in power.deny:
            if rule.has_port(port, False) and (rule.name is None or rule.has_name(name)):
                self._refuse("connect", value, what, rule)
                return
        granted = power.has_all or any(
            rule.has_port(port, False) and (rule.is_for_all or rule.has_name(name))
            for rule in power.allow
        )
        self._settle("connect", value, what, granted=granted)

    def check_read(self, path: str) -> None:
        """Check that a file may be read.

        Args:
            path: as ``realpath`` returned it.

        Raises:
            AccessDeniedError: it may not.
        """
        self._check("read", path, is_free=self._is_free(path))

    def check_files(self, paths: Sequence[str]) -> None:
        """Check that files may be read.

        Args:
            paths: as they were given.

        Raises:
            AccessDeniedError: one of them may not.
        """
        for path in paths:
            self.check_read(os.path.realpath(path))

    def may_read(self, path: str) -> bool:
        """Tell whether a file may be read; nothing is noted.

        Args:
            path: as ``realpath`` returned it.
        """
        return self.audit is not None or self._has("read", path, self._is_free(path))

    def grants_read(self, path: str) -> bool:
        """Tell whether a rule names a file, or a folder that it is in.

        Args:
            path: as ``realpath`` returned it.
        """
        rules = self._powers["read"].allow
        return any(rule.means(path) for rule in rules) and self._denying("read", path) is None

    def grants_variable(self, name: str) -> bool:
        """Tell whether scripts may read an environment variable; nothing is noted.

        Args:
            name: of the variable.
        """
        return self._has("env", name, False)

    def check_write(self, path: str) -> None:
        """Check that a folder may be written in.

        Args:
            path: as ``realpath`` returned it.

        Raises:
            AccessDeniedError: it may not.
        """
        self._check("write", path)

    def check_module(self, name: str, *, is_own: bool) -> None:
        """Check that a module may be required.

        Args:
            name: without its scope.
            is_own: whether it ships with this host: those are granted unless they are denied.

        Raises:
            AccessDeniedError: it may not.
        """
        self._check("modules", f"@modules/{name}", is_free=is_own)

    def check_run(self, path: str, module: str | None = None) -> None:
        """Check that a program may be started.

        Args:
            path: of the program, as :func:`.programs.find_program` returned it.
            module: whose own program it is, with arguments that do no harm; None where a script
                decides what is started.

        Raises:
            AccessDeniedError: it may not; in an audit too, if a script decides: what that program
                would do could not be taken back.
        """
        values = [path] if module is None else [own_program(module), path]
        what = _ACTIONS["run"].format(path)
        for value in values:
            denied = self._denying("run", value)
            if denied is not None:
                self._refuse("run", value, what, denied, is_firm=module is None)
                return
        if not any(self._has("run", value, False) for value in values):
            self._refuse("run", values[0], what, is_firm=module is None)
        elif self.audit is not None:
            self.audit.use("run", values[0])

    def check(self, power: str, value: str) -> None:
        """Check any other power.

        Args:
            power: ``"serial"``, ``"env"``, ``"bus"`` or ``"mqtt"``.
            value: a device with its links followed, a name, or ``VERB:TOPIC``.

        Raises:
            AccessDeniedError: it is not granted.
        """
        self._check(power, value)

    def allowed(self, power: str) -> list[Any] | None:
        """Return the rules that allow, for who holds permissions otherwise than by asking here.

        What is denied inside of what they allow stands in none of them.

        Args:
            power: one of :data:`.powers.POWERS`.

        Returns:
            Rules of addresses for ``listen`` and ``connect``, else of texts; None allows all. Unix
            sockets are apart (:meth:`allowed_sockets`).
        """
        rules = self._powers[power]
        if rules.denies_all:
            return []
        return None if rules.has_all else list(rules.allow)

    def allowed_sockets(self) -> list[str] | None:
        """Return the paths, or folders, of the Unix sockets that allow servers; None is all."""
        if self._listening.denies_all or self._listening.denies_interfaces:
            return []
        paths = [rule.text.removeprefix(UNIX) for rule in self._listening.allow_sockets]
        return None if self._listening.has_all else paths

    def _is_free(self, path: str) -> bool:
        return self.folders.hold(path) or self.folders.hold_package(path)

    def _check(self, name: str, value: str, *, is_free: bool = False) -> None:
        what = _ACTIONS[name].format(value)
        denied = self._denying(name, value)
        if denied is not None:
            self._refuse(name, value, what, denied)
        elif not is_free:
            self._settle(name, value, what, granted=self._has(name, value, False))

    def _has(self, name: str, value: str, is_free: bool) -> bool:
        power = self._powers[name]
        if self._denying(name, value) is not None:
            return False
        return is_free or power.has_all or any(rule.means(value) for rule in power.allow)

    def _denying(self, name: str, value: str) -> TextRule | str | None:
        power = self._powers[name]
        if power.denies_all:
            return "*"
        return next((one for one in power.deny if (one.touches or one.means)(value)), None)

    def _settle(self, power: str, value: str, what: str, *, granted: bool) -> None:
        if granted:
            if self.audit is not None:
                self.audit.use(power, value)
        else:
            self._refuse(power, value, what)

    def _refuse(
        self,
        power: str,
        value: str,
        what: str,
        rule: AddressRule | TextRule | str | None = None,
        *,
        is_firm: bool = False,
    ) -> None:
        if self.audit is not None:
            self.audit.use(power, value)
            self.audit.tell(power, value, what)
            if not is_firm:
                return
        text = f"{what} is not permitted; {self._remedy(power, value)}"
        if rule is not None:
            text = f"{what} is not permitted: it is denied by {rule if rule == '*' else rule[0]!r}"
        text = _printable(text)
        self._log(power, value, text)
        raise AccessDeniedError(power, value, text)

    def _remedy(self, power: str, value: str) -> str:
        if self._place == "flags":
            return f"allow it with --allow-{power}={shlex.quote(value.replace(',', ',,'))}"
        return f"allow it with permissions={{{power!r}: [{value!r}]}}"

    def _log(self, power: str, value: str, text: str) -> None:
        now, key = time.monotonic(), (power, value)
        last = self._logged.get(key)
        if last is None and len(self._logged) >= MAX_LOGGED:
            return
        if last is None or now - last >= LOG_INTERVAL:
            self._logged[key] = now
            logger.info("%s", text)


def check_run(permissions: Permissions | None, path: str) -> None:
    """Check that scripts may start a program of their choice; without permissions, they may not.

    Args:
        permissions: of the scripts.
        path: of the program, as :func:`.programs.find_program` returned it.

    Raises:
        AccessDeniedError: they may not.
    """
    if permissions is not None:
        permissions.check_run(path)
        return
    reason = (
        f"starting {path} is not permitted; allow it with "
        f"--allow-run={shlex.quote(path.replace(',', ',,'))}, "
        f"in Python with permissions={{'run': [{path!r}]}}"
    )
    raise AccessDeniedError("run", path, _printable(reason))


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else "\ufffd" for one in text)
