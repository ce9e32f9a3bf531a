"""Faults under load, at true length: `make chaos` prints what was sent, answered, recorded and lost."""
