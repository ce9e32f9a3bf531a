"""How the shipped data was made; nothing here runs in the service."""
