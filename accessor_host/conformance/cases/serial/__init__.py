"""Cases for ``@modules/serial``, all with the port that needs no hardware."""

RANK = 26
