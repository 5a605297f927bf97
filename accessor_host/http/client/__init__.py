"""Clients of HTTP/1.1."""
