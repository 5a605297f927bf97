"""The Python half of ``@modules/image-display``."""
