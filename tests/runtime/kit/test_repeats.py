"""A value that is sent again and again: its text is always that of what it is by then."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from ...conftest import RunJs
from ...support.checks import passes
from ...support.modules import add_module
from ...support.scripts import DEADLINE, running


@pytest.fixture(autouse=True)
def codecs_in_scripts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let scripts require the runtime's codecs."""
    add_module(monkeypatch, tmp_path, "codecs", "module.exports = require('kit/codecs');")


PRELUDE = """
const json = require('@modules/codecs').codecFor('sendType', 'application/json');
const outcome = (write) => {
  try { return write(); } catch (error) { return String(error).slice(0, 20); }
};
const same = (value) => {
  const expected = outcome(() => JSON.stringify(value));
  // Twice to know it, once more to have it from memory.
  for (let i = 0; i < 3; i++) check(outcome(() => json.encode(value)), expected);
};
"""

CHANGES = {
    "a value": "o.id = 2;",
    "a value to NaN": "o.id = NaN;",
    "a value to undefined": "o.id = undefined;",
    "a value to a function": "o.id = () => {};",
    "a value to a symbol": "o.id = Symbol('s');",
    "a value to an object": "o.id = { deep: 1 };",
    "a value to a bigint": "o.id = 5n;",
    "one more": "o.more = 1;",
    "one less": "delete o.name;",
    "another order": "delete o.id; o.id = 1;",
    "another name": "delete o.last; o.least = true;",
    "hidden": "Object.defineProperty(o, 'id', { enumerable: false });",
    "a getter": "let n = 0; Object.defineProperty(o, 'id', { get: () => 7 });",
    "toJSON": "o.toJSON = () => 'own';",
    "toJSON that is hidden": "Object.defineProperty(o, 'toJSON', { value: () => 'own' });",
    "toJSON of all": "Object.prototype.toJSON = function () { return 'all'; };",
    "inherited": "Object.prototype.everywhere = 1;",
    "another prototype": "Object.setPrototypeOf(o, { toJSON() { return 'proto'; } });",
    "nothing": "",
}


def repeats(run_js: RunJs, script: str) -> None:
    passes(run_js, PRELUDE + script)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(run_js: RunJs, change: str) -> None:
    repeats(
        run_js,
        f"""
        const o = {{ id: 1, name: 'x', nothing: null, last: true }};
        same(o);
        {CHANGES[change]}
        same(o);
        delete Object.prototype.toJSON;
        delete Object.prototype.everywhere;
        same(o);
        """,
    )


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ("[1, 2]", "o.length = 3;"),
        ("[1, 2]", "o.push(3);"),
        ("[]", "o[2] = 1;"),
        ("new Number(1)", "o.valueOf = () => 2;"),
        ("Object.create(null)", "o.a = 1;"),
        ("Object.create({ inherited: 1 })", "o.a = 1;"),
        ("{ a: { b: 1 } }", "o.a.b = 2;"),
        ("new Date(0)", "o.setTime(1000);"),
        ("new Map([[1, 2]])", "o.a = 1;"),
        ("new Proxy({ a: 1 }, { get: (target, name) => target[name] })", "o.a++;"),
        ("{ get a() { return 1; } }", "Object.defineProperty(o, 'a', { value: 2 });"),
    ],
)
def test_a_change_of_what_is_not_flat_is_seen(run_js: RunJs, value: str, change: str) -> None:
    repeats(
        run_js,
        f"""
        const o = {value};
        for (let round = 0; round < 3; round++) {{
          same(o);
          {change}
        }}
        """,
    )


def test_a_getter_is_read_once_for_each_text(run_js: RunJs) -> None:
    repeats(
        run_js,
        """
        let reads = 0;
        const o = { id: 1, get a() { return ++reads; } };
        const texts = [1, 2, 3, 4].map(() => json.encode(o));
        check(texts.join(), [1, 2, 3, 4].map((a) => `{"id":1,"a":${a}}`).join());
        """,
    )


def test_values_that_are_no_objects(run_js: RunJs) -> None:
    repeats(
        run_js,
        """
        const values = [1, -0, NaN, 'text', '', true, null, [], {}, 'text', 1];
        for (const value of values) same(value);
        for (const value of values.concat(values)) check(json.encode(value), JSON.stringify(value));
        for (const value of [undefined, () => {}, Symbol('s'), 1n]) {
          const said = () => thrown(() => json.encode(value)).slice(0, 9);
          for (let i = 0; i < 3; i++) check(said(), 'TypeError');
          same(1);
        }
        """,
    )


def test_random_changes_are_seen(run_js: RunJs) -> None:
    repeats(
        run_js,
        """
        let seed = 17;
        const below = (limit) => {
          seed = (seed * 1103515245 + 12345) % 2147483648;
          return Math.floor((seed / 2147483648) * limit);
        };
        const values = [0, 1, -0, NaN, 'a', '', true, null, undefined, [1], { b: 1 }];
        const names = ['a', 'b', 'c', '1', '0'];
        for (let round = 0; round < 300; round++) {
          const o = below(4) === 0 ? [] : {};
          for (let step = 0; step < 8; step++) {
            const name = names[below(names.length)];
            if (below(3) === 0) delete o[name];
            else o[name] = values[below(values.length)];
            for (let i = below(4); i > 0; i--) check(json.encode(o), JSON.stringify(o));
          }
        }
        """,
    )


def test_what_was_sent_is_not_kept(run_js: RunJs) -> None:
    repeats(
        run_js,
        """
        let big = { text: 'x' };
        for (let i = 0; i < 3; i++) json.encode(big);
        const held = new WeakRef(big);
        big = null;
        check(held.deref() !== undefined, true);
        // In the next event: operations are taken in between.
        setTimeout(() => check(held.deref() === undefined, true), 1);
        """,
    )


def test_each_socket_gets_what_the_object_is_when_it_is_sent(engine: str) -> None:
    source = """
        const { Server } = require('@modules/web-socket-server');
        const server = new Server({ port: 0 });
        const sockets = [];
        server.on('listening', (port) => console.log('listening', port));
        server.on('connection', (socket) => {
          sockets.push(socket);
          socket.on('message', (message) => {
            for (let i = 0; i < 12; i++) {
              // Three times as it is, then another.
              if (i % 3 === 0) message.round = i / 3;
              for (const each of sockets) each.send(message);
            }
          });
          if (sockets.length === 2) console.log('both', 'here');
        });
        server.start();
    """

    async def main() -> None:
        async with running(engine, source) as run:
            url = f"ws://127.0.0.1:{await run.port()}"
            async with connect(url) as one, connect(url) as other:
                await run.stdout.until("both")
                await one.send('{"id":1}')
                for client in (one, other):
                    got = [await asyncio.wait_for(client.recv(), DEADLINE) for _ in range(12)]
                    assert got == [f'{{"id":1,"round":{i // 3}}}' for i in range(12)]

    asyncio.run(asyncio.wait_for(main(), 3 * DEADLINE))
