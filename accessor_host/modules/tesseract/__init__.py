"""The Python half of ``@modules/tesseract``."""
