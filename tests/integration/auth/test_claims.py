"""Whose account it is: addresses that a stranger registered first, keys of people who left or only look on, new installations."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
import pytest_asyncio

from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from libs.common.errors import Unauthorized
from services.auth.accounts.domain.credentials import normalise_email
from services.auth.app import create_app
from tests.fixtures.mailbox import Mailbox, mailbox
from tests.integration.auth.conftest import PASSWORD, Auth, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="module")
NEW = "another-password"
CONFIRM = "/api/auth/password/reset/confirm"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(database_url: str) -> AsyncIterator[tuple[Auth, Mailbox]]:
    clock, bus = ManualClock(datetime.now(UTC)), MemoryBus()
    async with mailbox() as box:
        settings = settings_for(database_url, smtp_url=box.url, mail_from="Promptly <no-reply@promptly.example>")
        async with (
            create_app(settings, bus, clock) as app,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}", timeout=30) as http,
        ):
            yield Auth(http, bus, settings), box


async def _reset(auth: Auth, box: Mailbox, email: str) -> str:
    """Reset the password as whoever reads the mail does; returns the mail's text."""
    assert (await auth.http.post("/api/auth/password/reset", json={"email": email})).status_code == 202
    body = str((await box.next()).get_content())  # type: ignore[attr-defined]  # of an EmailMessage
    token = body.partition("#token=")[2].split()[0]
    assert (await auth.http.post(CONFIRM, json={"token": token, "password": NEW})).status_code == 204
    return body


async def _login(auth: Auth, email: str) -> str:
    answer = await auth.http.post("/api/auth/login", json={"email": email, "password": NEW})
    assert answer.status_code == 200
    return str(answer.json()["token"])


async def test_the_owner_of_an_address_takes_all_from_who_registered_it_first(house: tuple[Auth, Mailbox]) -> None:
    auth, box = house
    stranger = await auth.new_org()
    said = await _reset(auth, box, stranger.email)
    assert "Promptly key Default" in said
    with pytest.raises(Unauthorized):
        await auth.verify(stranger.api_key)
    assert (await auth.call("GET", "/api/auth/me", stranger.token)).status_code == 401
    token = await _login(auth, stranger.email)
    made = await auth.call("POST", "/api/keys/platform", token, json={"name": "mine"})
    # The address is confirmed now: a later reset takes nothing away.
    assert "this ends" not in await _reset(auth, box, stranger.email)
    assert (await auth.verify(made.json()["api_key"])).org_id == stranger.id


async def test_a_confirmed_address_loses_nothing_with_a_reset(house: tuple[Auth, Mailbox]) -> None:
    auth, box = house
    org = await auth.new_org()
    assert (await auth.call("POST", "/api/auth/verify/mail", org.token)).status_code == 202
    code = str((await box.next()).get_content()).partition("with this code:")[2].split()[0]  # type: ignore[attr-defined]
    other = await auth.new_org()
    assert (await auth.call("POST", "/api/auth/verify", other.token, json={"token": code})).status_code == 400
    assert (await auth.call("POST", "/api/auth/verify", org.token, json={"token": code})).status_code == 204
    assert "this ends" not in await _reset(auth, box, org.email)
    assert (await auth.verify(org.api_key)).org_id == org.id


async def test_an_admin_who_is_removed_takes_no_secret_along(house: tuple[Auth, Mailbox]) -> None:
    auth, _ = house
    org = await auth.new_org()
    leaving = await auth.join(org, "admin")
    me = (await auth.call("GET", "/api/auth/me", leaving)).json()["user"]["id"]
    first = (await auth.call("GET", "/api/keys/platform", org.token)).json()["keys"][0]["id"]
    known = (await auth.call("POST", "/api/keys/platform/regenerate", leaving, json={"id": first})).json()["api_key"]
    made = (await auth.call("POST", "/api/keys/platform", leaving, json={"name": "theirs"})).json()
    kept = (await auth.call("POST", "/api/keys/platform/regenerate", org.token, json={"id": made["id"]})).json()[
        "api_key"
    ]
    assert (await auth.call("DELETE", f"/api/team/members/{me}", org.token)).status_code == 204
    with pytest.raises(Unauthorized):
        await auth.verify(known)
    assert (await auth.verify(kept)).user_id == org.user_id


async def test_who_may_only_look_on_calls_nothing_with_an_old_key(house: tuple[Auth, Mailbox]) -> None:
    auth, _ = house
    org = await auth.new_org()
    member = await auth.join(org, "member")
    me = (await auth.call("GET", "/api/auth/me", member)).json()["user"]["id"]
    key = (await auth.call("POST", "/api/keys/platform", member, json={"name": "old"})).json()["api_key"]
    assert (await auth.verify(key)).user_id == me
    for role, works in (("viewer", False), ("member", True)):
        assert (await auth.call("PUT", f"/api/team/members/{me}", org.token, json={"role": role})).status_code == 200
        if works:
            assert (await auth.verify(key)).user_id == me
        else:
            with pytest.raises(Unauthorized, match="may only look on"):
                await auth.verify(key)


@pytest.mark.parametrize("spelling", ["Ｖictim{}@example.com", "VICTIM{}@example.com", "victim{}@ｅxample.com"])
async def test_one_address_has_one_account_however_it_is_spelled(house: tuple[Auth, Mailbox], spelling: str) -> None:
    auth, _ = house
    mark = f"{abs(hash(spelling)) % 10**8}"
    assert (await auth.register(email=f"victim{mark}@example.com")).status_code == 201
    again = await auth.register(email=spelling.format(mark))
    assert again.status_code == 409
    answer = await auth.http.post("/api/auth/login", json={"email": spelling.format(mark), "password": PASSWORD})
    assert answer.status_code == 200


async def test_composed_and_decomposed_letters_are_one_address(house: tuple[Auth, Mailbox]) -> None:
    assert (
        normalise_email("jose\u0301@example.com") == normalise_email("JOS\u00c9@example.com") == "jos\u00e9@example.com"
    )
