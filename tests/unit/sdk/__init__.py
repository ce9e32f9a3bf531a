"""The Python SDK, alone."""
