"""The Python half of ``@modules/shell``."""
