"""A hostile provider, tenant and local user against a running Promptly, beside a victim who only wants to be served."""
