"""Fuzzing: inputs that nobody thought of, for every parser that a peer or a script reaches."""
