"""Calls over the bus that the gateway serves."""
