"""What the cache can be told."""

from libs.common.settings import CommonSettings


class CacheSettings(CommonSettings, frozen=True, kw_only=True):
    """`model_dir` is what `python -m libs.common.embedding <dir>` made. Without `qdrant_url` the built-in store works in
    `cache_dir`, for one process; `qdrant_api_key` goes with the URL. `cache_sweep_seconds` is how long an expired entry
    may stay on disk.
    """

    model_dir: str = "var/model"
    cache_dir: str = "var/cache"
    qdrant_url: str | None = None
    qdrant_api_key: str | None = None
    cache_sweep_seconds: float = 300.0
