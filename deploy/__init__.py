"""How Promptly is run: in containers, or on one machine."""
