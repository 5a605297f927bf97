"""The Python half of ``@modules/serial``."""
