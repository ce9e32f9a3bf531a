"""Teams and budgets: who may change them, what is refused, how they reach the principal, and what the audit log says."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from libs.common.contracts.analytics import (
    BREAKDOWN,
    SPENT,
    Breakdown,
    BreakdownQuery,
    BreakdownRow,
    RequestQuery,
    Spent,
    Use,
)
from tests.integration.auth.conftest import Auth, Org

pytestmark = pytest.mark.asyncio(loop_scope="module")
TEAMS, BUDGETS, KEYS = "/api/teams", "/api/budgets", "/api/keys/platform"
EACH = {"name": "Each user", "subject": "user", "period": "day", "limit_usd": 5.000000001, "on_exceed": "route_simple"}


async def made(auth: Auth, org: Org, path: str, **body: Any) -> dict[str, Any]:
    answer = await auth.call("POST", path, org.token, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def audited(auth: Auth, org: Org) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    entries = (await auth.call("GET", "/api/audit-log", org.token)).json()["entries"]
    return [(entry["action"], entry["before"], entry["after"]) for entry in entries]


async def test_a_team_has_keys_and_they_outlive_it(auth: Auth) -> None:
    org = await auth.new_org()
    team = await made(auth, org, TEAMS, name="Search")
    key = await made(auth, org, KEYS, name="one", team="Search")
    assert (key["team_id"], key["team"]) == (team["id"], "Search")
    assert (await auth.verify(key["api_key"])).team_id == team["id"]
    assert (await auth.verify(org.api_key)).team_id is None
    default = (await auth.call("GET", KEYS, org.token)).json()["keys"][0]
    changed = await auth.call("PATCH", f"{KEYS}/{default['id']}", org.token, json={"team": team["id"]})
    assert (changed.json()["team"], await auth.told(org)) == ("Search", [default["id"]])
    assert (await audited(auth, org))[0] == (
        "key_changed",
        {"id": default["id"], "team_id": None},
        {"id": default["id"], "team_id": team["id"]},
    )
    assert (await auth.verify(org.api_key)).team_id == team["id"]
    renamed = await auth.call("PATCH", f"{TEAMS}/{team['id']}", org.token, json={"name": "Find"})
    assert (renamed.json()["name"], renamed.json()["keys"]) == ("Find", 2)
    assert {key["team"] for key in (await auth.call("GET", KEYS, org.token)).json()["keys"]} == {"Find"}
    out = await auth.call("PATCH", f"{KEYS}/{key['id']}", org.token, json={"team": None})
    assert (out.json()["team_id"], out.json()["team"]) == (None, None)
    assert (await auth.call("DELETE", f"{TEAMS}/{team['id']}", org.token)).status_code == 204
    assert (await auth.verify(org.api_key)).team_id is None
    assert (await auth.call("GET", TEAMS, org.token)).json() == {"teams": []}
    assert [action for action, *_ in await audited(auth, org)][:2] == ["team_deleted", "key_changed"]


async def test_what_is_no_team_is_refused(auth: Auth) -> None:
    org, neighbour = await auth.new_org(), await auth.new_org()
    team = await made(auth, org, TEAMS, name="Search")
    theirs = await made(auth, neighbour, TEAMS, name="Search")
    for name, status in (("Search", 409), ("", 400), ("x" * 201, 400), ("a\x00", 400)):
        assert (await auth.call("POST", TEAMS, org.token, json={"name": name})).status_code == status
    other = await made(auth, org, TEAMS, name="Other")
    assert (await auth.call("PATCH", f"{TEAMS}/{other['id']}", org.token, json={"name": "Search"})).status_code == 409
    for wanted in (theirs["id"], "nobody", ""):
        assert (await auth.call("POST", KEYS, org.token, json={"name": "k", "team": wanted})).status_code == 400
    member = await auth.join(org, "member")
    own = (await auth.call("POST", KEYS, member, json={"name": "mine"})).json()
    for method, path, body in (
        ("POST", KEYS, {"name": "k", "team": team["id"]}),
        ("PATCH", f"{KEYS}/{own['id']}", {"team": team["id"]}),
        ("PATCH", f"{KEYS}/{own['id']}", {"team": None}),
    ):
        assert (await auth.call(method, path, member, json=body)).status_code == 403
    assert (await auth.call("PATCH", f"{KEYS}/{own['id']}", member, json={"rpm": 5})).status_code == 200


async def test_members_of_a_team_see_its_page_and_put_their_own_keys_into_it(auth: Auth) -> None:
    org, neighbour = await auth.new_org(), await auth.new_org()
    team, other = await made(auth, org, TEAMS, name="Search"), await made(auth, org, TEAMS, name="Other")
    insider, outsider = await auth.join(org, "member"), await auth.join(org, "member")
    ids = [one["id"] for one in (await auth.call("GET", "/api/team/members", org.token)).json()["members"]]
    mine = (await auth.call("GET", "/api/auth/me", insider)).json()["user"]["id"]
    path = f"{TEAMS}/{team['id']}/members"
    assert (await auth.call("GET", f"{TEAMS}/{team['id']}", insider)).status_code == 403
    for _ in range(2):
        assert (await auth.call("PUT", f"{path}/{mine}", org.token)).status_code == 204
    for token, user, status in (
        (org.token, "usr_" + "0" * 32, 404),
        (org.token, neighbour.user_id, 404),
        (neighbour.token, neighbour.user_id, 404),
        (insider, ids[0], 403),
    ):
        assert (await auth.call("PUT", f"{path}/{user}", token)).status_code == status
    own = (await auth.call("POST", KEYS, insider, json={"name": "mine", "team": "Search"})).json()
    assert own["team_id"] == team["id"]
    for body in ({"team": None}, {"team": "Other"}):  # out of its budgets
        assert (await auth.call("PATCH", f"{KEYS}/{own['id']}", insider, json=body)).status_code == 403
    later = (await auth.call("POST", KEYS, insider, json={"name": "later"})).json()
    assert (await auth.call("PATCH", f"{KEYS}/{later['id']}", insider, json={"team": "Other"})).status_code == 403
    put = await auth.call("PATCH", f"{KEYS}/{later['id']}", insider, json={"team": team["id"]})
    assert put.json()["team"] == "Search", put.text
    assert (await auth.call("POST", KEYS, outsider, json={"name": "x", "team": "Search"})).status_code == 403
    page = (await auth.call("GET", f"{TEAMS}/{team['id']}", insider)).json()
    assert ([one["id"] for one in page["members"]], [one["name"] for one in page["keys"]]) == (
        [mine],
        ["mine", "later"],
    )
    assert (await auth.call("GET", f"{TEAMS}/{team['id']}", outsider)).status_code == 403
    listed = (await auth.call("GET", TEAMS, insider)).json()["teams"]
    assert [(one["members"], one["is_member"]) for one in listed] == [(1, True), (0, False)]
    assert other["members"] == 0
    assert (await auth.call("DELETE", f"{path}/{mine}", org.token)).status_code == 204
    assert (await auth.call("GET", f"{TEAMS}/{team['id']}", insider)).status_code == 403
    assert (await audited(auth, org))[0][0] == "team_member_removed"
    assert [action for action, *_ in await audited(auth, org)].count("team_member_added") == 1


async def test_whoever_leaves_the_organization_leaves_its_teams_and_a_deleted_team_has_no_members(auth: Auth) -> None:
    org = await auth.new_org()
    team, other = await made(auth, org, TEAMS, name="Search"), await made(auth, org, TEAMS, name="Other")
    member = await auth.join(org, "member")
    mine = (await auth.call("GET", "/api/auth/me", member)).json()["user"]["id"]
    for one in (team, other):
        assert (await auth.call("PUT", f"{TEAMS}/{one['id']}/members/{mine}", org.token)).status_code == 204
    assert (await auth.call("DELETE", f"{TEAMS}/{other['id']}", org.token)).status_code == 204
    assert (await auth.call("DELETE", f"/api/team/members/{mine}", org.token)).status_code == 204
    assert (await auth.call("GET", TEAMS, org.token)).json()["teams"][0]["members"] == 0


async def test_a_team_that_a_budget_is_about_stays(auth: Auth) -> None:
    org = await auth.new_org()
    team = await made(auth, org, TEAMS, name="Search")
    budget = await made(auth, org, BUDGETS, name="b", subject="team", value="Search", period="month", limit_usd=1)
    refused = await auth.call("DELETE", f"{TEAMS}/{team['id']}", org.token)
    assert (refused.status_code, '"b"' in refused.text.replace("\\", "")) == (409, True)
    await auth.call("DELETE", f"{BUDGETS}/{budget['id']}", org.token)
    assert (await auth.call("DELETE", f"{TEAMS}/{team['id']}", org.token)).status_code == 204


async def test_budgets_reach_the_keys_that_they_may_concern(auth: Auth) -> None:
    org = await auth.new_org()
    team = await made(auth, org, TEAMS, name="Search")
    key = await made(auth, org, KEYS, name="one", team="Search")
    names = {"each": {"subject": "user"}, "app": {"subject": "tag", "tag": "app", "value": "x"}}
    names |= {"key": {"subject": "key", "value": "one"}, "team": {"subject": "team", "value": team["id"]}}
    names |= {"teams": {"subject": "team"}, "keys": {"subject": "key"}}
    for name, fields in names.items():
        await made(auth, org, BUDGETS, name=name, period="day", limit_usd=0.000000001, **fields)
    assert await auth.told(org) == [None] * 6
    mine, others = await auth.verify(key["api_key"]), await auth.verify(org.api_key)
    assert [budget.name for budget in mine.budgets] == list(names)
    assert [budget.name for budget in others.budgets] == ["each", "app", "teams", "keys"]
    by_name = {budget.name: budget for budget in mine.budgets}
    assert (by_name["key"].value, by_name["team"].value) == (key["id"], team["id"])
    assert (by_name["app"].tag, by_name["app"].limit_nano, by_name["app"].on_exceed) == ("app", 1, "block")
    assert by_name["app"].changed_ms > 0


async def test_a_budget_is_changed_and_deleted(auth: Auth) -> None:
    org = await auth.new_org()
    budget = await made(auth, org, BUDGETS, **EACH)
    path = f"{BUDGETS}/{budget['id']}"
    before = (await auth.verify(org.api_key)).budgets[0]
    renamed = await auth.call("PATCH", path, org.token, json={"name": "Everybody", "on_exceed": "alert"})
    assert (renamed.json()["name"], renamed.json()["limit_usd"]) == ("Everybody", 5.000000001)
    assert (await auth.verify(org.api_key)).budgets[0].changed_ms == before.changed_ms
    await auth.call("PATCH", path, org.token, json={"limit_usd": 7, "value": "ann"})
    after = (await auth.verify(org.api_key)).budgets[0]
    assert (after.limit_nano, after.value, after.changed_ms >= before.changed_ms) == (7_000_000_000, "ann", True)
    each = await auth.call("PATCH", path, org.token, json={"value": None})
    assert each.json()["value"] is None
    assert (await audited(auth, org))[2] == (
        "budget_changed",
        {"id": budget["id"], "name": "Each user", "on_exceed": "route_simple"},
        {"id": budget["id"], "name": "Everybody", "on_exceed": "alert"},
    )
    assert (await auth.call("PATCH", path, org.token, json={})).status_code == 200
    assert (await auth.call("DELETE", path, org.token)).status_code == 204
    assert (await auth.verify(org.api_key)).budgets == ()
    assert (await auth.call("DELETE", path, org.token)).status_code == 404
    assert (await audited(auth, org))[0][0] == "budget_deleted"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"limit_usd": 0}, "limit_usd"),
        ({"limit_usd": -1}, "limit_usd"),
        ({"limit_usd": 1e-10}, "limit_usd"),
        ({"limit_usd": 1e10}, "limit_usd"),
        ({"subject": "tag"}, "tag"),
        ({"tag": "app"}, "tag"),
        ({"subject": "tag", "tag": "a b"}, "tag"),
        ({"subject": "org"}, "subject"),
        ({"period": "week"}, "period"),
        ({"on_exceed": "shout"}, "on_exceed"),
        ({"value": ""}, "value"),
        ({"value": "x" * 257}, "value"),
        ({"subject": "team", "value": "nobody"}, "value"),
        ({"subject": "key", "value": "nobody"}, "value"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_is_no_budget_is_refused(auth: Auth, change: dict[str, Any], named: str) -> None:
    org = await auth.new_org()
    answer = await auth.call("POST", BUDGETS, org.token, json={**EACH, **change})
    assert (answer.status_code, named in answer.text) == (400, True), answer.text
    budget = await made(auth, org, BUDGETS, **EACH)
    if "colour" not in change:
        answer = await auth.call("PATCH", f"{BUDGETS}/{budget['id']}", org.token, json=change)
        assert answer.status_code == 400, answer.text
    assert len((await auth.verify(org.api_key)).budgets) == 1


async def test_there_are_so_many_budgets_and_no_two_of_one_name(auth: Auth) -> None:
    org = await auth.new_org()

    async def add(name: str, **fields: Any) -> httpx.Response:
        return await auth.call("POST", BUDGETS, org.token, json={**EACH, "name": name, **fields})

    for number in range(10):
        assert (await add(f"each {number}")).status_code == 201
    assert ((await add("each 1")).status_code, (await add("each 11")).status_code) == (409, 400)
    for number in range(90):
        assert (await add(f"one {number}", value="ann")).status_code == 201
    refused = await add("one more", value="ann")
    assert (refused.status_code, "100 budgets" in refused.text) == (400, True)
    for name in ("twin", "twin"):
        await made(auth, org, KEYS, name=name)
    answer = await auth.call("POST", BUDGETS, org.token, json={**EACH, "name": "t", "subject": "key", "value": "twin"})
    assert (answer.status_code, "more than one key" in answer.text) == (400, True)


async def test_what_was_spent_is_shown_and_null_where_nobody_can_say(auth: Auth) -> None:
    org = await auth.new_org()
    key = await made(auth, org, KEYS, name="one")
    await made(auth, org, BUDGETS, **EACH)
    await made(auth, org, BUDGETS, name="key", subject="key", value="one", period="month", limit_usd=2)
    each, one = (await auth.call("GET", BUDGETS, org.token)).json()["budgets"]
    assert (each["spent_usd"], each["values"], one["spent_usd"], one["remaining_usd"]) == (None, [], None, None)
    asked: list[RequestQuery | BreakdownQuery] = []

    async def spent(query: RequestQuery) -> Spent:
        asked.append(query)
        return Spent(nano=2_500_000_000)

    async def broken_down(query: BreakdownQuery) -> Breakdown:
        asked.append(query)
        rows = (BreakdownRow(values=("ann",), use=Use(cost_nano=1_000_000_000)),)
        return Breakdown(rows=rows, other=Use(), without=Use(), total=Use())

    await auth.bus.serve(SPENT, spent)
    await auth.bus.serve(BREAKDOWN, broken_down)
    each, one = (await auth.call("GET", BUDGETS, org.token)).json()["budgets"]
    assert each["values"] == [{"value": "ann", "name": None, "spent_usd": 1.0, "remaining_usd": 4.000000001}]
    assert (one["value"], one["value_name"], one["spent_usd"], one["remaining_usd"]) == (key["id"], "one", 2.5, -0.5)
    month = datetime.fromisoformat(one["period_start"])
    assert (month.day, month.hour, datetime.fromisoformat(one["period_end"]).day) == (1, 0, 1)
    assert RequestQuery(org_id=org.id, from_ms=int(month.astimezone(UTC).timestamp() * 1000), key_id=key["id"]) in asked
    assert [query.by for query in asked if isinstance(query, BreakdownQuery)] == [("user",)]
