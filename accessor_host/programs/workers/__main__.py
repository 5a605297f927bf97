"""``python -m accessor_host.programs.workers``: a worker's process, as a supervisor starts it."""

import sys

from ..streams import run_with_streams
from .worker import main

sys.exit(run_with_streams(lambda: main(sys.argv[1:])))
