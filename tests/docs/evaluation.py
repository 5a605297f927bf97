"""Values of expressions in scripts, to compare with what pages say."""

from __future__ import annotations

import asyncio
from typing import Any

from ..support.scripts import running

__all__ = ["script_value"]


def script_value(engine: str, source: str) -> Any:
    """Evaluate an expression in a script."""

    async def work() -> Any:
        async with running(engine, f"exports.value = () => {source};") as script:
            return await script.host.call("value")

    return asyncio.run(work())
