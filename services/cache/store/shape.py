"""What both Qdrant adapters agree on."""

STATIC = "static"
MEANING = "meaning"
ROOM = "room"
TENANT = "org_id"
EXPIRY = "expires_at_ms"


def collection_name(embedder: str, normaliser: int) -> str:
    """One collection per pair: vectors of two models, or of two normal forms, never meet."""
    return f"promptly-answers-{embedder}-n{normaliser}"
