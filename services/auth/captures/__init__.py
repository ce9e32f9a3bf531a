"""Captured requests: what admins see of them, and what they try on them."""
