"""What is known to be vulnerable among the packages that we bring along, and the list of them."""
