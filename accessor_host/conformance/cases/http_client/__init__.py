"""Cases for ``@modules/http-client``."""

RANK = 3

TOPICS = ("sending", "answers", "order", "failures")
