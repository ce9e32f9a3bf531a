"""Other tools' clients against a running Promptly, each at its current version in an environment of its own."""
