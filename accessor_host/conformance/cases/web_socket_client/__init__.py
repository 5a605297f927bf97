"""Cases for ``@modules/web-socket-client``."""

RANK = 2

TOPICS = ("options", "opening", "messages", "closing", "retries", "tls", "handshake")
