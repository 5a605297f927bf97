"""A composite that uses much of what accessors have."""

from __future__ import annotations

import asyncio
import json

from accessor_host import Accessor, Host

from ...support.scripts import DEADLINE

__all__ = ["make_composite", "use_composite"]

_ADD_ONE_LATER = """
    exports.setup = function () {
      this.input('in', { type: 'number' });
      this.output('out');
      this.parameter('step', { type: 'int', value: 1 });
    };
    exports.initialize = function () {
      this.addInputHandler('in', () => {
        const value = this.get('in') + this.getParameter('step');
        setTimeout(() => { throw 'of an accessor'; }, 0);
        setTimeout(() => this.send('out', value), 0);
      });
    };
"""

_COMPOSITE = f"""
    exports.setup = function () {{
      this.input('in', {{ type: 'number' }});
      this.output('out');
      this.parameter('limit', {{ type: 'number', value: 1 }});
      const first = this.instantiateFromCode('first', {json.dumps(_ADD_ONE_LATER)});
      const second = this.instantiateFromCode('second', {json.dumps(_ADD_ONE_LATER)});
      this.connect('in', first, 'in');
      this.connect(first, 'out', second, 'in');
      this.connect(second, 'out', 'out');
    }};
"""


async def make_composite(host: Host) -> Accessor:
    """Instantiate and initialize it."""
    top = await host.instantiate_from_code("top", _COMPOSITE)
    await top.initialize()
    return top


async def use_composite(top: Accessor, number: int) -> None:
    """Use everything once; two errors are reported meanwhile."""
    answered = asyncio.get_running_loop().create_future()
    top.once("output", lambda _name, value: answered.set_result(value))
    await top.provide_input("in", number)
    assert await asyncio.wait_for(answered, DEADLINE) == number + 2
    assert await top.latest_output("out") == number + 2
    await top.start_monitoring(deep=True)
    await top.set_parameter("limit", number)
    assert await top.get_parameter("limit") == number
    assert [part.name for part in await top.contained()] == ["top.first", "top.second"]
    assert await top.stop_monitoring() is not None
    assert (await top.describe())["name"] == "top"
