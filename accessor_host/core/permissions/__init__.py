"""What scripts may do, and what of it they do."""

from .audit import Audit
from .permissions import Grants, Permissions, check_run
from .powers import POWERS

__all__ = ["POWERS", "Audit", "Grants", "Permissions", "check_run"]
