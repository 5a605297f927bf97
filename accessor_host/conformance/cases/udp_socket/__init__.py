"""Cases for ``@modules/udp-socket``."""

RANK = 6

TOPICS = ("exports", "messages")
