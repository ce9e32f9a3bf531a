"""Ways out to the other services."""
