"""The Python half of ``@modules/local-storage``."""
