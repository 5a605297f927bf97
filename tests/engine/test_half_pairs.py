"""Half a surrogate pair on its way to scripts: no form in UTF-8, and yet it arrives.

It comes from scripts themselves, from names of files and arguments that are not UTF-8, and from
encodings such as UTF-7 that a web server may name (``tests/modules/resources/test_scripts.py``).
"""

from __future__ import annotations

import asyncio
import io
import sys
from pathlib import Path
from typing import Any

import pytest

from accessor_host import Host
from accessor_host.engine.records import check_event, has_half_pair

from ..conftest import RunJs
from ..support.programs import ACCESSOR_HOST, Ended, run

CLIENT = """
const { Client } = require('@modules/web-socket-client');
const client = new Client({ host: 'a\\ud800', numberOfRetries: 0 });
client.on('error', (error) => {
  console.log(error.code, error.message.includes('ws://a\\ud800:80/'));
  setTimeout(() => console.log('on'), 1);
});
client.open();
"""


def test_what_a_script_said_comes_back_in_an_error(run_js: RunJs) -> None:
    outcome = run_js(CLIENT)
    assert (outcome.stdout, outcome.stderr) == ("WS_CONNECT_FAILED true\non\n", "")


def test_it_comes_back_where_scripts_may_call_python_too(
    run_js: RunJs, binding_limit: None
) -> None:
    outcome = run_js(CLIENT, expose={"ask": lambda: "here"})
    assert (outcome.stdout, outcome.stderr) == ("WS_CONNECT_FAILED true\non\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are UTF-8")
def test_a_name_of_a_file_that_is_not_utf_8(engine: str, tmp_path: Path) -> None:
    (tmp_path / "a\udcff.js").write_text("setTimeout(() => console.log('on'), 1);")
    ended = run([ACCESSOR_HOST, "run", "--engine", engine, "a\udcff.js"], cwd=tmp_path)
    assert ended == Ended(0, "on\n", "")


def test_names_that_a_python_program_gives(engine: str) -> None:
    async def main() -> list[Any]:
        async with Host(engine=engine, stderr=io.StringIO()) as host:
            host.expose("a\ud800", "value")
            await host.run("globalThis['f\\udc00'] = () => globalThis['a\\ud800'];")
            return [await host.call("f\udc00"), await host.call("f\udc00")]

    assert asyncio.run(main()) == ["value", "value"]


def test_other_events_of_the_same_turn_arrive_once_and_in_order(engine: str) -> None:
    async def main() -> Any:
        async with Host(engine=engine, stderr=io.StringIO()) as host:
            await host.run(
                "const heard = []; globalThis.hear = (text) => { heard.push(text); };"
                "globalThis['hear\\ud800'] = (text) => { heard.push(text); };"
                "globalThis.said = () => heard;"
                # What a script replaces is not what the host calls.
                "JSON.parse = () => { throw new Error('seen'); };"
                "Array.prototype[Symbol.iterator] = () => { throw new Error('seen'); };"
            )
            calls = [host.call(name, n) for n, name in enumerate(["hear", "hear\ud800", "hear"])]
            await asyncio.gather(*calls)
            return await host.call("said")

    assert asyncio.run(main()) == [0, 1, 2]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], False),
        ([None, 1, True, "ascii", "°C", "\U0001f680"], False),
        ([1, "\ud83d"], True),
        (["a", "°C\udc00"], True),
    ],
)
def test_it_is_found_among_values(values: list[Any], expected: bool) -> None:
    assert has_half_pair(values) is expected


def test_a_message_has_none() -> None:
    check_event((7, "message", "°C"))
    with pytest.raises(ValueError, match="got half a surrogate pair for target 7"):
        check_event((7, "message", "a\ud800"))
