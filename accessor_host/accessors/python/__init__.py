"""Accessors that are Python's: callables and classes in composites.

The engine runs them as any other accessor (``runtime/accessors/bridge/python.js``); what they do
happens here, after the turn.
"""
