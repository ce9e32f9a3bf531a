"""Passwords: changed, forgotten, reset by mail or by the operator; and what becomes of tokens meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from libs.common.contracts.auth import RESET_PASSWORD, ResetPassword
from libs.common.db import connect
from libs.common.errors import NotFound
from services.auth.app import create_app
from tests.fixtures.mailbox import Mailbox, mailbox
from tests.integration.auth.conftest import PASSWORD, Auth, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="module")
NEW = "another-password"
RESET, CONFIRM = "/api/auth/password/reset", "/api/auth/password/reset/confirm"


class House:
    """Auth with a mailbox and a clock that stands still."""

    def __init__(self, auth: Auth, box: Mailbox, clock: ManualClock) -> None:
        self.auth, self.box, self.clock = auth, box, clock

    async def login(self, email: str, password: str) -> int:
        return (await self.auth.http.post("/api/auth/login", json={"email": email, "password": password})).status_code

    async def mailed_token(self, email: str) -> str:
        assert (await self.auth.http.post(RESET, json={"email": email})).status_code == 202
        message = await self.box.next()
        assert message["To"] == email
        body = message.get_content()  # type: ignore[attr-defined]  # of an EmailMessage
        return str(body.partition("#token=")[2].split()[0])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(database_url: str) -> AsyncIterator[House]:
    clock, bus = ManualClock(datetime.now(UTC)), MemoryBus()
    async with mailbox() as box:
        settings = settings_for(database_url, smtp_url=box.url, mail_from="Promptly <no-reply@promptly.example>")
        async with (
            create_app(settings, bus, clock) as app,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}", timeout=30) as http,
        ):
            yield House(Auth(http, bus, settings), box, clock)


async def test_a_changed_password_ends_every_token_but_the_new_one(house: House) -> None:
    auth = house.auth
    org = await auth.new_org()
    body = {"old_password": PASSWORD, "new_password": NEW}
    changed = await auth.call("POST", "/api/auth/password", org.token, json=body)
    assert changed.status_code == 200
    assert set(changed.json()) == {"token", "user", "org"}
    assert (await auth.call("GET", "/api/auth/me", org.token)).status_code == 401
    assert (await auth.call("GET", "/api/auth/me", changed.json()["token"])).status_code == 200
    assert await house.login(org.email, PASSWORD) == 401
    assert await house.login(org.email, NEW) == 200
    assert (await auth.verify(org.api_key)).org_id == org.id


async def test_the_old_password_has_to_be_known_and_cannot_be_guessed_for_long(house: House) -> None:
    org = await house.auth.new_org()
    for old, new, field in (("wrong-password", NEW, "old_password"), (PASSWORD, "short", "new_password")):
        body = {"old_password": old, "new_password": new}
        answer = await house.auth.call("POST", "/api/auth/password", org.token, json=body)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    wrong = {"old_password": "wrong-password", "new_password": NEW}
    answers = [await house.auth.call("POST", "/api/auth/password", org.token, json=wrong) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [400] * 4 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0


async def test_a_forgotten_password_is_reset_once_with_the_token_by_mail(house: House) -> None:
    auth = house.auth
    org = await auth.new_org()
    token = await house.mailed_token(org.email)
    async with connect(auth.settings.database_url) as database, database() as tx:
        stored = (await tx.execute(text("SELECT t::text FROM auth.tickets t"))).scalars().all()
    assert not any(token in row for row in stored)
    assert (await auth.http.post(CONFIRM, json={"token": token, "password": "short"})).status_code == 400
    body = {"token": token, "password": NEW}
    answers = await asyncio.gather(*(auth.http.post(CONFIRM, json=body) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [204, 400, 400]
    assert (await auth.call("GET", "/api/auth/me", org.token)).status_code == 401
    assert await house.login(org.email, NEW) == 200


async def test_a_token_ends_after_an_hour_and_with_any_other_change(house: House) -> None:
    auth = house.auth
    org = await auth.new_org()
    late, overtaken = await house.mailed_token(org.email), await house.mailed_token(org.email)
    body = {"old_password": PASSWORD, "new_password": NEW}
    assert (await auth.call("POST", "/api/auth/password", org.token, json=body)).status_code == 200
    assert (await auth.http.post(CONFIRM, json={"token": overtaken, "password": PASSWORD})).status_code == 400
    late = await house.mailed_token(org.email)
    house.clock.advance(3600)
    assert (await auth.http.post(CONFIRM, json={"token": late, "password": PASSWORD})).status_code == 400
    house.clock.advance(-3600)
    for worthless in ("", "x" * 43, "é"):
        assert (await auth.http.post(CONFIRM, json={"token": worthless, "password": PASSWORD})).status_code == 400


async def test_nobody_learns_who_is_registered_and_no_mailbox_is_flooded(house: House) -> None:
    org = await house.auth.new_org()
    known = [await house.auth.http.post(RESET, json={"email": org.email.upper()}) for _ in range(8)]
    unknown = await house.auth.http.post(RESET, json={"email": "nobody-at-all@example.com"})
    assert {answer.status_code for answer in (*known, unknown)} == {202}
    assert len({answer.text for answer in (*known, unknown)}) == 1
    for _ in range(5):
        assert (await house.box.next())["To"] == org.email
    await asyncio.sleep(0.2)  # what does not come needs a moment not to come in
    assert house.box.messages == []
    assert (await house.auth.http.post(RESET, json={"email": "no address"})).status_code == 400


async def test_a_mail_that_is_refused_changes_no_answer(house: House) -> None:
    org = await house.auth.new_org()
    house.box.refuses = True
    assert (await house.auth.http.post(RESET, json={"email": org.email})).status_code == 202
    await asyncio.wait_for(house.box.refused.wait(), 10)
    house.box.refuses = False


async def test_an_invitation_is_mailed_too(house: House) -> None:
    org = (await house.auth.register(org_name="Line\nBreaks & Sons")).json()
    body = {"email": "mailed@example.com", "role": "viewer"}
    invited = (await house.auth.call("POST", "/api/team/invite", org["token"], json=body)).json()
    assert invited["mailed"] is True
    message = await house.box.next()
    assert (message["To"], message["From"]) == ("mailed@example.com", "Promptly <no-reply@promptly.example>")
    assert message["Subject"] == "You are invited to Line Breaks & Sons on Promptly"
    assert invited["link"] in message.get_content()  # type: ignore[attr-defined]  # of an EmailMessage


async def test_the_operator_gets_a_link_for_anybody(house: House) -> None:
    org = await house.auth.new_org()
    made = await house.auth.bus.call(RESET_PASSWORD, ResetPassword(email=org.email))
    assert made.link.endswith(f"#token={made.token}")
    assert (await house.auth.http.post(CONFIRM, json={"token": made.token, "password": NEW})).status_code == 204
    assert await house.login(org.email, NEW) == 200
    with pytest.raises(NotFound):
        await house.auth.bus.call(RESET_PASSWORD, ResetPassword(email="nobody@example.com"))


async def test_a_logout_survives_a_restart(database_url: str) -> None:
    settings = settings_for(database_url)
    token = ""
    for _ in range(2):
        async with (
            create_app(settings, MemoryBus()) as app,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}", timeout=30) as http,
        ):
            auth = Auth(http, MemoryBus(), settings)
            if not token:
                token = (await auth.new_org()).token
                assert (await auth.call("POST", "/api/auth/logout", token)).status_code == 204
            assert (await auth.call("GET", "/api/auth/me", token)).status_code == 401
