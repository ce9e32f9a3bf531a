"""A server that plays GitHub and Google, as strictly as they are."""
