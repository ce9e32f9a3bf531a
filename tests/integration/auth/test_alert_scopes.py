"""The scope of an alert rule: keys and teams by id or name."""

from typing import Any

import pytest

from libs.common.contracts import alerts
from tests.integration.auth.conftest import Auth

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_rules_key_or_team_is_named_by_id_or_name_and_may_be_gone_later(auth: Auth) -> None:
    org = await auth.new_org()
    kept: list[alerts.AlertRule] = []

    async def put(rule: alerts.AlertRule) -> alerts.AlertRule:
        kept.append(rule)
        return rule

    async def get(wanted: alerts.AlertRuleId) -> alerts.AlertRule:
        return kept[-1]

    await auth.bus.serve(alerts.PUT_RULE, put)
    await auth.bus.serve(alerts.GET_RULE, get)
    key = (await auth.call("POST", "/api/keys/platform", org.token, json={"name": "Production"})).json()
    team = (await auth.call("POST", "/api/teams", org.token, json={"name": "Search"})).json()
    body = {"name": "n", "metric": "error_rate", "operator": "gt", "threshold": 5}

    async def add(**scope: str) -> Any:
        return await auth.call("POST", "/api/alerts/rules", org.token, json={**body, "scope": scope})

    assert (await add(by="team", value="Search")).json()["scope"] == {
        "by": "team",
        "value": team["id"],
        "tag": None,
        "name": "Search",
    }
    for value in ("Production", key["id"]):
        made = await add(by="key", value=value)
        assert (made.json()["scope"]["value"], made.json()["scope"]["name"]) == (key["id"], "Production")
    assert (await auth.call("DELETE", f"/api/keys/platform/{key['id']}", org.token)).status_code == 204
    path = f"/api/alerts/rules/{made.json()['id']}"
    same = {"by": "key", "value": key["id"]}
    assert (await auth.call("PUT", path, org.token, json={"threshold": 6, "scope": same})).json()["scope"][
        "name"
    ] == "Production"
    for refused in ({"by": "key", "value": "Nobody"}, {"by": "team", "value": key["id"]}):
        answer = await add(**refused)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "scope.value")
    assert (await add(by="planet", value="x")).status_code == 400
    other = await auth.new_org()
    foreign = {**body, "scope": {"by": "team", "value": team["id"]}}
    assert (await auth.call("POST", "/api/alerts/rules", other.token, json=foreign)).status_code == 400
