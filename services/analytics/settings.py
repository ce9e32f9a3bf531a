"""Settings of analytics."""

from libs.common.settings import CommonSettings, Secret, SecretUrl


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
    analytics_price_seconds: float = 3600.0
    """How often organizations are looked for whose models' prices are to be looked at, each once a day, in seconds."""
    export_s3_bucket: str | None = None
    """Bucket that the request log is exported to, hour by hour; unset: it is not exported."""
    export_s3_endpoint: str | None = None
    """URL of a server that speaks S3; unset: Amazon's."""
    export_s3_region: str = "us-east-1"
    """Region of the bucket."""
    export_s3_prefix: str = "promptly/"
    """What the names of exported objects begin with."""
    export_s3_access_key: Secret | None = None
    """Access key for the bucket; unset: what the machine has, as AWS's tools find it."""
    export_s3_secret_key: Secret | None = None
    """Secret key for the bucket; set together with the access key."""
    export_webhook_url: Secret | None = None
    """URL that the request log is sent to, hour by hour, instead of a bucket; unset: it is not."""
    export_webhook_secret: Secret | None = None
    """Signs what is sent there (`x-promptly-signature`): at least 16 characters; goes with the URL."""
    export_seconds: float = 60.0
    """How often hours that are over are looked for to export, in seconds."""
