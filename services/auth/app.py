"""Puts auth together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import structlog

from libs.common import catalog
from libs.common.bus import Bus
from libs.common.clock import Clock, SystemClock
from libs.common.contracts.analytics import REQUESTS_LOGGED
from libs.common.contracts.auth import ACCESS_CHANGED, VERIFY_API_KEY
from libs.common.db import Database, connect, migrate
from libs.common.guarded_http import GuardedHttp
from libs.common.jobs import background, every
from libs.common.net_guard import forbidden_reason
from libs.common.runner import App
from libs.common.sealing import Sealer, parse_keks
from libs.common.settings import SettingsError
from libs.common.smtp import Smtp
from libs.common.web import Served, serve_http
from services.auth.accounts.erasure import Erasure
from services.auth.accounts.recovery import Recovery
from services.auth.accounts.service import Accounts
from services.auth.alerts.service import AlertScopes
from services.auth.announced_transaction import AnnouncedTransactions
from services.auth.audited import Audited
from services.auth.billing import handlers as billing_handlers
from services.auth.billing.clients.charges import BusCharges
from services.auth.billing.clients.no_checkout import NoCheckout
from services.auth.billing.credits import Credits
from services.auth.billing.idempotency import Idempotency
from services.auth.billing.ports import Checkout
from services.auth.billing.service import Billing
from services.auth.budgets.service import Budgets
from services.auth.clients.event_publisher import BusEventPublisher
from services.auth.clients.limits import SharedLimits
from services.auth.clients.mail import NullMailer, SmtpMailer
from services.auth.clients.passwords import Argon2Passwords
from services.auth.domain.confirmation import FOR_GOOD, Confirmation
from services.auth.domain.identities import IdentitySource
from services.auth.domain.links import Links, trace_page
from services.auth.experiments.service import Guard
from services.auth.handlers import operator_commands
from services.auth.http.api import Parts, create_api
from services.auth.http.gateway_peers import gateway_peers
from services.auth.insights.subscriptions import Subscriptions
from services.auth.issuers import handlers as issuer_handlers
from services.auth.issuers.clients.documents import http_issuers
from services.auth.issuers.ports import Issuers
from services.auth.issuers.service import CallerIssuers
from services.auth.jobs.background_tasks import background_tasks
from services.auth.keys.api_keys import ApiKeys
from services.auth.keys.control_keys import ControlKeys
from services.auth.keys.handlers import verify_api_key
from services.auth.keys.jobs import noting_use
from services.auth.keys.provider_keys import ProviderKeys
from services.auth.ports import Mailer, Passwords, RunInBackground
from services.auth.reports.service import Reports
from services.auth.routing.service import Configuration
from services.auth.sessions.clients.oauth import TIMEOUT, GitHub, Google
from services.auth.sessions.clients.oidc import OidcClient, OpenIdConnect
from services.auth.sessions.clients.states import JwtStates
from services.auth.sessions.clients.tokens import JwtTokens
from services.auth.sessions.domain.directory import Directory, orgs_of, roles_of
from services.auth.sessions.membership import Membership
from services.auth.sessions.oauth import OAuth
from services.auth.sessions.ports import IdentityProvider
from services.auth.sessions.service import Sessions
from services.auth.sessions.token_status_cache import TokenStatusCache
from services.auth.settings import AuthSettings
from services.auth.store.unit_of_work import unit_of_work
from services.auth.team import handlers as org_admins
from services.auth.team.service import Team
from services.auth.teams.service import Teams

log = structlog.get_logger()
_MIGRATIONS: Final = Path(__file__).parent / "store" / "migrations"
_PUBLISH_SECONDS: Final = 10.0
_SWEEP_SECONDS: Final = 3600.0
_LONGEST_HOURS: Final = 24 * 3650


@dataclass
class AuthApp(App):
    """`port` is where the dashboard's API listens."""

    port: int = 0


@dataclass(frozen=True)
class _Secrets:
    tokens: JwtTokens
    states: JwtStates
    sealer: Sealer
    mailer: Mailer


