"""Permissions: what a rule means, what wins, and what a refusal says."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import pytest

from accessor_host import AccessDeniedError, OptionError
from accessor_host.core.folders import Folders
from accessor_host.core.permissions import POWERS, Audit, Permissions

EVERYTHING: dict[str, Any] = dict.fromkeys(POWERS, True)


def asks(permissions: Permissions, power: str, value: Any) -> None:
    """Ask for one thing: a tuple for addresses, a text for all else."""
    if power == "listen":
        host, port, *addresses = value
        permissions.check_listen(host, port, addresses)
    elif power == "connect":
        host, port, *addresses = value
        permissions.check_name(host, port)
        permissions.check_connect(host, port, addresses)
    elif power == "read":
        permissions.check_read(value)
    elif power == "write":
        permissions.check_write(value)
    elif power == "modules":
        permissions.check_module(value, is_own=False)
    elif power == "run":
        permissions.check_run(value)
    else:
        permissions.check(power, value)


def is_permitted(grants: Any, power: str, value: Any) -> bool:
    try:
        asks(Permissions(grants), power, value)
    except AccessDeniedError:
        return False
    return True


LOCAL = ("localhost", 8082, "127.0.0.1", "::1")
ALL = ("0.0.0.0", 8082, "0.0.0.0")
LAN = ("192.168.1.5", 8082, "192.168.1.5")
SITE = ("example.com", 443, "93.184.216.34", "2606:2800:220:1::1")
SUB = ("a.b.example.com", 443, "93.184.216.34")
BROKER = ("broker.lan", 1883, "10.1.2.3")

TABLE: list[tuple[str, list[str], Any, bool]] = [
    # Servers. A bare port is one of loopback.
    ("listen", [], LOCAL, False),
    ("listen", ["8082"], LOCAL, True),
    ("listen", ["8082"], ALL, False),
    ("listen", ["8082"], LAN, False),
    ("listen", ["8083"], LOCAL, False),
    ("listen", ["localhost:8000-8090"], LOCAL, True),
    ("listen", ["localhost:8000-8081"], LOCAL, False),
    ("listen", ["localhost"], LOCAL, True),
    ("listen", ["*:8082"], ALL, True),
    ("listen", ["*:8082"], LAN, True),
    ("listen", ["*:443"], ALL, False),
    ("listen", ["0.0.0.0:8082"], ALL, True),
    ("listen", ["192.168.0.0/16:8082"], LAN, True),
    ("listen", ["192.168.0.0/16"], LOCAL, False),
    ("listen", ["127.0.0.1:8082"], LOCAL, False),
    ("listen", ["127.0.0.1:8082", "[::1]:8082"], LOCAL, True),
    ("listen", ["udp:8082"], LOCAL, False),
    # Clients.
    ("connect", [], SITE, False),
    ("connect", ["example.com"], SITE, True),
    ("connect", ["EXAMPLE.com.:443"], SITE, True),
    ("connect", ["example.com:80"], SITE, False),
    ("connect", ["*.example.com:443"], SUB, True),
    ("connect", ["*.example.com:443"], SITE, False),
    ("connect", ["*.example.com"], ("badexample.com", 443, "93.184.216.34"), False),
    ("connect", ["*"], SITE, True),
    ("connect", ["*"], LOCAL, True),
    ("connect", ["public"], SITE, True),
    ("connect", ["public"], BROKER, False),
    ("connect", ["private:1883"], BROKER, True),
    ("connect", ["private:1884"], BROKER, False),
    ("connect", ["private"], LOCAL, False),
    ("connect", ["private"], ("x", 80, "169.254.1.1"), False),
    ("connect", ["loopback"], LOCAL, True),
    ("connect", ["8082"], LOCAL, True),
    ("connect", ["localhost:8082"], LOCAL, True),
    ("connect", ["localhost"], ("127.0.0.1", 8082, "127.0.0.1"), True),
    ("connect", ["localhost"], ("127.0.0.2", 8082, "127.0.0.2"), False),
    ("connect", ["localhost"], ("0.0.0.0", 8082, "0.0.0.0"), True),
    ("connect", ["10.0.0.0/8:1883"], BROKER, True),
    ("connect", ["10.0.0.0/8"], ("x", 1, "10.1.2.3", "11.1.2.3"), False),
    ("connect", ["10.0.0.0/8"], ("x", 1, "::ffff:10.1.2.3"), True),
    ("connect", ["fd00::/8"], ("x", 1, "fd00::5"), True),
    ("connect", ["[fd00::5]:1"], ("x", 1, "fd00::5"), True),
    ("connect", ["[fd00::5]:1"], ("x", 2, "fd00::5"), False),
    ("connect", ["public"], ("x", 80, "64:ff9b::7f00:1"), False),
    # Everything that is a text. Only serial ports have a character that "*" stops at.
    ("serial", [], "/dev/ttyUSB0", False),
    ("serial", ["/dev/ttyUSB0"], "/dev/ttyUSB0", True),
    ("serial", ["/dev/ttyUSB*"], "/dev/ttyUSB7", True),
    ("serial", ["/dev/*"], "/dev/serial/by-id/x", False),
    ("env", [], "HOME", False),
    ("env", ["HOME"], "HOME", True),
    ("env", ["HOME"], "HOMEX", False),
    ("env", ["MQTT_*"], "MQTT_PASSWORD", True),
    ("env", ["MQTT_*"], "AMQTT_PASSWORD", False),
    ("bus", [], "publish:orders.new", False),
    ("bus", ["publish:orders.new"], "publish:orders.new", True),
    ("bus", ["publish:orders.*"], "publish:orders.new", True),
    ("bus", ["publish:orders.*"], "subscribe:orders.new", False),
    ("bus", ["subscribe:*"], "subscribe:orders.new", True),
    ("mqtt", [], "publish:home/temp", False),
    ("mqtt", ["publish:home/temp"], "publish:home/temp", True),
    ("mqtt", ["publish:home/#"], "publish:home/kitchen/temp", True),
    ("mqtt", ["publish:home/#"], "publish:garden/temp", False),
    ("mqtt", ["subscribe:home/+/temp"], "subscribe:home/kitchen/temp", True),
    ("mqtt", ["subscribe:home/+/temp"], "subscribe:home/+/temp", True),
    ("mqtt", ["subscribe:home/+/temp"], "subscribe:home/#", False),
    ("mqtt", ["subscribe:home/+"], "subscribe:home/kitchen/temp", False),
    ("mqtt", ["subscribe:home/#"], "publish:home/temp", False),
    ("modules", [], "thermometer", False),
    ("modules", ["@modules/thermometer"], "thermometer", True),
    ("modules", ["@modules/*"], "thermometer", True),
]


@pytest.mark.parametrize(("power", "rules", "value", "expected"), TABLE)
def test_what_rules_permit(power: str, rules: list[str], value: Any, expected: bool) -> None:
    assert is_permitted({power: rules}, power, value) is expected
    # Nothing that was permitted is left when the same is denied, wherever that stands.
    if expected:
        assert not is_permitted({power: {"allow": rules, "deny": rules}}, power, value)
        assert not is_permitted({power: {"allow": True, "deny": rules}}, power, value)
        assert is_permitted({power: True}, power, value)
        assert not is_permitted({power: {"allow": True, "deny": True}}, power, value)


@pytest.mark.parametrize(
    ("power", "deny", "value"),
    [
        # After resolution, whatever name led there.
        ("connect", ["10.0.0.0/8"], BROKER),
        ("connect", ["2606:2800::/32"], SITE),
        ("connect", ["public"], ("x", 1, "10.0.0.1", "93.184.216.34")),
        ("connect", ["localhost"], ("nip.io", 80, "127.0.0.1")),
        ("connect", ["*.example.com"], SUB),
        # All interfaces are also the one that is denied.
        ("listen", ["192.168.0.0/16"], ALL),
        ("listen", ["8082"], ALL),
        # Whoever subscribes to all gets this too.
        ("mqtt", ["subscribe:home/secret"], "subscribe:home/#"),
        ("mqtt", ["subscribe:home/secret/#"], "subscribe:+/+/x"),
        ("mqtt", ["subscribe:home/secret"], "subscribe:home/+"),
    ],
)
def test_a_denial_wins_over_every_grant(power: str, deny: list[str], value: Any) -> None:
    assert is_permitted({power: True}, power, value)
    assert not is_permitted({power: {"allow": True, "deny": deny}}, power, value)


@pytest.mark.parametrize(
    ("deny", "value"),
    [
        (["subscribe:home/secret"], "subscribe:garden/#"),
        (["subscribe:home/secret"], "subscribe:home/secret/more"),
        (["publish:home/secret"], "subscribe:home/#"),
    ],
)
def test_filters_that_have_nothing_in_common(deny: list[str], value: str) -> None:
    assert is_permitted({"mqtt": {"allow": True, "deny": deny}}, "mqtt", value)


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.1.1", "::1", "fe80::1", "0.0.0.0"])
def test_a_name_that_is_allowed_may_not_lead_to_this_machine_or_its_link(address: str) -> None:
    """P2, as far as the rules go."""
    value = ("evil.example.com", 80, address)
    assert not is_permitted({"connect": ["evil.example.com", "*.example.com"]}, "connect", value)
    both = ("evil.example.com", 80, "93.184.216.34", address)
    assert not is_permitted({"connect": ["evil.example.com"]}, "connect", both)
    assert is_permitted({"connect": ["evil.example.com", "loopback", "169.254.0.0/16",
                                     "fe80::/10"]}, "connect", both)  # fmt: skip


def may_ask_a_proxy(grants: Any, host: str, port: int = 443) -> bool:
    try:
        Permissions({"connect": grants}).check_target(host, port)
    except AccessDeniedError:
        return False
    return True


@pytest.mark.parametrize(
    ("rules", "host", "expected"),
    [
        ([], "example.com", False),
        (True, "example.com", True),
        (["example.com"], "EXAMPLE.com.", True),
        (["example.com:80"], "example.com", False),
        (["*.example.com"], "a.example.com", True),
        (["*:443"], "example.com", True),
        (["*:80"], "example.com", False),
        # The proxy alone knows the addresses of a name.
        (["public"], "example.com", False),
        (["0.0.0.0/0", "::/0"], "example.com", False),
        # It means the proxy's own machine there.
        (["localhost"], "localhost", False),
        (["*:443"], "localhost", True),
        (["public"], "93.184.216.34", True),
        (["public"], "10.1.2.3", False),
        (["10.0.0.0/8"], "10.1.2.3", True),
        (["fd00::/8"], "fd00::5", True),
        ({"allow": True, "deny": ["example.com"]}, "example.com", False),
        ({"allow": True, "deny": ["example.com"]}, "example.org", True),
        ({"allow": True, "deny": ["example.com:80"]}, "example.com", True),
        ({"allow": ["example.com"], "deny": ["private"]}, "example.com", False),
        ({"allow": True, "deny": ["10.0.0.0/8:80"]}, "example.com", True),
        ({"allow": True, "deny": True}, "example.com", False),
    ],
)
def test_what_a_proxy_may_be_asked_for(rules: Any, host: str, expected: bool) -> None:
    assert may_ask_a_proxy(rules, host) is expected


@pytest.mark.parametrize("host", ["example.com", "localhost", "10.1.2.3"])
def test_what_a_refusal_says_of_a_proxy_s_target_helps(host: str) -> None:
    with pytest.raises(AccessDeniedError) as caught:
        Permissions({}).check_target(host, 443)
    assert f"permissions={{'connect': ['{caught.value.resource}']}}" in str(caught.value)
    assert may_ask_a_proxy([caught.value.resource], host)


def test_an_audit_notes_a_proxy_s_target() -> None:
    stream = io.StringIO()
    Permissions({}, audit=Audit(stream)).check_target("example.com", 443)
    assert "example.com:443" in stream.getvalue()


def test_a_name_that_no_rule_can_permit_is_not_even_looked_up() -> None:
    by_name = Permissions({"connect": ["example.com:443"]})
    by_name.check_name("example.com", 443)
    for host, port in (("secret.attacker.net", 443), ("example.com", 80)):
        with pytest.raises(AccessDeniedError):
            by_name.check_name(host, port)
    by_address = Permissions({"connect": {"allow": ["public"], "deny": ["bad.net"]}})
    by_address.check_name("example.com", 443)
    with pytest.raises(AccessDeniedError, match=r"denied by 'bad\.net'"):
        by_address.check_name("bad.net", 443)


# Files


@pytest.mark.parametrize("power", ["read", "write"])
def test_folders_mean_all_that_is_below(power: str, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    for path, expected in ((data, True), (f"{data}/a/b", True), (f"{data}2", False), ("/", False)):
        assert is_permitted({power: [data]}, power, path) is expected
        assert is_permitted({power: ["/"]}, power, path)
    denied = {power: {"allow": ["/"], "deny": [f"{data}/secret"]}}
    assert is_permitted(denied, power, f"{data}/a")
    assert not is_permitted(denied, power, f"{data}/secret/key")


def test_rules_follow_links_too(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert is_permitted({"read": [str(tmp_path / "link")]}, "read", str(tmp_path / "real/a"))


def test_the_folders_of_scripts_and_packages_are_free_to_read(tmp_path: Path) -> None:
    folders = Folders([tmp_path / "library"])
    folders.add(tmp_path / "app/src")
    free = ["app/src/a.js", "library/net/A.js", "app/node_modules/p/i.js", "node_modules/p/i.js"]
    for name in free:
        Permissions({}, folders=folders).check_read(str(tmp_path / name))
        with pytest.raises(AccessDeniedError):
            Permissions({"read": {"deny": ["/"]}}, folders=folders).check_read(str(tmp_path / name))
    for name in ("app/a.js", "app/src2/a.js", "other/node_modules/p/i.js"):
        with pytest.raises(AccessDeniedError):
            Permissions({}, folders=folders).check_read(str(tmp_path / name))


def test_the_root_is_no_folder_of_scripts() -> None:
    folders = Folders([Path("/")])
    folders.add("/")
    assert folders.all == []
    assert not folders.hold("/etc/passwd")


# Modules of ours need no grant.


def test_our_modules_are_free_unless_they_are_denied() -> None:
    Permissions({}).check_module("local-storage", is_own=True)
    denied = Permissions({"modules": {"deny": ["@modules/local-*"]}})
    denied.check_module("web-socket-client", is_own=True)
    with pytest.raises(AccessDeniedError, match="requiring @modules/local-storage"):
        denied.check_module("local-storage", is_own=True)


# What is wrong


@pytest.mark.parametrize(
    ("grants", "message"),
    [
        ({"run": [""]}, "it is empty"),
        ({"run": ["no-such-program"]}, "there is no program 'no-such-program' on PATH"),
        ({"run": ["g*"]}, "a pattern takes a folder"),
        ({"lisen": ["8082"]}, "'lisen' is not allowed; expected one of listen, connect"),
        ({"listen": "8082"}, "expected True, or a list of rules"),
        ({"listen": {"alow": ["8082"]}}, "the keys 'allow' and 'deny'"),
        ({"listen": [8082]}, "permissions.listen"),
        ({"listen": ["65536"]}, "no port"),
        ({"listen": ["9-8"]}, "no port"),
        ({"connect": ["ex ample.com"]}, "neither a port nor a host"),
        ({"connect": ["10.0.0.0/33"]}, "neither a host name nor an address"),
        ({"connect": ["*example.com"]}, "neither a host name nor an address"),
        ({"connect": [""]}, "neither a port nor a host"),
        ({"read": [""]}, "it is empty"),
        ({"env": [""]}, "it is empty"),
        ({"mqtt": ["home/#"]}, "publish:TOPIC or subscribe:FILTER"),
    ],
)
def test_a_wrong_grant_is_an_error(grants: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Permissions(grants)


@pytest.mark.parametrize(
    ("place", "power", "value", "text", "resource"),
    [
        (
            "flags", "listen", ALL,
            "listening on 0.0.0.0:8082 is not permitted; allow it with --allow-listen='*:8082'",
            "*:8082",
        ),
        (
            "flags", "listen", LOCAL,
            "listening on localhost:8082 is not permitted; allow it with --allow-listen=8082",
            "8082",
        ),
        (
            "python", "connect", SITE,
            "connecting to example.com:443 is not permitted; allow it with "
            "permissions={'connect': ['example.com:443']}",
            "example.com:443",
        ),
        (
            "flags", "read", "/srv/a,b",
            "reading /srv/a,b is not permitted; allow it with --allow-read=/srv/a,,b",
            "/srv/a,b",
        ),
        (
            "python", "env", "A\x1b",
            "reading the environment variable A\ufffd is not permitted; allow it with "
            "permissions={'env': ['A\\x1b']}",
            "A\x1b",
        ),
    ],
)  # fmt: skip
def test_a_refusal_names_its_remedy(
    place: str, power: str, value: Any, text: str, resource: str
) -> None:
    with pytest.raises(AccessDeniedError) as caught:
        asks(Permissions({"place": place}), power, value)
    assert str(caught.value) == caught.value.reason == text
    assert (caught.value.code, caught.value.permission) == ("ERR_ACCESS_DENIED", power)
    assert caught.value.resource == resource
    # The remedy is one.
    assert is_permitted({power: [resource]}, power, value)


def test_a_name_and_where_it_leads_need_a_rule_each() -> None:
    with pytest.raises(AccessDeniedError, match=r"connecting to x\.net:80 \(127\.0\.0\.1\)") as one:
        asks(Permissions({"connect": ["x.net"]}), "connect", ("x.net", 80, "127.0.0.1"))
    assert one.value.resource == "127.0.0.1:80"


def test_a_refusal_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    permissions = Permissions({})
    with caplog.at_level(logging.INFO, "accessor_host.permissions"):
        for value in ("A", "A", "B", "A"):
            with pytest.raises(AccessDeniedError):
                permissions.check("env", value)
    assert len(caplog.records) == 2


# Learning


def test_an_audit_refuses_nothing_and_finds_the_smallest_set(tmp_path: Path) -> None:
    stream = io.StringIO()
    audit = Audit(stream)
    permissions = Permissions({"connect": ["public"]}, audit=audit)
    uses: list[tuple[str, Any]] = [
        ("listen", LOCAL), ("listen", ALL), ("connect", SITE), ("connect", BROKER),
        ("connect", ("both.net", 80, "127.0.0.1", "10.0.0.1")), ("connect", LOCAL),
        ("read", "/srv/data"), ("read", "/srv/data/a"), ("env", "HOME"), ("env", "HOME"),
    ]  # fmt: skip
    for power, value in uses:
        asks(permissions, power, value)
    assert audit.smallest == {
        "listen": ["*:8082"],
        "connect": ["127.0.0.1:80", "both.net:80", "broker.lan:1883", "example.com:443",
                    "localhost:8082"],
        "read": ["/srv/data"],
        "env": ["HOME"],
    }  # fmt: skip
    lines = stream.getvalue().splitlines()
    assert len(lines) == len(set(lines)) == 9
    # What was granted would not be refused.
    assert not any("example.com" in line for line in lines)
    enforced = Permissions(audit.smallest)
    for power, value in uses:
        asks(enforced, power, value)
