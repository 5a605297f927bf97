"""Cases for ``@modules/mqtt``."""

RANK = 8

TOPICS = ("client", "publishing", "subscribing", "receiving")
