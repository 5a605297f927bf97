"""The Python half of ``@modules/audio``."""
