"""A report for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from ..explanation import link
from ..runner import Result
from .summary import by_case, by_module, count, hosts_of, is_conformant

__all__ = ["json_text"]


def json_text(results: Sequence[Result]) -> str:
    """Write results as JSON: a summary for each host, and the cases with a result for each."""
    hosts = hosts_of(results)
    document = {
        "kit": f"accessor-host {version('accessor-host')}",
        "conformant": is_conformant(results),
        "hosts": {
            host: {level: vars(counted) for level, counted in count(results, host).items()}
            for host in hosts
        },
        "modules": {
            module: {
                host: {level: vars(counted) for level, counted in count(found, host).items()}
                for host in hosts
            }
            for module, found in by_module(results).items()
        },
        "cases": [
            {
                "id": case.id,
                "module": case.module,
                "level": case.level,
                "clause": case.clause,
                "source": case.source,
                "link": link(case),
                "results": {host: _result(result) for host, result in row.items()},
            }
            for case, row in by_case(results).items()
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _result(result: Result) -> dict[str, Any]:
    return {
        "verdict": result.verdict,
        "reason": result.reason,
        "expected": result.expected,
        "actual": result.actual,
        "reported": result.reported,
        "detail": result.detail,
        "seconds": round(result.seconds, 3),
    }
