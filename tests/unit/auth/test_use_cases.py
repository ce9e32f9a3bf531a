"""What auth does, on stores in memory and with the clock held still."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from libs.common.errors import NotFound, RateLimited, Unauthorized, Unavailable
from services.auth.accounts.service import Accounts
from services.auth.announced_transaction import AnnouncedTransactions
from services.auth.clients.limits import SharedLimits
from services.auth.domain.accounts import Caller
from services.auth.domain.confirmation import FOR_GOOD
from services.auth.keys.api_keys import ApiKeys, NewKey
from services.auth.keys.control_keys import ControlKeys
from services.auth.ports import Tx
from services.auth.sessions.clients.tokens import JwtTokens
from services.auth.sessions.service import Sessions
from services.auth.sessions.token_status_cache import TokenStatusCache
from tests.fakes.auth.unit_of_work import MemoryUnitOfWork

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PASSWORD = "securepassword"


class PlainPasswords:
    """Hashes that are none, with a version that can be raised."""

    version = 1

    async def hash(self, password: str) -> str:
        return f"{self.version}:{password}"

    async def matches(self, password_hash: str | None, password: str) -> bool:
        return password_hash is not None and password_hash.partition(":")[2] == password

    def outdated(self, password_hash: str) -> bool:
        return password_hash.partition(":")[0] != str(self.version)


class Away:
    """A unit of work that can be cut off, and announcements that are written down."""

    def __init__(self) -> None:
        self.memory = MemoryUnitOfWork()
        self.away = False
        self.announced: list[tuple[str, str | None]] = []
        self.removed: list[tuple[str, str]] = []

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Tx]:
        if self.away:
            raise Unavailable("away")
        async with self.memory() as tx:
            yield tx

    async def access_changed(self, org_id: str, user_id: str | None = None) -> None:
        self.announced.append((org_id, user_id))

    async def org_deleted(self, org_id: str, at: datetime) -> None:
        if self.away:
            raise Unavailable("away")
        self.announced.append((org_id, None))

    async def member_removed(self, org_id: str, user_id: str, at: datetime) -> None:
        if self.away:
            raise Unavailable("away")
        self.removed.append((org_id, user_id))

    async def principal_changed(self, org_id: str, key_id: str | None = None) -> None:
        self.announced.append((org_id, key_id))


class House:
    """Auth's use cases, put together."""

    def __init__(self) -> None:
        self.uow = Away()
        self.clock = ManualClock(NOW)
        self.passwords = PlainPasswords()
        self.changes = AnnouncedTransactions(self.uow, self.uow)
        self.keys = ApiKeys(self.uow, self.changes, self.clock, "pepper")
        limits = SharedLimits(MemoryBus(), self.clock)
        self.accounts = Accounts(self.uow, self.passwords, self.keys, self.clock, limits, "open")
        self.sessions = Sessions(
            self.uow,
            self.passwords,
            JwtTokens(["s" * 32]),
            self.clock,
            limits,
            TokenStatusCache(self.clock),
            self.uow,
            ControlKeys(self.uow, self.clock, "pepper"),
            FOR_GOOD,
        )

    async def admin(self) -> Caller:
        new = await self.accounts.register(
            org_name="n", email="a@example.com", password=PASSWORD, account_type="personal", address=""
        )
        return Caller(org_id=new.org.id, user_id=new.user.id, role="admin", token_id="t", token_expires_at=NOW)


@pytest.fixture
def house() -> House:
    return House()


async def test_a_change_is_announced_once_it_is_kept_and_not_otherwise(house: House) -> None:
    caller = await house.admin()
    (key,) = await house.keys.all(caller)
    with pytest.raises(NotFound):
        await house.keys.revoke(caller, "key_x")
    house.uow.away = True
    with pytest.raises(Unavailable):
        await house.keys.revoke(caller, key.id)
    assert house.uow.announced == []
    house.uow.away = False
    await house.keys.revoke(caller, key.id)
    assert house.uow.announced == [(caller.org_id, key.id)]


async def test_a_key_works_until_the_moment_it_expires(house: House) -> None:
    caller = await house.admin()
    _, key = await house.keys.create(caller, NewKey(name="k", expires_at=NOW + timedelta(seconds=60)))
    house.clock.advance(59.999)
    assert (await house.keys.principal(key.digest)).key_id == key.id
    house.clock.advance(0.001)
    with pytest.raises(Unauthorized):
        await house.keys.principal(key.digest)


async def test_uses_that_could_not_be_noted_are_noted_later(house: House) -> None:
    caller = await house.admin()
    (key,) = await house.keys.all(caller)
    await house.keys.principal(key.digest)
    house.uow.away = True
    with pytest.raises(Unavailable):
        await house.keys.note_use()
    house.uow.away = False
    await house.keys.note_use()
    assert [key.last_used_at for key in await house.keys.all(caller)] == [NOW]


async def test_guesses_are_forgotten_after_a_quarter_of_an_hour_and_after_a_success(house: House) -> None:
    await house.admin()
    for _ in range(5):
        with pytest.raises(Unauthorized):
            await house.sessions.login("a@example.com", "wrong", "203.0.113.9")
    with pytest.raises(RateLimited) as refusal:
        await house.sessions.login("A@Example.com", PASSWORD, "203.0.113.200")
    house.clock.advance(refusal.value.details.retry_after)
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(Unauthorized):
                await house.sessions.login("a@example.com", "wrong", "203.0.113.9")
        await house.sessions.login("a@example.com", PASSWORD, "203.0.113.9")


async def test_a_login_replaces_a_hash_of_yesterday(house: House) -> None:
    await house.admin()
    house.passwords.version = 2
    await house.sessions.login("a@example.com", PASSWORD, "")
    async with house.uow() as tx:
        known = await tx.accounts.credentials("a@example.com")
    assert known is not None
    assert known.password_hash == f"2:{PASSWORD}"