@asynccontextmanager
async def create_app(settings: AuthSettings, bus: Bus, clock: Clock | None = None) -> AsyncIterator[AuthApp]:
    """Auth, listening on its port and on the bus, for as long as the block runs. `SettingsError` for an unusable secret."""
    clock, secrets, links = clock or SystemClock(), _secrets(settings), _links(settings)
    oidc_client, directory = _oidc(settings)
    confirmation = _confirmation(settings)
    if not secrets.mailer.configured:
        log.warning(
            "addresses_are_not_confirmed", reason="without PROMPTLY_SMTP_URL nobody shows that an address is theirs"
        )
    await migrate(settings.database_url, "auth", _MIGRATIONS)
    async with (
        connect(settings.database_url) as database,
        httpx.AsyncClient(timeout=TIMEOUT) as client,
        background_tasks() as in_background,
        http_issuers(GuardedHttp(_hosts(settings.allowed_hosts)), clock) as issuers,
        _openid_connect(settings, oidc_client, clock) as oidc,
    ):
        with closing(Argon2Passwords()) as passwords:
            parts = await _parts(
                settings,
                bus,
                clock,
                database,
                secrets,
                links,
                passwords,
                providers=_providers(settings, client) | oidc,
                directory=directory,
                confirmation=confirmation,
                issuers=issuers,
                in_background=in_background,
            )
            idempotency = Idempotency(unit_of_work(database), clock)
            publisher = BusEventPublisher(bus, lambda *_: None)  # it ends no session
            transactions = AnnouncedTransactions(unit_of_work(database), publisher)
            guard = Guard(unit_of_work(database), transactions, publisher, bus, clock)
            await billing_handlers.serve(bus, parts.credits_, idempotency)
            await operator_commands.serve(bus, parts.recovery, parts.provider_keys)
            await bus.serve(VERIFY_API_KEY, verify_api_key(parts.api_keys))
            await org_admins.serve(bus, unit_of_work(database))
            await issuer_handlers.serve(bus, parts.issuers)
            async with (
                noting_use(parts.api_keys),
                background(
                    every("publish_deletions", parts.erasure.publish_deletions, _PUBLISH_SECONDS),
                    every("reap_credits", parts.credits_.reap, settings.credit_reap_seconds / 10),
                    every("expire_idempotency", idempotency.sweep, _SWEEP_SECONDS),
                    every("guard", guard.check, settings.guard_seconds),
                    every("reports", parts.reports.send_due, settings.report_seconds),
                ),
                serve_http(
                    gateway_peers(create_api(parts), parts.api_keys, parts.issuers),
                    settings.auth_host,
                    settings.auth_port,
                    settings.drain_seconds,
                    trusted_proxies=settings.trusted_proxies,
                    limits=settings.http_limits,
                ) as served,
            ):
                yield AuthApp(
                    degraded=lambda: () if database.reachable else ("postgres",),
                    quiesce=lambda: _quiesce(parts.subscriptions, served),
                    port=served.port,
                )


