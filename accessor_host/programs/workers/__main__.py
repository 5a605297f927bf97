"""``python -m accessor_host.programs.workers``: a worker's process, as a supervisor starts it."""

import sys

from .worker import main

sys.exit(main(sys.argv[1:]))
