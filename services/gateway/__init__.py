"""The gateway: the data plane that OpenAI clients talk to."""
