"""The end of an organization: everything of it goes, here and elsewhere, and its keys at once."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from libs.common.contracts.auth import (
    BEGIN_ONCE,
    GRANT_CREDITS,
    LEASE_CREDITS,
    GrantCredits,
    LeaseCredits,
    OnceBegin,
)
from libs.common.contracts.events import ORG_DELETED, OrgDeleted
from libs.common.db import connect
from libs.common.errors import Unauthorized
from services.auth.store.unit_of_work import unit_of_work
from tests.integration.auth.conftest import PASSWORD, Auth, Org
from tests.integration.auth.route_table import BUDGET
from tests.integration.auth.test_configuration import RULE
from tests.integration.auth.test_keys import OPENAI_KEY
from tests.integration.auth.test_team import invite, joined

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _delete(auth: Auth, token: str, name: str) -> int:
    return (await auth.call("DELETE", "/api/org", token, json={"name": name})).status_code


async def _rows(auth: Auth, org: Org) -> dict[str, int]:
    """Rows that name the organization, in every table of the schema that has such a column."""
    async with connect(auth.settings.database_url) as database, database() as tx:
        tables = await tx.execute(
            text(
                "SELECT table_name FROM information_schema.columns"
                " WHERE table_schema = 'auth' AND column_name = 'org_id' AND table_name <> 'deleted_orgs'"
            )
        )
        return {
            table: (
                await tx.execute(text(f"SELECT count(*) FROM auth.{table} WHERE org_id = :id"), {"id": org.id})
            ).scalar_one()
            for table in tables.scalars().all()
        }


async def test_nothing_of_a_deleted_organization_is_left_and_others_hear_of_it(auth: Auth) -> None:
    heard: list[str] = []

    async def hear(events: Sequence[OrgDeleted]) -> None:
        heard.extend(event.org_id for event in events)

    await auth.bus.consume(ORG_DELETED, "erasure_test", hear)
    org, neighbour = await auth.new_org(), await auth.new_org()
    member = await joined(auth, org, "erased@example.com", "member")
    await invite(auth, org, "pending@example.com")
    await auth.call("POST", "/api/routing/rules", org.token, json=RULE)
    await auth.call("PUT", "/api/optimization/settings", org.token, json={"level": "conservative"})
    await auth.call("POST", "/api/keys/control", org.token, json={"name": "CI", "scopes": ["read"]})
    await auth.call("POST", "/api/keys/providers", org.token, json={"provider": "openai", "api_key": OPENAI_KEY})
    await auth.bus.call(GRANT_CREDITS, GrantCredits(org_id=org.id, tokens=100))
    await auth.bus.call(LEASE_CREDITS, LeaseCredits(org_id=org.id, lease_id="lse_1", need=10, wanted=10))
    await auth.bus.call(BEGIN_ONCE, OnceBegin(org_id=org.id, key="k", digest="d"))
    team = (await auth.call("POST", "/api/teams", org.token, json={"name": "t"})).json()["id"]
    await auth.call("PUT", f"/api/teams/{team}/members/{org.user_id}", org.token)
    await auth.call("POST", "/api/budgets", org.token, json=BUDGET)
    async with connect(auth.settings.database_url) as database, unit_of_work(database)() as tx:
        await tx.report_recipients.add(org.id, org.user_id, "month", datetime(2100, 1, 1, tzinfo=UTC))
    leaving = (await auth.http.post("/api/auth/login", json={"email": org.email, "password": PASSWORD})).json()["token"]
    await auth.call("POST", "/api/auth/logout", leaving)
    before = await _rows(auth, org)
    assert all(before[table] for table in before if table not in ("identities", "issuers", "removed_members")), before
    around = await _rows(auth, neighbour)

    for name in ("", "my company", "My Compan", "x"):
        assert await _delete(auth, org.token, name) == 400
    assert await _delete(auth, member["token"], "My Company") == 403
    assert (await auth.call("DELETE", "/api/org", org.token)).status_code == 400
    assert await _rows(auth, org) == before
    auth.changes.clear()
    assert await _delete(auth, org.token, "My Company") == 204
    assert await auth.told(org) == [None]
    assert set((await _rows(auth, org)).values()) == {0}
    assert await _rows(auth, neighbour) == around
    for token in (org.token, member["token"]):
        assert (await auth.call("GET", "/api/auth/me", token)).status_code == 401
    with pytest.raises(Unauthorized):
        await auth.verify(org.api_key)
    assert (await auth.http.post("/api/auth/login", json={"email": org.email, "password": PASSWORD})).status_code == 401
    async with asyncio.timeout(5):
        while heard != [org.id]:
            await asyncio.sleep(0.01)
    assert (await auth.register(email=org.email)).status_code == 201


async def test_an_end_that_could_not_be_told_waits(auth: Auth) -> None:
    org = await auth.new_org()
    auth.bus.connected = False
    assert await _delete(auth, org.token, "My Company") == 204
    auth.bus.connected = True
    assert await _untold(auth) == [org.id]
    other = await auth.new_org()
    assert await _delete(auth, other.token, "My Company") == 204
    assert await _untold(auth) == []


async def _untold(auth: Auth) -> list[str]:
    async with connect(auth.settings.database_url) as database, database() as tx:
        return list((await tx.execute(text("SELECT org_id FROM auth.deleted_orgs"))).scalars().all())
