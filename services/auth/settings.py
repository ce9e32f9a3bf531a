"""Auth's settings."""

from typing import Literal

from libs.common.settings import CommonSettings

Registration = Literal["open", "first", "invite"]


class AuthSettings(CommonSettings, frozen=True, kw_only=True):
    """The secrets have no defaults.

    `jwt_secret`: at least 32 bytes; several with commas between them rotate it (the first signs, all verify).
    `key_pepper`: at least 32 characters, never changed while keys are in use. `kek`: 32 bytes in base64, or
    `1:<base64>,2:<base64>`. `allowed_hosts`: `host[:port]`, with commas, that provider URLs may name although they are
    not public. `trusted_proxies`: addresses whose X-Forwarded-For is believed beside a gateway's, which proves itself.
    `public_url`: where browsers
    reach Promptly; `frontend_url`: where its dashboard is (unset: there too); `trace_url`: the page of a trace, with
    `{trace_id}` in it (unset: the dashboard has no links to traces). Mail is sent where `smtp_url`
    (`smtp://user:password@host:587`, or `smtps://`) is set, and a provider signs people in where its client id and secret
    are set.

    At most `live_views` of the request log are open at a time, `live_views_per_org` of one organization.
    `bootstrap_token`: where it is set, nobody registers the first organization without it. Where mail is set up, an account
    whose address nobody has confirmed may not connect a sign-in, nor with `invite_verified_only` invite others.

    Every `guard_seconds` the guard looks whether a lever does harm, where a holdout runs.

    `credits`: `off` for those who host for themselves, whose optimize calls cost nothing. A new organization has
    `trial_credits` tokens; below `low_credits` its admins get a mail. A lease of credits that nobody has ended within
    `credit_reap_seconds` is ended with what the request log says was charged. They are
    sold where both of Stripe's secrets are set; its webhook goes to /api/billing/webhook.
    """

    jwt_secret: str
    key_pepper: str
    kek: str
    database_url: str
    auth_host: str = "127.0.0.1"
    auth_port: int = 8001
    registration: Registration = "open"
    bootstrap_token: str | None = None
    invite_verified_only: bool = False
    allowed_hosts: str = ""
    trusted_proxies: str = ""
    live_views: int = 200
    live_views_per_org: int = 20
    public_url: str = "http://localhost:8000"
    frontend_url: str | None = None
    trace_url: str | None = None
    smtp_url: str | None = None
    credits: Literal["metered", "off"] = "metered"
    trial_credits: int = 0
    low_credits: int = 100_000
    credit_reap_seconds: float = 900.0
    guard_seconds: float = 3600.0
    stripe_secret_key: str | None = None
    stripe_webhook_secret: str | None = None
    stripe_api_base: str | None = None
    mail_from: str = "Promptly <promptly@localhost>"
    github_client_id: str | None = None
    github_client_secret: str | None = None
    github_url: str = "https://github.com"
    github_api_url: str = "https://api.github.com"
    google_client_id: str | None = None
    google_client_secret: str | None = None
    google_authorize_url: str = "https://accounts.google.com/o/oauth2/v2/auth"
    google_token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address
    google_userinfo_url: str = "https://openidconnect.googleapis.com/v1/userinfo"
