"""Between OpenAI's wire format and each provider's, pure."""
