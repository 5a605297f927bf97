"""Whole programs: a script, accessors, a shell, the demo, several processes."""
