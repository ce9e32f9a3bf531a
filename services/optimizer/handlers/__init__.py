"""The optimizer's doors on the bus."""
