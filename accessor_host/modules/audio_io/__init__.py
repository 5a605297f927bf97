"""The Python half of ``@modules/audio-io``."""
