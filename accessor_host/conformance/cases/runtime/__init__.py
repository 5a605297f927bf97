"""Cases for the accessors that a host runs: ports, reactions, composites, timers, mutables.

Each script is an accessor. ``must`` is what the accessor specification says; ``should`` is what the
common host does, on which the accessors of the library rely.
"""

RANK = 10

TOPICS = (
    "life_cycle",
    "ports",
    "conversion",
    "reactions",
    "inheritance",
    "composites",
    "timers",
    "mutables",
    "monitoring",
)
