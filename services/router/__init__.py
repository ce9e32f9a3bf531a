"""The router: which model serves a request, and why."""
