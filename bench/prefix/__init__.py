"""What a provider's prompt cache saves where Promptly asks for it, and what it costs where nobody reads what was written."""
