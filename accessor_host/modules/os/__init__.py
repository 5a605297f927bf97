"""The Python half of ``@modules/os``."""
