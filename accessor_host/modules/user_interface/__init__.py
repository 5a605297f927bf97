"""The Python half of ``@modules/user-interface``."""
