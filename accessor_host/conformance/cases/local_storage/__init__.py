"""Cases for ``@modules/local-storage``."""

RANK = 20
