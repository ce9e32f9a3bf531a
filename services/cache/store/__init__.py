"""Vector stores: Qdrant in process, Qdrant as a server, and a memory twin."""
