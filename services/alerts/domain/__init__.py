"""When a rule fires, and when it is over."""
