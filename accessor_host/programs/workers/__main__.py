"""``python -m accessor_host.programs.workers``: a worker's process, as a supervisor starts it."""

import json
import sys

from ..light_start import import_lightly

settings = json.loads(sys.argv[3])
import_lightly(settings["engine"], settings["loop"])

from .worker import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
