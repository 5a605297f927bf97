"""The Python half of ``@modules/computer-vision``."""
