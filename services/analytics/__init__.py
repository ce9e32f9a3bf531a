"""What happened: the request log, and the figures drawn from it."""
