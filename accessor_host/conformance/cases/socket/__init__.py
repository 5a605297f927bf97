"""Cases for ``@modules/socket``."""

RANK = 5

TOPICS = ("exports", "client", "server", "types")
