"""Cases for ``@modules/web-socket-server``."""
