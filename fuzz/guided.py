"""One target under atheris: ``python -m fuzz.guided TARGET [arguments of libFuzzer]``."""

from __future__ import annotations

import logging
import sys

import atheris

from .targets import find


def main() -> None:
    """Fuzz until libFuzzer ends the process."""
    # Nobody reads them, and formatting them would take most of the time.
    logging.disable(logging.CRITICAL)
    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["accessor_host", "websockets"]):
        # Late, so that what it imports is instrumented; the first input imports the rest.
        target = find(name)
        target.run(target.seeds[0])
    atheris.Setup(sys.argv, target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
