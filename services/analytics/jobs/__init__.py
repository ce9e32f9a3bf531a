"""What analytics does without being asked."""
