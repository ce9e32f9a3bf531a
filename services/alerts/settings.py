"""What alerts can be told."""

from libs.common.settings import CommonSettings


class AlertsSettings(CommonSettings, frozen=True, kw_only=True):
    """`alerts_interval` is the seconds between two looks at the rules, and how long a value has to be back before its rule
    resolves. With more than `alerts_backlog` finished requests still uncounted, a rule whose metric they could turn is left
    for later. `alerts_delivery_seconds` is how often notices that are due are looked for;
    one that was taken and not settled within `alerts_lease_seconds` is taken again.

    Mail is sent where `smtp_url` (`smtp://user:password@host:587`, or `smtps://`) is set. `alerts_kek`, 32 bytes in base64
    (or `1:<base64>,2:<base64>`), seals the URLs of webhooks; without it there are none. `allowed_hosts`: `host[:port]`, with
    commas, that they may name although they are plain or not public.
    """

    database_url: str
    alerts_interval: float = 15.0
    alerts_backlog: int = 2000
    alerts_delivery_seconds: float = 1.0
    alerts_lease_seconds: float = 60.0
    alerts_sweep_seconds: float = 3600.0
    smtp_url: str | None = None
    mail_from: str = "Promptly <promptly@localhost>"
    alerts_kek: str | None = None
    allowed_hosts: str = ""
