"""The Python half of ``@modules/iot-auth``."""
