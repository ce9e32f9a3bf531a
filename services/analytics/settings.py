"""Settings of analytics."""

from libs.common.settings import CommonSettings, SecretUrl


class AnalyticsSettings(CommonSettings, frozen=True, kw_only=True):
    """What analytics can be told."""

    database_url: SecretUrl
    analytics_read_url: SecretUrl | None = None
    """A copy of the database that the figures of overviews and experiments are read from; unset: the database."""
    log_retention_days: int = 90
    """Days for which single requests are kept; hourly sums stay."""
    analytics_watch_seconds: float = 5.0
    """How often the database and the backlog are looked at, in seconds."""
    analytics_upkeep_seconds: float = 3600.0
    """How often partitions are made and dropped, in seconds."""
    analytics_learn_seconds: float = 30.0
    """How often the routing of finished requests is learned from, in seconds."""
    analytics_learn_after_seconds: float = 900.0
    """How long after a request its routing is learned from, in seconds."""
    analytics_batch_seconds: float = 3600.0
    """How often batches are looked at that nobody polls, in seconds."""
