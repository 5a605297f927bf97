"""Script files: finding, reading and following them."""
