"""The Python half of ``@modules/image-filters``."""
