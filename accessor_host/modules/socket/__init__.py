"""The Python half of ``@modules/socket``."""
