"""Accessors as Python sees them."""
