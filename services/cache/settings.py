"""Settings of the cache."""

from libs.common.settings import CommonSettings


class CacheSettings(CommonSettings, frozen=True, kw_only=True):
    """`model_dir` is what `python -m libs.common.embedding <dir>` made. Without `qdrant_url` the built-in store works in
    `cache_dir`, for one process; `qdrant_api_key` goes with the URL. `cache_sweep_seconds` is how long an expired entry
    may stay on disk. Of an organization at most `cache_max_entries` answers are kept, and at most `cache_stores_per_minute`
    are taken in by one process; they take at most `cache_max_bytes`, those of all organizations `cache_total_bytes`, and no
    answer of more than `cache_entry_bytes` is kept. Of an organization's embeddings at most `cache_max_vectors` are kept, in
    `cache_vector_bytes`; those of all organizations take `cache_vector_total_bytes`.
    """

    model_dir: str = "var/model"
    cache_dir: str = "var/cache"
    qdrant_url: str | None = None
    qdrant_api_key: str | None = None
    cache_sweep_seconds: float = 300.0
    cache_max_entries: int = 50_000
    cache_stores_per_minute: int = 6_000
    cache_max_bytes: int = 200_000_000
    cache_total_bytes: int = 2_000_000_000
    cache_entry_bytes: int = 500_000
    cache_max_vectors: int = 100_000
    cache_vector_bytes: int = 1_000_000_000
    cache_vector_total_bytes: int = 5_000_000_000
