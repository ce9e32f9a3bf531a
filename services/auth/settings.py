"""Auth's settings."""

from typing import Literal

from libs.common.sealing_settings import SealingSettings
from libs.common.settings import Secret, SecretUrl

Registration = Literal["open", "first", "invite"]


class AuthSettings(SealingSettings, frozen=True, kw_only=True):
    """What auth can be told. The secrets have no defaults. A provider signs people in where its client id and secret are set."""

    jwt_secret: Secret
    """Signs tokens: at least 32 bytes; several with commas rotate it (the first signs, all verify)."""
    database_url: SecretUrl
    auth_host: str = "127.0.0.1"
    """Address on which `/api` is served."""
    auth_port: int = 8001
    """Port on which `/api` is served; 0: any free one."""
    registration: Registration = "open"
    """Who may register an organization: `open` to all, `first` until there is one, `invite` nobody."""
    bootstrap_token: Secret | None = None
    """Where it is set, the first registration of the installation needs it."""
    invite_verified_only: bool = False
    """Only those who have confirmed their address may invite (where mail is set up)."""
    allowed_hosts: str = ""
    trusted_proxies: str = ""
    """Addresses, with commas, whose `X-Forwarded-For` names the real client: your load balancer's."""
    live_views: int = 200
    """Live views of the request log that may be open at a time."""
    live_views_per_org: int = 20
    """The same, of one organization."""
    public_url: str = "http://localhost:8000"
    """Where browsers reach Promptly."""
    frontend_url: str | None = None
    """Where the dashboard is; unset: at `public_url`."""
    trace_url: str | None = None
    """The page of a trace, with `{trace_id}` in it; unset: the dashboard has no links to traces."""
    smtp_url: SecretUrl | None = None
    credits: Literal["metered", "off"] = "metered"
    """`metered`, or `off` for those who host for themselves: optimize calls cost nothing."""
    trial_credits: int = 0
    """Tokens for the optimize API that a new organization has."""
    low_credits: int = 100_000
    """Tokens below which an organization's admins get a mail."""
    credit_reap_seconds: float = 900.0
    """After so many seconds a lease of credits that nobody ended is ended with what the request log charged."""
    guard_seconds: float = 3600.0
    """Seconds between two looks of the guard at organizations with a holdout."""
    report_seconds: float = 60.0
    """Seconds between two looks for reports by mail that are due."""
    stripe_secret_key: Secret | None = None
    """Credits are sold where both of Stripe's secrets are set."""
    stripe_webhook_secret: Secret | None = None
    """Checks Stripe's calls of `/api/billing/webhook`."""
    stripe_api_base: str | None = None
    """A server that plays Stripe; unset: Stripe's own."""
    mail_from: str = "Promptly <promptly@localhost>"
    github_client_id: str | None = None
    """Sign-in with GitHub, where id and secret are set."""
    github_client_secret: Secret | None = None
    """Goes with `github_client_id`."""
    github_url: str = "https://github.com"
    """GitHub's pages; another for a server of your own."""
    github_api_url: str = "https://api.github.com"
    """GitHub's API; another for a server of your own."""
    google_client_id: str | None = None
    """Sign-in with Google, where id and secret are set."""
    google_client_secret: Secret | None = None
    """Goes with `google_client_id`."""
    google_authorize_url: str = "https://accounts.google.com/o/oauth2/v2/auth"
    """Google's page for signing in."""
    google_token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address
    """Where Google exchanges codes for tokens."""
    google_userinfo_url: str = "https://openidconnect.googleapis.com/v1/userinfo"
    """Where Google says who signed in."""
    oidc_issuer: str | None = None
    """Sign-in with an OpenID Connect provider: its issuer, as its tokens name it, such as `https://login.example.com/realms/main`."""
    oidc_client_id: str | None = None
    """Promptly's client id there; goes with `oidc_issuer`."""
    oidc_client_secret: Secret | None = None
    """Promptly's client secret there; unset: a public client, which PKCE alone protects."""
    oidc_name: str = "SSO"
    """What the button on the sign-in page calls the provider: "Sign in with …"."""
    oidc_scopes: str = "openid email profile"
    """Scopes to request, with spaces between them."""
    oidc_groups_claim: str = "groups"
    """The claim of the ID token that holds a user's groups; dots lead into objects (`realm_access.roles`)."""
    oidc_roles: str = ""
    """`role=group` entries with commas between them: the best role of a user's groups holds, `*` is everybody; no group: no access."""
    oidc_orgs: str = ""
    """`domain=organization id` entries with commas, by the domain of a user's address (`*`: any); unset: the only organization there is."""
    oidc_org_claim: str | None = None
    """The claim that holds the id of a user's organization, in place of `oidc_orgs`."""
    oidc_session_hours: float = 8.0
    """So many hours after they last signed in through the provider people have to do so again, whatever password they have; 0: never."""
    oidc_key_days: float = 0.0
    """So many days after that their keys stop, until they sign in again; 0: they go on until their owner is suspended or removed."""
    oidc_trust_email: bool = False
    """Whether addresses count as verified where the provider does not say (`email_verified`); `false` in a token always holds."""
