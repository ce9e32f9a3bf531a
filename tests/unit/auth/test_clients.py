"""Hashing under load, and announcing without a bus."""

import asyncio
from collections.abc import Iterator
from contextlib import closing

import pytest
from argon2 import PasswordHasher

from libs.common.bus import MemoryBus
from libs.common.clock import SystemClock
from libs.common.errors import Unavailable
from services.auth.clients.event_publisher import BusEventPublisher
from services.auth.clients.passwords import Argon2Passwords
from services.auth.sessions.token_status_cache import TokenStatusCache


@pytest.fixture
def passwords() -> Iterator[Argon2Passwords]:
    with closing(Argon2Passwords()) as made:
        yield made


async def test_a_hash_matches_its_password_alone(passwords: Argon2Passwords) -> None:
    stored = await passwords.hash("securepassword")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.matches(stored, "securepassword")
    assert not await passwords.matches(stored, "securepasswore")
    assert not await passwords.matches(None, "nobody's password")
    assert not await passwords.matches("not a hash", "securepassword")


async def test_weaker_hashes_are_noticed(passwords: Argon2Passwords) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("p")
    assert passwords.outdated(weak)
    assert not passwords.outdated(await passwords.hash("p"))


async def test_only_so_many_wait_and_the_rest_are_told_at_once(passwords: Argon2Passwords) -> None:
    outcomes = await asyncio.gather(*(passwords.hash("p" * 8) for _ in range(30)), return_exceptions=True)
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 22
    assert sum(isinstance(outcome, Unavailable) for outcome in outcomes) == 8
    assert await passwords.hash("afterwards")


async def test_an_announcement_without_a_bus_is_no_failure() -> None:
    bus = MemoryBus()
    bus.connected = False
    await BusEventPublisher(bus, TokenStatusCache(SystemClock()).forget).principal_changed("org_1")
