"""This host side by side with the Node one, measured: ``python -m bench``."""
