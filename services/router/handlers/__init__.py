"""The router's doors on the bus."""