async def _parts(
    settings: AuthSettings,
    bus: Bus,
    clock: Clock,
    database: Database,
    secrets: _Secrets,
    links: Links,
    passwords: Passwords,
    *,
    providers: dict[IdentitySource, IdentityProvider],
    directory: Directory,
    confirmation: Confirmation,
    issuers: Issuers,
    in_background: RunInBackground,
) -> Parts:
    uow, limits, token_statuses = (
        unit_of_work(database),
        SharedLimits(bus, clock, shared_clock=True),
        TokenStatusCache(clock),
    )
    publisher = BusEventPublisher(bus, token_statuses.forget)
    await bus.listen(ACCESS_CHANGED, publisher.on_access_changed)
    subscriptions = Subscriptions(settings.live_views_per_org, settings.live_views)
    await bus.listen(REQUESTS_LOGGED, subscriptions.publish)
    transactions = AnnouncedTransactions(uow, publisher)
    models = catalog.load()
    credits_ = Credits(
        uow,
        publisher,
        BusCharges(bus),
        secrets.mailer,
        clock,
        in_background,
        trial=settings.trial_credits,
        low=settings.low_credits,
        reap_after=timedelta(seconds=settings.credit_reap_seconds),
        unlimited=settings.credits == "off",
    )
    api_keys = ApiKeys(uow, transactions, clock, settings.key_pepper, confirmation)
    control_keys = ControlKeys(uow, clock, settings.key_pepper, confirmation)
    accounts = Accounts(
        uow, passwords, api_keys, clock, limits, settings.registration, settings.bootstrap_token or None
    )
    allowed_hosts = _hosts(settings.allowed_hosts)
    membership = Membership(uow, publisher, directory, clock)
    return Parts(
        accounts=accounts,
        sessions=Sessions(
            uow, passwords, secrets.tokens, clock, limits, token_statuses, publisher, control_keys, confirmation
        ),
        recovery=Recovery(
            uow=uow,
            passwords=passwords,
            limits=limits,
            publisher=publisher,
            mailer=secrets.mailer,
            links=links,
            clock=clock,
            in_background=in_background,
        ),
        team=Team(
            verified_only=settings.invite_verified_only,
            uow=uow,
            transactions=transactions,
            passwords=passwords,
            publisher=publisher,
            mailer=secrets.mailer,
            links=links,
            clock=clock,
            in_background=in_background,
        ),
        oauth=OAuth(
            uow, providers, secrets.states, accounts, links, clock, membership, mails=secrets.mailer.configured
        ),
        erasure=Erasure(uow, transactions, publisher, clock),
        links=links,
        api_keys=api_keys,
        control_keys=control_keys,
        provider_keys=ProviderKeys(uow, transactions, secrets.sealer, clock, allowed_hosts),
        issuers=CallerIssuers(uow, transactions, issuers, api_keys, clock, limits, allowed_hosts),
        configuration=Configuration(uow, transactions, clock, models.tiers),
        teams=Teams(uow, transactions, clock),
        budgets=Budgets(uow, transactions, clock),
        alert_scopes=AlertScopes(uow),
        audited=Audited(uow, clock),
        limits=limits,
        reports=Reports(uow, bus, secrets.mailer, links, clock),
        credits_=credits_,
        billing=Billing(uow, credits_, _checkout(settings, links), secrets.mailer, clock, in_background),
        subscriptions=subscriptions,
        catalog=models,
        bus=bus,
        clock=clock,
    )


def _hosts(text: str) -> list[str]:
    return [host.strip() for host in text.split(",") if host.strip()]


async def _quiesce(subscriptions: Subscriptions, served: Served) -> None:
    """Live views would hold the server up until it cuts them off."""
    subscriptions.close()
    await served.shutdown()


def _links(settings: AuthSettings) -> Links:
    public = settings.public_url.rstrip("/")
    try:
        traces = trace_page(settings.trace_url) if settings.trace_url else None
    except ValueError as error:
        raise SettingsError(f"PROMPTLY_TRACE_URL cannot be used: {error}.") from None
    return Links(public_url=public, frontend_url=(settings.frontend_url or public).rstrip("/"), trace_url=traces)


def _providers(settings: AuthSettings, http: httpx.AsyncClient) -> dict[IdentitySource, IdentityProvider]:
    found: dict[IdentitySource, IdentityProvider] = {}
    if settings.github_client_id and settings.github_client_secret:
        found["github"] = GitHub(
            http,
            client_id=settings.github_client_id,
            secret=settings.github_client_secret,
            authorize=f"{settings.github_url}/login/oauth/authorize",
            token=f"{settings.github_url}/login/oauth/access_token",
            api=settings.github_api_url,
        )
    if settings.google_client_id and settings.google_client_secret:
        found["google"] = Google(
            http,
            client_id=settings.google_client_id,
            secret=settings.google_client_secret,
            authorize=settings.google_authorize_url,
            token=settings.google_token_url,
            userinfo=settings.google_userinfo_url,
        )
    return found


