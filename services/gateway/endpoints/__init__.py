"""Client formats: what each endpoint reads and writes. Pure."""
