"""Cases for ``@modules/web-socket-client``."""
