"""The Python half of ``@modules/mqtt``."""
