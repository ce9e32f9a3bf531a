"""Experiments: savings measured against conversations that run without levers."""
