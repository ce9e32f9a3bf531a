"""Servers that speak OpenAI's chat format."""
