"""What accessors look like from outside, and what is wrong with them."""
