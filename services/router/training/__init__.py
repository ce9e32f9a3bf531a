"""How the shipped weights were made; nothing here runs in production."""
