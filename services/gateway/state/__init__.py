"""What changes while the process runs, and is lost with it."""
