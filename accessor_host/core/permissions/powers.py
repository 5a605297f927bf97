"""The powers of scripts: their names, and the rules that were given for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ...errors import OptionError
from .addresses import AddressRule, parse_address, parse_listen
from .patterns import TextRule, parse_path, parse_pattern, parse_topic
from .programs import parse_program

__all__ = ["POWERS", "Listening", "Power"]

_PARSERS: dict[str, Callable[[str], Any]] = {
    "listen": parse_listen,
    "connect": parse_address,
    "read": parse_path,
    "write": parse_path,
    "serial": partial(parse_pattern, but="/"),
    "env": parse_pattern,
    "bus": parse_pattern,
    "mqtt": parse_topic,
    "modules": parse_pattern,
    "run": parse_program,
}

POWERS = tuple(_PARSERS)
"""What a script can be granted."""


class Power:
    """The rules of one power."""

    def __init__(self, name: str, grant: object) -> None:
        both = grant if isinstance(grant, Mapping) else {"allow": grant}
        unknown = both.keys() - {"allow", "deny"}
        if unknown:
            raise OptionError(f"permissions.{name}", grant, "the keys 'allow' and 'deny'")
        parse = _PARSERS[name]
        self.has_all, self.allow = _rules(name, both.get("allow", ()), parse)
        self.denies_all, self.deny = _rules(name, both.get("deny", ()), parse)


class Listening(Power):
    """The rules of the power to listen: of addresses, and of Unix sockets."""

    def __init__(self, name: str, grant: object) -> None:
        super().__init__(name, grant)
        self.denies_interfaces = any(rule[0] == "*" for rule in self.deny)
        self.allow, self.allow_sockets = _parted(self.allow)
        self.deny, self.deny_sockets = _parted(self.deny)


def _rules(name: str, given: object, parse: Callable[[str], Any]) -> tuple[bool, list[Any]]:
    """Return whether everything is meant, and the rules."""
    if isinstance(given, bool):
        return given, []
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise OptionError(f"permissions.{name}", given, "True, or a list of rules")
    rules = []
    for text in given:
        try:
            rules.append(parse(text))
        except (ValueError, TypeError, AttributeError) as error:
            raise OptionError(f"permissions.{name}", text, f"a rule: {error}") from None
    return False, rules


def _parted(rules: list[Any]) -> tuple[list[AddressRule], list[TextRule]]:
    return (
        [rule for rule in rules if isinstance(rule, AddressRule)],
        [rule for rule in rules if isinstance(rule, TextRule)],
    )
