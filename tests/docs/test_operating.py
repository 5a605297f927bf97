"""The page about operating: limits and loggers are those that there are."""

from __future__ import annotations

import re

import pytest

from accessor_host.options import load_schema

from .pages import REPOSITORY, first_column, page

OPERATING = page("docs/operating.md")
SERVER_OPTIONS, CLIENT_OPTIONS = (
    load_schema(name)["properties"] for name in ("web-socket-server", "web-socket-client")
)


def limits_of(title: str) -> set[str]:
    """Return the options that the table under a heading names."""
    rows = [line for line in OPERATING.section(title).splitlines() if line.startswith("| ")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[3])}


def test_the_tables_of_limits_name_all_options_that_are_limits() -> None:
    both = limits_of("Of servers and clients")
    assert both <= set(SERVER_OPTIONS) & set(CLIENT_OPTIONS)
    for title, options in (("Of servers", SERVER_OPTIONS), ("Of clients", CLIENT_OPTIONS)):
        limits = {name for name in options if re.match(r"max|.*(Timeout|Interval)$", name)}
        assert limits <= both | limits_of(title) <= set(options)


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("maxMessageSize", 16 * 1024 * 1024),
        ("maxFragments", 16_384),
        ("maxImagePixels", 8_388_608),
        ("openingTimeout", 10_000),
        ("pingInterval", 20_000),
        ("pingTimeout", 20_000),
        ("closingTimeout", 10_000),
        ("idleTimeout", 0),
        ("maxUnsentBytes", 16 * 1024 * 1024),
        ("maxConnections", 0),
        ("allowedOrigins", None),
        ("verifyClient", None),
        ("connectTimeout", 1_000),
        ("maxQueuedMessages", 1_000),
    ],
)
def test_the_tables_of_limits_show_the_defaults(what: str, shown: object) -> None:
    # If this fails, the tables of limits must change too.
    for options in (SERVER_OPTIONS, CLIENT_OPTIONS):
        assert options.get(what, {"default": shown})["default"] == shown


def test_the_limits_of_scripts_are_those_of_the_runtime() -> None:
    runtime = REPOSITORY / "accessor_host" / "runtime"
    sources = "\n".join(file.read_text(encoding="utf-8") for file in runtime.rglob("*.js"))
    shown = re.findall(r"(\d{3},000)", OPERATING.section("Of scripts"))
    names = ("MAX_QUEUED", "MAX_SOON", "MAX_TIMERS", "MAX_PENDING")
    for name, number in zip(names, shown, strict=True):
        assert f"const {name} = {number.replace(',', '_')};" in sources


def test_the_loggers_are_all_listed() -> None:
    used = {
        name
        for file in (REPOSITORY / "accessor_host").rglob("*.py")
        for name in re.findall(r'getLogger\("([\w.]+)"\)', file.read_text(encoding="utf-8"))
    }
    listed = {cell.strip("`") for cell in first_column(OPERATING.section("Output and logs"))}
    assert listed == used
