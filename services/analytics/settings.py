"""Settings of analytics."""

from libs.common.settings import CommonSettings


class AnalyticsSettings(CommonSettings, frozen=True, kw_only=True):
    """`log_retention_days` is how long single requests are kept; hourly sums stay. The seconds say how often the
    database and the backlog are looked at, how often partitions are made and dropped, and how often and how long after a
    request its routing is learned from; `analytics_batch_seconds` is how often batches are looked at that nobody polls.
    `analytics_read_url`, where it is set, is a copy of the database that the figures of overviews and experiments are read
    from; what was just written is missing there for as long as the copy lags.
    """

    database_url: str
    analytics_read_url: str | None = None
    log_retention_days: int = 90
    analytics_watch_seconds: float = 5.0
    analytics_upkeep_seconds: float = 3600.0
    analytics_learn_seconds: float = 30.0
    analytics_learn_after_seconds: float = 900.0
    analytics_batch_seconds: float = 3600.0
