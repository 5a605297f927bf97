"""The Python half of ``@modules/geolocation``."""
