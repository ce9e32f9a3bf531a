"""Conversations that hang on something said early: agents, examples, pasted material."""
