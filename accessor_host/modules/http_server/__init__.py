"""The Python half of ``@modules/http-server``."""
