"""Puts auth together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from libs.common import catalog
from libs.common.bus import Bus
from libs.common.clock import Clock, SystemClock
from libs.common.contracts.auth import VERIFY_API_KEY
from libs.common.db import connect, migrate
from libs.common.runner import App
from libs.common.sealing import Sealer, parse_keks
from libs.common.settings import SettingsError
from libs.common.web import serve_http
from services.auth.accounts import Accounts
from services.auth.api_keys import ApiKeys
from services.auth.changes import Changes
from services.auth.clients.announcer import BusAnnouncer
from services.auth.clients.passwords import Argon2Passwords
from services.auth.clients.tokens import JwtTokens
from services.auth.configuration import Configuration
from services.auth.handlers.verify_api_key import verify_api_key
from services.auth.http.api import Parts, create_api
from services.auth.jobs.last_used import noting_use
from services.auth.provider_keys import ProviderKeys
from services.auth.sessions import Sessions
from services.auth.settings import AuthSettings
from services.auth.store.unit_of_work import unit_of_work

_MIGRATIONS = Path(__file__).parent / "store" / "migrations"


@dataclass
class AuthApp(App):
    """`port` is where the dashboard's API listens."""

    port: int = 0


@asynccontextmanager
async def create_app(settings: AuthSettings, bus: Bus, clock: Clock | None = None) -> AsyncIterator[AuthApp]:
    """Auth, listening on its port and on the bus, for as long as the block runs. `SettingsError` for an unusable secret."""
    clock = clock or SystemClock()
    tokens, sealer = _secrets(settings)
    await migrate(settings.database_url, "auth", _MIGRATIONS)
    async with connect(settings.database_url) as database:
        with closing(Argon2Passwords()) as passwords:
            uow = unit_of_work(database)
            changes = Changes(uow, BusAnnouncer(bus))
            api_keys = ApiKeys(uow, changes, clock, settings.key_pepper)
            allowed_hosts = [host.strip() for host in settings.allowed_hosts.split(",") if host.strip()]
            api = create_api(
                Parts(
                    accounts=Accounts(uow, passwords, api_keys, clock, settings.registration),
                    sessions=Sessions(uow, passwords, tokens, clock),
                    api_keys=api_keys,
                    provider_keys=ProviderKeys(uow, changes, sealer, clock, allowed_hosts),
                    configuration=Configuration(uow, changes, clock, catalog.load().tiers),
                    bus=bus,
                    clock=clock,
                )
            )
            await bus.serve(VERIFY_API_KEY, verify_api_key(api_keys))
            async with (
                noting_use(api_keys),
                serve_http(
                    api,
                    settings.auth_host,
                    settings.auth_port,
                    settings.drain_seconds,
                    trusted_proxies=settings.trusted_proxies,
                ) as served,
            ):
                yield AuthApp(
                    degraded=lambda: () if database.reachable else ("postgres",),
                    quiesce=served.shutdown,
                    port=served.port,
                )


def _secrets(settings: AuthSettings) -> tuple[JwtTokens, Sealer]:
    if len(settings.key_pepper.encode()) < 32:
        raise SettingsError("PROMPTLY_KEY_PEPPER has to be at least 32 bytes long.")
    try:
        tokens = JwtTokens([secret.strip() for secret in settings.jwt_secret.split(",")])
    except ValueError as error:
        raise SettingsError(f"PROMPTLY_JWT_SECRET cannot be used: {error}") from None
    try:
        return tokens, Sealer(parse_keks(settings.kek))
    except ValueError as error:
        raise SettingsError(f"PROMPTLY_KEK cannot be used: {error}") from None
