"""Ways to others."""
