"""What an operator asks of a running Promptly, over the bus."""
