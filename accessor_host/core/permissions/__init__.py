"""What scripts may do, and what of it they do."""

from .audit import Audit
from .permissions import POWERS, Grants, Permissions

__all__ = ["POWERS", "Audit", "Grants", "Permissions"]
