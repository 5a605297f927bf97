"""What bounds the time that a filter takes."""

__all__ = ["MAX_PIXELS"]

MAX_PIXELS = 1920 * 1088
"""Pixels of an image before and after a filter: a frame of HD video fits, also with the eight
lines that its encoders add. Most filters take 0.3 seconds for so many, half of it to encode the
result, and graphics with all that they may have take 0.7."""
