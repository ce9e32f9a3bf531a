"""The Python SDK as a user gets it: its wheel in an empty environment, used against a running Promptly."""
