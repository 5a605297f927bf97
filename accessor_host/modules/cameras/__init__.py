"""The Python half of ``@modules/cameras``."""
