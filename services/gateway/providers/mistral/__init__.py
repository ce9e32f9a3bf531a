"""Mistral's API: OpenAI's chat format with parameters and rules of its own."""
