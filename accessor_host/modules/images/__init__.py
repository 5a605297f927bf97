"""The Python half of ``@modules/images``."""
