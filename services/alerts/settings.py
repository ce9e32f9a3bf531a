"""What alerts can be told."""

from libs.common.settings import CommonSettings


class AlertsSettings(CommonSettings, frozen=True, kw_only=True):
    """`alerts_interval` is the seconds between two looks at the rules. With more than `alerts_backlog` finished requests
    still uncounted, a rule whose metric they could turn is left for later.
    """

    database_url: str
    alerts_interval: float = 15.0
    alerts_backlog: int = 2000
    alerts_sweep_seconds: float = 3600.0
