"""How well the router ranks, learns and keeps still."""
