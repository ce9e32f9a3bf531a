"""What alerts does by the clock."""
