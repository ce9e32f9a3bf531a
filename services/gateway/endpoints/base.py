"""What a client's format has to answer for."""
