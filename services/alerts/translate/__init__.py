"""Between what travels on the bus and what is counted."""
