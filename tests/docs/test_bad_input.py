"""The page of bad input says of each network module what each bad peer does to it."""

from __future__ import annotations

import re

import pytest

from .pages import REPOSITORY

PAGE = (REPOSITORY / "docs" / "bad-input.md").read_text(encoding="utf-8")

MODULES = ("http-client", "resources", "http-server", "socket", "udp-socket", "mqtt", "serial")

PEERS = {
    "silent",
    "slow by the byte",
    "endless",
    "resets",
    "another protocol",
    "lies about its length",
    "10,000 headers",
    "gzip bomb",
    "name that does not resolve",
    "forbidden address",
    "redirect loop",
    "redirect to `file:`",
    "lost in the middle of QoS 2",
    "unplugged",
    "larger than the buffer",
}


@pytest.mark.parametrize("module", MODULES)
def test_each_peer_has_a_test_or_does_not_apply(module: str) -> None:
    section = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1 + MODULES.index(module)]
    assert section.startswith(f"{module}\n")
    rows = re.findall(r"^\| (?!peer|---)(.+?) \| .+ \| (.+) \|$", section, flags=re.MULTILINE)
    absent = re.search(r"^Does not apply: (.+?)\.", section, flags=re.MULTILINE)
    assert absent is not None
    tried = [peer for peer, _ in rows]
    assert sorted([*tried, *absent[1].split("; ")]) == sorted(PEERS)
    # That the tests exist, tests/docs/test_pages.py looks.
    assert all(re.match(r"`tests/[\w/]+\.py::\w+`", test) for _, test in rows)
