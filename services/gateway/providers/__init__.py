"""Ways out to LLM providers."""