def _oidc(settings: AuthSettings) -> tuple[OidcClient | None, Directory]:
    """The OpenID Connect provider, if one is set up, and what its groups give. `SettingsError` for what cannot be used."""
    if settings.oidc_issuer is None:
        return None, Directory(roles=())
    if settings.oidc_client_id is None:
        raise SettingsError("PROMPTLY_OIDC_CLIENT_ID is not set, which PROMPTLY_OIDC_ISSUER needs.")
    if "openid" not in settings.oidc_scopes.split():
        raise SettingsError("PROMPTLY_OIDC_SCOPES has to hold openid.")
    if (reason := forbidden_reason(settings.oidc_issuer, _oidc_hosts(settings, settings.oidc_issuer))) is not None:
        raise SettingsError(f"PROMPTLY_OIDC_ISSUER cannot be used: {reason}")
    try:
        roles = roles_of(settings.oidc_roles)
    except ValueError as error:
        raise SettingsError(f"PROMPTLY_OIDC_ROLES cannot be used: {error}") from None
    try:
        orgs = orgs_of(settings.oidc_orgs)
    except ValueError as error:
        raise SettingsError(f"PROMPTLY_OIDC_ORGS cannot be used: {error}") from None
    client = OidcClient(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        name=settings.oidc_name,
        scopes=settings.oidc_scopes,
        groups_claim=settings.oidc_groups_claim,
        org_claim=settings.oidc_org_claim,
        trust_email=settings.oidc_trust_email,
    )
    return client, Directory(roles=roles, orgs=orgs)


def _confirmation(settings: AuthSettings) -> Confirmation:
    if settings.oidc_issuer is None:
        return FOR_GOOD
    hours, days = settings.oidc_session_hours, settings.oidc_key_days
    if not (0 <= hours <= _LONGEST_HOURS and 0 <= days <= _LONGEST_HOURS / 24):
        raise SettingsError("PROMPTLY_OIDC_SESSION_HOURS and PROMPTLY_OIDC_KEY_DAYS are from 0 (never) to ten years.")
    return Confirmation(
        title=settings.oidc_name,
        sessions=timedelta(hours=hours) if hours else None,
        keys=timedelta(days=days) if days else None,
    )


def _oidc_hosts(settings: AuthSettings, issuer: str) -> list[str]:
    """The operator names the issuer, which may be on a private network; what its documents name has to be there, too, or public."""
    allowed = _hosts(settings.allowed_hosts)
    return allowed if forbidden_reason(issuer, allowed) is None else [*allowed, urlsplit(issuer).netloc]


@asynccontextmanager
async def _openid_connect(
    settings: AuthSettings, client: OidcClient | None, clock: Clock
) -> AsyncIterator[dict[IdentitySource, IdentityProvider]]:
    if client is None:
        yield {}
        return
    http = GuardedHttp(_oidc_hosts(settings, client.issuer))
    async with http_issuers(http, clock) as issuers:
        yield {"oidc": OpenIdConnect(client, issuers, http, clock)}


def _checkout(settings: AuthSettings, links: Links) -> Checkout:
    if not settings.stripe_secret_key or not settings.stripe_webhook_secret:
        return NoCheckout()
    # The library takes 40 MB and half a second, which is spent only where credits are sold.
    from services.auth.billing.clients.stripe_checkout import StripeCheckout  # noqa: PLC0415

    return StripeCheckout(
        settings.stripe_secret_key, settings.stripe_webhook_secret, links.frontend_url, settings.stripe_api_base
    )


def _secrets(settings: AuthSettings) -> _Secrets:
    jwt_secrets = [secret.strip() for secret in settings.jwt_secret.split(",")]
    try:
        tokens, states = JwtTokens(jwt_secrets), JwtStates(jwt_secrets)
    except ValueError as error:
        raise SettingsError(f"PROMPTLY_JWT_SECRET cannot be used: {error}") from None
    sealer = Sealer(parse_keks(settings.kek))
    try:
        mailer = SmtpMailer(Smtp(settings.smtp_url, settings.mail_from)) if settings.smtp_url else NullMailer()
    except ValueError as error:
        raise SettingsError(f"PROMPTLY_SMTP_URL cannot be used: {error}") from None
    return _Secrets(tokens=tokens, states=states, sealer=sealer, mailer=mailer)
