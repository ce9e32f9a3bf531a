"""What the cache does without being asked."""
