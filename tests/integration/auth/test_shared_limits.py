"""How often somebody may try, over several copies of auth, over a restart, and without a bus."""

from datetime import UTC, datetime

import httpx
import pytest

from libs.common.bus import Bus, MemoryBus
from libs.common.bus.nats import NatsBus
from libs.common.clock import ManualClock
from libs.common.errors import RateLimited
from services.auth.app import create_app
from services.auth.clients.limits import SharedLimits
from services.auth.domain.attempts import LOGIN_ACCOUNT, LOGIN_ADDRESS, REGISTER, RESET_ADDRESS, Allowance
from services.auth.settings import AuthSettings
from tests.fixtures.nats import NatsServer
from tests.integration.auth.conftest import PASSWORD, Auth, settings_for

# A whole number of every window, so that a test does not cross into the next one.
START = datetime(2026, 11, 20, 12, tzinfo=UTC)
TWICE = Allowance(name="twice", limit=2, seconds=60, sentence="Too many")


async def _taken(limits: SharedLimits, who: str, times: int, allowance: Allowance = TWICE) -> list[int]:
    """For each try the seconds to wait, 0 where it was let through."""
    found = []
    for _ in range(times):
        try:
            await limits.take(allowance, who)
            found.append(0)
        except RateLimited as refusal:
            found.append(refusal.details.retry_after)
    return found


@pytest.fixture(params=["memory", "nats"])
def bus(request: pytest.FixtureRequest) -> Bus:
    """The same over both buses."""
    found: Bus = MemoryBus() if request.param == "memory" else request.getfixturevalue("nats_bus")
    return found


async def test_two_copies_count_together_and_a_third_that_starts_later_too(bus: Bus) -> None:
    clock = ManualClock(START)
    one, two = SharedLimits(bus, clock), SharedLimits(bus, clock)
    assert await _taken(one, "a", 1) + await _taken(two, "a", 2) == [0, 0, 60]
    assert await _taken(one, "a", 1) == [60]
    assert await _taken(SharedLimits(bus, clock), "a", 1) == [60]
    assert await _taken(two, "b", 3) == [0, 0, 60]
    clock.advance(60)
    assert await _taken(two, "a", 3) == [0, 0, 60]


async def test_what_was_refused_is_not_counted_and_what_succeeded_is_given_back(bus: Bus) -> None:
    clock = ManualClock(START)
    one, two = SharedLimits(bus, clock), SharedLimits(bus, clock)
    await _taken(one, "a", 10)
    await one.undo(TWICE, "a")
    assert await _taken(two, "a", 2) == [0, 60]
    await two.forget(TWICE, "a")
    assert await _taken(SharedLimits(bus, clock), "a", 3) == [0, 0, 60]


async def test_without_a_bus_each_copy_counts_for_itself() -> None:
    bus, clock = MemoryBus(), ManualClock(START)
    bus.connected = False
    one, two = SharedLimits(bus, clock), SharedLimits(bus, clock)
    assert await _taken(one, "a", 3) == [0, 0, 60]
    assert await _taken(two, "a", 3) == [0, 0, 60]
    clock.advance(60)
    assert await _taken(one, "a", 1) == [0]


async def test_tries_outlive_the_bus_server(nats_server: NatsServer, nats_bus: NatsBus) -> None:
    clock = ManualClock(START)
    assert await _taken(SharedLimits(nats_bus, clock), "a", 2) == [0, 0]
    nats_server.stop()
    nats_server.start()
    again = NatsBus(nats_server.url, "again")
    await again.start(10)
    assert await _taken(SharedLimits(again, clock), "a", 1) == [60]
    await again.drain(1)


async def _answers(
    settings: AuthSettings,
    path: str,
    bodies: list[dict[str, str]],
    address: str,
    before: tuple[Allowance, int] | None = None,
) -> list[int]:
    """Statuses of requests that take turns at two copies of auth; a third has counted some `before` for the same address."""
    bus, clock = MemoryBus(), ManualClock(datetime.now(UTC))
    if before is not None:
        allowance, times = before
        assert await _taken(SharedLimits(bus, clock), address, times, allowance) == [0] * times
    async with (
        create_app(settings, bus, clock) as one,
        create_app(settings, bus, clock) as two,
        httpx.AsyncClient(timeout=60, headers={"X-Forwarded-For": address}) as http,
    ):
        found = []
        for turn, body in enumerate(bodies):
            port = (one.port, two.port)[turn % 2]
            answer = await http.post(f"http://127.0.0.1:{port}{path}", json=body)
            found.append(answer.status_code)
            assert (answer.status_code == 429) == ("Retry-After" in answer.headers)
        return found


async def test_sixty_registrations_an_hour_from_one_address(database_url: str) -> None:
    tried = 4
    bodies = [{"org_name": "n", "email": f"reg{n}@example.com", "password": PASSWORD} for n in range(tried + 2)]
    before = REGISTER, REGISTER.limit - tried
    found = await _answers(settings_for(database_url), "/api/auth/register", bodies, "203.0.113.9", before)
    assert found == [201] * tried + [429] * 2
    bodies = [{**body, "email": f"x{body['email']}"} for body in bodies]
    found = await _answers(settings_for(database_url), "/api/auth/register", bodies, "127.0.0.1", before)
    assert found == [201] * len(bodies)


async def test_ten_resets_an_hour_from_one_address(database_url: str) -> None:
    bodies = [{"email": f"{n}@example.com"} for n in range(RESET_ADDRESS.limit + 1)]
    found = await _answers(settings_for(database_url), "/api/auth/password/reset", bodies, "2001:db8::1")
    assert found == [202] * RESET_ADDRESS.limit + [429]


async def test_a_thousand_failures_an_hour_from_one_address_whatever_the_account(database_url: str) -> None:
    failures = 20  # each costs what a password's hash costs
    bodies = [{"email": f"{n}@example.com", "password": PASSWORD} for n in range(failures + 1)]
    before = LOGIN_ADDRESS, LOGIN_ADDRESS.limit - failures
    found = await _answers(settings_for(database_url), "/api/auth/login", bodies, "203.0.113.9", before)
    assert found == [401] * failures + [429]


async def test_a_sixth_guess_waits_whichever_copy_is_asked(database_url: str) -> None:
    settings, bus = settings_for(database_url), MemoryBus()
    async with (
        create_app(settings, bus) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}", timeout=60) as http,
    ):
        email = (await Auth(http, bus, settings).new_org()).email
    body = {"email": email, "password": "wrong-password"}
    bodies = [body] * (LOGIN_ACCOUNT.limit + 1)
    found = await _answers(settings, "/api/auth/login", bodies, "198.51.100.7")
    assert found == [401] * LOGIN_ACCOUNT.limit + [429]
