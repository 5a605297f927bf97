"""The ``dukpy`` engine: QuickJS-NG through the ``dukpy`` package."""
