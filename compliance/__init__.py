"""Our WebSocket connections against the Autobahn test suite: ``python -m compliance``."""
