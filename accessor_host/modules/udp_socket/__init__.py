"""The Python half of ``@modules/udp-socket``."""
