"""What this provider's surfaces take and give."""
