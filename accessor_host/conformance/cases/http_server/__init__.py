"""Cases for ``@modules/http-server``."""

RANK = 4

TOPICS = ("listening", "requests", "answers", "connections", "stopping")
