"""The Python half of ``@modules/resources``."""
