"""Captured requests in the API: for admins alone, each for its own organization; a member who is removed is announced."""

import msgspec
import pytest

from libs.common.clock import SystemClock
from libs.common.contracts.events import MEMBER_REMOVED, MemberRemoved
from libs.common.contracts.gateway import (
    ERASE_CAPTURES,
    LIST_CAPTURES,
    READ_CAPTURE,
    Captured,
    CapturedText,
    CaptureList,
    CaptureRef,
    CapturesErased,
    EraseCaptures,
    ListCaptures,
)
from libs.common.db import connect
from libs.common.errors import Unavailable
from libs.common.ids import new_id
from services.auth.accounts.erasure import Erasure
from services.auth.announced_transaction import AnnouncedTransactions
from services.auth.clients.event_publisher import BusEventPublisher
from services.auth.store.unit_of_work import unit_of_work
from tests.fixtures.nats import until
from tests.integration.auth.conftest import Auth

pytestmark = pytest.mark.asyncio(loop_scope="module")
CAPTURES = "/api/captures"
SETTINGS = "/api/optimization/settings"
ONE = Captured(id=new_id("req"), kind="chat", time_ms=1_785_000_000_000, user_id=None, bytes=2)


async def test_it_is_off_until_an_admin_switches_it_on(auth: Auth) -> None:
    org = await auth.new_org()
    member = await auth.join(org, "member")
    assert (await auth.call("GET", SETTINGS, member)).json()["capture"] == "none"
    assert (await auth.call("PUT", SETTINGS, member, json={"capture": "all"})).status_code == 403
    assert (await auth.call("PUT", SETTINGS, org.token, json={"capture": "some"})).status_code in (400, 422)
    changed = await auth.call("PUT", SETTINGS, org.token, json={"capture": "sampled"})
    assert (changed.status_code, changed.json()["capture"]) == (200, "sampled")
    [entry] = (await auth.call("GET", "/api/audit-log", org.token)).json()["entries"]
    assert (entry["before"], entry["after"]) == ({"capture": "none"}, {"capture": "sampled"})


async def test_only_admins_see_them_and_only_their_own(auth: Auth) -> None:
    asked: list[msgspec.Struct] = []

    async def listed(request: ListCaptures) -> CaptureList:
        asked.append(request)
        return CaptureList(captures=(ONE,), total=3)

    async def read(request: CaptureRef) -> CapturedText:
        asked.append(request)
        return CapturedText(captured=ONE, body=msgspec.Raw(b'{"a":1.50}'))

    async def erase(request: EraseCaptures) -> CapturesErased:
        asked.append(request)
        return CapturesErased(count=1)

    await auth.bus.serve(LIST_CAPTURES, listed)
    await auth.bus.serve(READ_CAPTURE, read)
    await auth.bus.serve(ERASE_CAPTURES, erase)
    org = await auth.new_org()
    for role in ("member", "viewer"):
        other = await auth.join(org, role)
        for method, path in (("GET", ""), ("GET", f"/{ONE.id}"), ("DELETE", f"/{ONE.id}"), ("DELETE", "")):
            assert (await auth.call(method, CAPTURES + path, other)).status_code == 403
    assert asked == []
    page = (await auth.call("GET", f"{CAPTURES}?days=31&limit=7", org.token)).json()
    assert (page["total"], page["captures"][0]["time"]) == (3, "2026-07-25T17:20:00.000Z")
    assert (await auth.call("GET", f"{CAPTURES}/{ONE.id}", org.token)).text.endswith('"body":{"a":1.50}}')
    assert (await auth.call("DELETE", f"{CAPTURES}/{ONE.id}", org.token)).json() == {"erased": 1}
    assert (await auth.call("DELETE", CAPTURES, org.token)).json() == {"erased": 1}
    assert {getattr(request, "org_id", "") for request in asked} == {org.id}
    log = (await auth.call("GET", "/api/audit-log", org.token)).json()["entries"]
    assert [(entry["action"], entry["after"]) for entry in log] == [
        ("captures_erased", {"all": True}),
        ("captures_erased", {"request_id": ONE.id}),
        ("capture_read", {"request_id": ONE.id}),
    ]
    assert {entry["actor"] for entry in log} == {org.user_id}
    assert isinstance(asked[0], ListCaptures)
    assert (asked[0].limit, asked[0].to_ms - asked[0].from_ms) == (7, 31 * 86_400_000)
    period = "from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z"
    assert (await auth.call("GET", f"{CAPTURES}?{period}", org.token)).status_code == 400
    assert (await auth.call("GET", f"{CAPTURES}/nobody", org.token)).status_code == 404


async def test_no_control_plane_key_reads_them(auth: Auth) -> None:
    org = await auth.new_org()
    scopes = ["read", "settings", "providers", "keys", "alerts"]
    made = await auth.call("POST", "/api/keys/control", org.token, json={"name": "ci", "scopes": scopes})
    key = made.json()["api_key"]
    assert (await auth.call("GET", "/api/requests", key)).status_code != 403
    for method in ("GET", "DELETE"):
        assert (await auth.call(method, CAPTURES, key)).status_code == 403


async def test_a_member_who_is_removed_is_announced_however_often_that_takes(auth: Auth) -> None:
    gone: list[MemberRemoved] = []

    async def hear(events: list[MemberRemoved]) -> None:
        gone.extend(events)

    await auth.bus.consume(MEMBER_REMOVED, "test", hear)  # type: ignore[arg-type]
    org = await auth.new_org()
    member = await auth.join(org, "member")
    me = (await auth.call("GET", "/api/auth/me", member)).json()
    user_id = me["user"]["id"] if "user" in me else me["id"]
    assert (await auth.call("DELETE", f"/api/team/members/{user_id}", org.token)).status_code == 204
    async with connect(auth.settings.database_url) as database:
        uow, publisher = unit_of_work(database), BusEventPublisher(auth.bus, lambda *_: None)
        erasure = Erasure(uow, AnnouncedTransactions(uow, publisher), publisher, SystemClock())
        auth.bus.connected = False
        with pytest.raises(Unavailable):
            await erasure.publish_deletions()
        auth.bus.connected = True
        await erasure.publish_deletions()
        await erasure.publish_deletions()
    await until(lambda: gone)
    assert [(event.org_id, event.user_id) for event in gone] == [(org.id, user_id)]
