"""What alerts can be told."""

from libs.common.sealing_settings import check_keks
from libs.common.settings import CommonSettings, Secret, SecretUrl


class AlertsSettings(CommonSettings, frozen=True, kw_only=True):
    """What alerts can be told; mail and webhooks are there where their settings are."""

    database_url: SecretUrl
    """Postgres: any `postgresql://` URL, unix sockets too."""
    alerts_interval: float = 15.0
    """Seconds between two looks at the rules, and how long a value has to be back before its rule resolves."""
    alerts_backlog: int = 2000
    """With more finished requests than this uncounted, a rule that they could turn waits."""
    alerts_delivery_seconds: float = 1.0
    """How often notices that are due are looked for, in seconds."""
    alerts_lease_seconds: float = 60.0
    """A notice that was taken and not settled within this many seconds is taken again."""
    alerts_sweep_seconds: float = 3600.0
    """How often old counts and firings are deleted, in seconds."""
    smtp_url: SecretUrl | None = None
    """Mail server: `smtp://user:password@host:587` or `smtps://…`; unset: no mail is sent."""
    mail_from: str = "Promptly <promptly@localhost>"
    """Sender of mails."""
    alerts_kek: Secret | None = None
    """32 bytes in base64, or `1:<base64>,2:<base64>`: seals the URLs of webhooks; unset: there are no webhooks."""
    allowed_hosts: str = ""
    """`host[:port]`, with commas, that provider URLs and webhooks may name although they are plain or not public."""

    def __post_init__(self) -> None:
        if self.alerts_kek is not None:
            check_keks("PROMPTLY_ALERTS_KEK", self.alerts_kek)
