"""Arithmetic of periods and figures."""
