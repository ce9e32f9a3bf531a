"""Anthropic's Messages API as a client speaks it: requests in, answers and streams out."""
