"""Cases for ``@modules/eventbus``."""

RANK = 22
