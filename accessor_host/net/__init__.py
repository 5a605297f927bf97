"""Bytes over sockets, whatever the protocol."""
