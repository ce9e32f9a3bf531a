"""Settings of the cache."""

from libs.common.settings import CommonSettings, Secret


class CacheSettings(CommonSettings, frozen=True, kw_only=True):
    """What the cache can be told: where answers and their vectors are kept, and how many."""

    model_dir: str = "var/model"
    """Where the embedding model lies, as `python -m libs.common.embedding <dir>` makes it."""
    cache_dir: str = "var/cache"
    """Where the built-in store works, for one process."""
    qdrant_url: str | None = None
    """A Qdrant server; unset: the built-in store."""
    qdrant_api_key: Secret | None = None
    """Goes with `qdrant_url`."""
    cache_sweep_seconds: float = 300.0
    """How long an expired entry may stay on disk, in seconds."""
    cache_max_entries: int = 50_000
    """Answers that are kept of an organization."""
    cache_stores_per_minute: int = 6_000
    """Answers of an organization that one process takes in, a minute."""
    cache_max_bytes: int = 200_000_000
    """Bytes of an organization's answers."""
    cache_total_bytes: int = 2_000_000_000
    """Bytes of all organizations' answers."""
    cache_entry_bytes: int = 500_000
    """Bytes of the largest answer that is kept."""
    cache_max_vectors: int = 100_000
    """Embeddings that are kept of an organization."""
    cache_vector_bytes: int = 1_000_000_000
    """Bytes of an organization's embeddings."""
    cache_vector_total_bytes: int = 5_000_000_000
    """Bytes of all organizations' embeddings."""
