"""A LiteLLM proxy's configuration, read into a state file."""
