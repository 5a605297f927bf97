"""The Python half of ``@modules/web-socket-client``."""
