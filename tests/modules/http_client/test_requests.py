"""From answers to what scripts get of them, without a script."""

from __future__ import annotations

import json

from accessor_host.http.client.settings import Head
from accessor_host.modules.http_client.requests import Heads, head_to_event


def test_each_head_has_its_own_text() -> None:
    heads = Heads()
    one = Head(200, "OK", [("date", "1"), ("set-cookie", "a=1")])
    for head in (
        one,
        Head(200, "OK", [("date", "1"), ("set-cookie", "a=1")]),
        Head(200, "OK", [("date", "2"), ("set-cookie", "a=1")]),
        Head(404, "OK", [("date", "2"), ("set-cookie", "a=1")]),
        one,
    ):
        assert heads.text(head) == head_to_event(head)
        assert json.loads(heads.text(head))["statusCode"] == head.status
