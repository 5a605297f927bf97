"""The Python half of ``@modules/http-client``."""
