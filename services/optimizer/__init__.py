"""The optimizer: shorter messages that mean the same."""
