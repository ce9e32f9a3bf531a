"""Whom a Promptly deals with, played on this machine: GitHub and Google, an OpenID Connect provider, Stripe, and a mail server."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from anyio.from_thread import start_blocking_portal

from tests.fake_issuer import app as openid
from tests.fake_oauth.app import CLIENT_ID, CLIENT_SECRET, playing
from tests.fake_stripe.app import SECRET_KEY, WEBHOOK_SECRET, fake_stripe
from tests.fixtures.mailbox import mailbox


@dataclass(frozen=True)
class Outside:
    """What Promptly is told of them, and what the browser's walk is."""

    settings: dict[str, str]
    walk: dict[str, str]


@contextmanager
def outside() -> Iterator[Outside]:
    """All of them, for as long as the block runs."""
    with (
        tempfile.TemporaryDirectory(prefix="promptly-mails-") as mails,
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(playing()) as oauth,
        portal.wrap_async_context_manager(openid.playing()) as issuer,
        portal.wrap_async_context_manager(mailbox(Path(mails))) as mail,
        fake_stripe() as stripe,
    ):
        stripe.page = stripe.url
        client = {"CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET}
        settings = {
            **{f"PROMPTLY_{source}_{name}": value for source in ("GITHUB", "GOOGLE") for name, value in client.items()},
            "PROMPTLY_GITHUB_URL": oauth.url,
            "PROMPTLY_GITHUB_API_URL": f"{oauth.url}/api",
            "PROMPTLY_GOOGLE_AUTHORIZE_URL": f"{oauth.url}/o/oauth2/v2/auth",
            "PROMPTLY_GOOGLE_TOKEN_URL": f"{oauth.url}/token",
            "PROMPTLY_GOOGLE_USERINFO_URL": f"{oauth.url}/v1/userinfo",
            "PROMPTLY_OIDC_ISSUER": issuer.url,
            "PROMPTLY_OIDC_CLIENT_ID": openid.CLIENT_ID,
            "PROMPTLY_OIDC_CLIENT_SECRET": openid.CLIENT_SECRET,
            "PROMPTLY_OIDC_NAME": "Eastwind",
            "PROMPTLY_OIDC_ROLES": "member=staff",
            "PROMPTLY_OIDC_ORG_CLAIM": "organization",
            "PROMPTLY_STRIPE_SECRET_KEY": SECRET_KEY,
            "PROMPTLY_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "PROMPTLY_STRIPE_API_BASE": stripe.url,
            "PROMPTLY_SMTP_URL": mail.url,
        }
        walk = {"OAUTH_URL": oauth.url, "OIDC_URL": issuer.url}
        yield Outside(settings, {**walk, "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET, "MAILS": mails})
