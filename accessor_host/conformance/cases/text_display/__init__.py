"""Cases for ``@modules/text-display``."""

RANK = 21
