"""Web doors."""
