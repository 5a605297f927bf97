"""The Python half of ``@modules/discovery``."""
