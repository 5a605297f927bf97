"""The ``quickjs`` engine: QuickJS-NG through the ``quickjs-ng`` package."""
