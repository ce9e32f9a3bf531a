"""Handlers of what arrives on the bus."""
