"""The router's ways out: an embedding model, and what analytics has learned."""
