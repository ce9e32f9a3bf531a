"""The cache's doors on the bus."""
