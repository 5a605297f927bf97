"""The Python half of ``@modules/motion-detector``."""
