"""The documents that issuers publish: fetched once for all who ask, bounded, and kept while they can be."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from libs.common.errors import Unavailable
from libs.common.guarded_http import GuardedHttp, Unreachable
from services.auth.issuers.clients import documents
from services.auth.issuers.clients.documents import HttpIssuers, http_issuers
from tests.fake_issuer.app import FakeIssuer, ec_key, playing, rsa_key
from tests.integration.auth.oidc_world import Ages


class Place:
    """An issuer, its documents, and a clock for their age."""

    def __init__(self, fake: FakeIssuer, issuers: HttpIssuers, clock: Ages) -> None:
        self.fake, self.issuers, self.clock = fake, issuers, clock

    async def kids(self, key_id: str | None = None) -> list[str | None]:
        return [key.kid for key in await self.issuers.keys(self.fake.url, key_id)]

    async def fails(self, words: str) -> None:
        with pytest.raises(Unavailable, match=words) as failed:
            await self.issuers.keys(self.fake.url)
        assert failed.value.message.endswith(".")


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    clock = Ages()
    async with playing() as fake:
        http = GuardedHttp([fake.url.removeprefix("http://")])
        async with http_issuers(http, clock) as issuers:
            yield Place(fake, issuers, clock)


async def test_a_hundred_who_ask_at_once_cost_the_issuer_one_call(place: Place) -> None:
    found = await asyncio.gather(*(place.kids() for _ in range(100)))
    assert set(map(tuple, found)) == {("first",)}
    assert place.fake.calls == ["discovery", "jwks"]
    [key] = await place.issuers.keys(place.fake.url)
    assert (key.kty, key.alg, key.use) == ("RSA", "RS256", "sig")


async def test_one_who_leaves_does_not_end_it_for_the_others(place: Place) -> None:
    place.fake.hangs = {"jwks"}
    leaving, staying = (asyncio.create_task(place.kids()) for _ in range(2))
    async with asyncio.timeout(10):
        while "jwks" not in place.fake.calls:
            await asyncio.sleep(0.005)
    leaving.cancel()
    place.fake.ended.set()
    assert await staying == ["first"]
    assert place.fake.calls == ["discovery", "jwks"]


async def test_keys_are_looked_for_again_beside_whoever_asks_and_kept_for_an_hour(place: Place) -> None:
    assert await place.kids() == ["first"]
    place.fake.rotate(ec_key("second"))
    place.clock.advance(899)
    assert await place.kids() == ["first"]
    assert place.fake.calls.count("jwks") == 1
    place.clock.advance(1)
    assert await place.kids() == ["first"]  # whoever asks does not wait
    async with asyncio.timeout(10):
        while await place.kids() != ["first", "second"]:
            await asyncio.sleep(0.005)
    assert place.fake.calls.count("jwks") == 2
    place.fake.status = 500
    place.clock.advance(3599)
    assert await place.kids() == ["first", "second"]
    place.clock.advance(11)
    await place.fails("answered with 500")


async def test_an_unknown_key_is_looked_for_every_ten_seconds_at_most(place: Place) -> None:
    assert await place.kids() == ["first"]
    place.fake.rotate(rsa_key("second"))
    assert await place.kids("second") == ["first"]  # the last look was a moment ago
    place.clock.advance(10)
    assert await place.kids("second") == ["first", "second"]
    for number in range(50):
        await place.kids(f"made-up-{number}")
    assert place.fake.calls.count("jwks") == 2
    place.fake.hangs = {"discovery"}
    place.clock.advance(10)
    assert await place.kids("second") == ["first", "second"]


@pytest.mark.parametrize("name", ["discovery", "jwks"])
async def test_an_issuer_that_does_not_answer_or_too_much_is_given_up(
    place: Place, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.fake.big = {name}
    await place.fails("more than 65536 bytes")
    calls = len(place.fake.calls)
    await place.fails("more than 65536 bytes")  # remembered
    assert len(place.fake.calls) == calls
    monkeypatch.setattr(documents, "_SECONDS", 0.05)
    place.fake.big, place.fake.hangs = set(), {name}
    place.clock.advance(10)
    await place.fails("did not answer")
    place.fake.hangs = set()
    place.clock.advance(10)
    monkeypatch.undo()
    assert await place.kids() == ["first"]


async def test_an_issuer_without_a_key_that_can_be_used_says_so(place: Place) -> None:
    place.fake.keys[0].listed = False
    await place.fails("publishes no key that can be used")


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://10.1.2.3/x",
        "https://169.254.169.254/latest/meta-data",
        "https://2130706433/x",
        "http://example.com/x",
        "https://example.com:22/x",
        "ftp://example.com/x",
        "https://u:p@example.com/x",
    ],
)
async def test_an_address_that_is_not_public_is_not_called(url: str) -> None:
    with pytest.raises(Unreachable) as refused:
        await GuardedHttp(()).request("GET", url, headers={}, seconds=1, largest=1)
    assert refused.value.for_good


async def test_a_name_that_leads_to_a_private_address_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolved(*_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(2, 1, 6, "", ("10.0.0.1", 443)), (2, 1, 6, "", ("127.0.0.1", 443))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolved)
    with pytest.raises(Unreachable, match="public") as refused:
        await GuardedHttp(()).request("GET", "https://example.com/x", headers={}, seconds=5, largest=1)
    assert refused.value.for_good
