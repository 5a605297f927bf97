"""The module ``@modules/thermometer`` for accessor-host."""
