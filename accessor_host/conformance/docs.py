"""``python -m accessor_host.conformance.docs``: writes docs/conformance.md and conformance.html.

Both engines of this host and the Node host, side by side. It needs Node and the npm packages; for
the cases of accessors also the folder of the accessor library, as ``hosts.NODE_ACCESSORS`` says. It
takes a few minutes, and ends with what was judged, and what a host does not have.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import replace
from pathlib import Path

from ..errors import AccessorHostError
from .cases import all_cases
from .hosts import find_host
from .interruption import Interrupted, run_until_signal
from .progress import Progress
from .reports import FORMATS, markdown
from .reports.summary import by_module, hosts_of
from .runner import Result, run_cases

__all__ = ["HOSTS", "main", "stable"]

HOSTS = ("python/quickjs", "python/dukpy", "node")
"""What the pages compare."""

_HEAD = """\
<!-- Written by: python -m accessor_host.conformance.docs -->
# Conformance

What three accessor hosts do with each case of the conformance kit: this one with either of its
engines, and the Node host with the modules that npm has. [conformance.html](conformance.html) is
the same with filters, scripts and drivers. How to judge a host of your own is told in
[Conformance for authors](conformance-for-authors.md).

**must** is what the specification says; **should** is what it implies or every host needs;
**extra** is a decision of accessor-host that other hosts need not share.

<!-- not run: it takes minutes -->
```sh
accessor-host conformance                               # this host
accessor-host conformance --host 'my-host {script}'     # any other
accessor-host conformance --compare python node         # side by side
```

"""


def main(arguments: list[str] | None = None) -> int:
    """Run all cases with all hosts, and write the pages."""
    parser = argparse.ArgumentParser(prog="accessor_host.conformance.docs", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("docs"))
    parser.add_argument("--node-modules", metavar="FOLDER", help="npm packages of the host node")
    parser.add_argument("--jobs", type=int)
    options = parser.parse_args(arguments)
    try:
        hosts = [
            find_host(name, node_modules=options.node_modules if name == "node" else None)
            for name in HOSTS
        ]
    except AccessorHostError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    cases = all_cases()
    progress = Progress(len(cases) * len(hosts), sys.stderr)
    try:
        with progress:
            run = run_cases(cases, hosts, jobs=options.jobs, progress=progress.count)
            results = stable(run_until_signal(run))
    except Interrupted as error:
        return error.exit_code
    for module, found in by_module(results).items():
        for host in hosts_of(found):
            own = [result for result in found if result.host == host]
            if all(result.verdict == "skip" for result in own):
                sys.stderr.write(f"not judged: {module} of {host}: {own[0].reason}\n")
    options.folder.mkdir(exist_ok=True)
    (options.folder / "conformance.md").write_text(_HEAD + markdown(results), encoding="utf-8")
    (options.folder / "conformance.html").write_text(FORMATS["html"](results), encoding="utf-8")
    return 0


def stable(results: list[Result]) -> list[Result]:
    """Take out what differs from run to run, so that a change in the pages means something."""

    def without_ports(text: str) -> str:
        text = re.sub(r"(127\.0\.0\.1'?[:,] ?)\d+", r"\1PORT", text)
        return re.sub(r"[^\s']*/conformance-\w+/tmp\w+", "FOLDER", text)

    return [
        replace(
            result,
            reason=without_ports(result.reason),
            expected=without_ports(result.expected),
            actual=without_ports(result.actual),
            stdout="",
            stderr="",
            reported=(),
        )
        for result in results
    ]


if __name__ == "__main__":
    sys.exit(main())
