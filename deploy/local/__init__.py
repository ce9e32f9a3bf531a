"""Runs all of Promptly on one machine, with its own NATS, Postgres and Qdrant engine. No Docker, no root."""
