"""Servers of HTTP/1.1."""
