"""The gateway's doors on the bus."""
