"""Gemini's generateContent as a client speaks it: requests in, answers and streams out."""
