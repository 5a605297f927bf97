"""The command: ``python -m fuzz``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from .targets import find, names

_SEEDS = Path(__file__).parent / "seeds"

_BUILD = Path("build/fuzz")
"""Where inputs that reached new code are kept, and those that found something."""

_LONGEST = 4_096
"""Bytes of an input: more than any seed has."""

_SLOWEST = 25
"""Seconds for one input, after which it counts as found."""

_PATIENCE = 120
"""Seconds for a fuzzer to start and to end beside those that it is given."""


def main() -> int:
    """Run the command; return the exit code."""
    arguments = _parser().parse_args()
    targets = arguments.targets or names()
    unknown = sorted(set(targets) - set(names()))
    if unknown:
        print(f"error: no target {', '.join(unknown)}; there are: {', '.join(names())}")
        return 2
    if arguments.input:
        return _replay(targets, arguments.input)
    if find_spec("atheris") is None:
        missing = "atheris is not installed (pip install -e '.[fuzz]'; Linux, CPython 3.11 to 3.14)"
        print(f"error: {missing}" if arguments.require else f"skipped: {missing}")
        return 1 if arguments.require else 0
    fuzz = partial(_fuzz, seconds=arguments.seconds, seed=arguments.seed)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        passed = list(pool.map(fuzz, targets))
    failed = [name for name, passes in zip(targets, passed, strict=True) if not passes]
    if failed:
        print(f"\nfailed: {', '.join(failed)}; the inputs are in {_BUILD}")
    return 1 if failed else 0


def _fuzz(name: str, seconds: int, seed: int) -> bool:
    """Fuzz one target in a process of its own; tell whether nothing was found."""
    target = find(name)
    corpus, seeds = _BUILD / "corpus" / name, _BUILD / "seeds" / name
    for folder in (corpus, seeds):
        folder.mkdir(parents=True, exist_ok=True)
    for index, content in enumerate(target.seeds):
        (seeds / str(index)).write_bytes(content)
    folders = [str(corpus), str(seeds)]
    if (_SEEDS / name).is_dir():
        folders.append(str(_SEEDS / name))
    command = [
        *(sys.executable, "-m", "fuzz.guided", name, *folders),
        *(f"-max_total_time={seconds}", f"-max_len={_LONGEST}", f"-timeout={_SLOWEST}"),
        # 0 stands for any.
        f"-seed={seed}",
        *(f"-artifact_prefix={_BUILD}/{name}-", "-print_final_stats=1", "-verbosity=0"),
    ]
    heading = f"\n{name}: {target.what}"
    try:
        ended = subprocess.run(  # noqa: S603
            command,
            timeout=seconds + _PATIENCE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        print(f"{heading}\n{name}: does not end", flush=True)
        return False
    # At once, as others may fuzz at the same time.
    print(f"{heading}\n{ended.stdout}", flush=True)
    return ended.returncode == 0


def _replay(targets: list[str], inputs: list[Path]) -> int:
    """Feed files to one target; an error that it raises is shown with its traceback."""
    if len(targets) != 1:
        print("error: --input needs one target")
        return 2
    target = find(targets[0])
    for path in inputs:
        target.run(path.read_bytes())
        print(f"{path}: passes")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fuzz",
        description="Fuzz what peers and scripts reach, guided by coverage (atheris).",
        epilog=f"Targets: {', '.join(names())}. Exit code: 0 when nothing is found, 1 otherwise.",
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all of them by default")
    parser.add_argument("--seconds", type=int, default=60, help="for each target; 60 by default")
    parser.add_argument(
        "--input", type=Path, action="append", metavar="FILE", help="feed this one; no atheris"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="where random changes begin; 0 is anywhere (default)"
    )
    parser.add_argument(
        "--jobs", type=int, default=1, help="targets at the same time; 1 by default"
    )
    parser.add_argument("--require", action="store_true", help="fail where there is no atheris")
    return parser


if __name__ == "__main__":
    sys.exit(main())
