"""The Python half of ``@modules/april-tags``."""
