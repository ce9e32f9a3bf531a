"""OpenAI's Responses API as a client speaks it: requests in, responses and streams out."""
