"""Which questions may be served in other words, and where they are looked for."""

from libs.common.embedding.ports import Vectors
from services.cache.domain.characters import hides, latin
from services.cache.domain.identity import own_direction
from services.cache.domain.normalise import normalise, repeat_form
from services.cache.domain.time_sensitive import is_time_sensitive
from services.cache.ports import StaticEmbedder

# The model sees no more than 256 tokens, two of them its own: longer questions that differ behind look equal to it.
MAX_TOKENS = 254
# No question of so few tokens has more letters; longer ones are not even looked at.
MAX_LETTERS = 4_000


def embed_static(query: str, static_embedder: StaticEmbedder) -> tuple[str, Vectors] | tuple[None, None]:
    """The normal form and its static vector, or nothing where only exact repeats may be served."""
    if len(query) > MAX_LETTERS or hides(query) or is_time_sensitive(query):
        return None, None
    form = normalise(query)
    tokens = static_embedder.tokens(form)
    if not 0 < len(tokens) <= MAX_TOKENS:
        return None, None
    if not latin(query) or static_embedder.unknown in tokens:
        # The model sees nothing of it, or many such texts as one: only its repeats are near.
        return form, own_direction(repeat_form(query), static_embedder.dimension)
    static = static_embedder.vector(tokens)
    return (form, static) if static.any() else (None, None)
