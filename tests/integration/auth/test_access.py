"""Whose keys are whose, and that nothing of one organization reaches another. Who may do what: `test_role_matrix.py`."""

import re

import pytest

from libs.common.contracts import alerts, cache
from tests.integration.auth.conftest import Auth
from tests.integration.auth.route_table import ALERT_RULE, PROVIDER_KEY, ROUTES
from tests.integration.auth.test_configuration import RULE

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = f"key_{'0' * 32}"


async def test_a_member_manages_the_keys_it_made_and_no_others(auth: Auth) -> None:
    org = await auth.new_org()
    member = await auth.join(org, "member")
    mine = (await auth.call("POST", "/api/keys/platform", member, json={"name": "mine"})).json()
    first = (await auth.verify(org.api_key)).key_id
    assert [key["id"] for key in (await auth.call("GET", "/api/keys/platform", member)).json()["keys"]] == [mine["id"]]
    assert len((await auth.call("GET", "/api/keys/platform", org.token)).json()["keys"]) == 2
    for method, path, body in (
        ("DELETE", f"/api/keys/platform/{first}", None),
        ("POST", "/api/keys/platform/regenerate", {"id": first}),
    ):
        assert (await auth.call(method, path, member, json=body)).status_code == 403
    assert await auth.told(org) == []
    renewed = await auth.call("POST", "/api/keys/platform/regenerate", member, json={"id": mine["id"]})
    assert renewed.status_code == 200
    assert (await auth.call("DELETE", f"/api/keys/platform/{mine['id']}", member)).status_code == 204


async def test_what_belongs_to_another_organization_does_not_exist(auth: Auth) -> None:
    ours, theirs = await auth.new_org(), await auth.new_org()
    key_id = (await auth.verify(theirs.api_key)).key_id
    provider = (await auth.call("POST", "/api/keys/providers", theirs.token, json=PROVIDER_KEY)).json()["id"]
    rule = (await auth.call("POST", "/api/routing/rules", theirs.token, json=RULE)).json()["id"]
    before = await auth.verify(theirs.api_key)
    auth.changes.clear()
    for method, path, body in (
        ("DELETE", f"/api/keys/platform/{key_id}", None),
        ("POST", "/api/keys/platform/regenerate", {"id": key_id}),
        ("PUT", f"/api/keys/providers/{provider}", {"label": "x"}),
        ("DELETE", f"/api/keys/providers/{provider}", None),
        ("PUT", f"/api/routing/rules/{rule}", {"name": "x"}),
        ("DELETE", f"/api/routing/rules/{rule}", None),
    ):
        how = {} if body is None else {"json": body}
        assert (await auth.call(method, path, ours.token, **how)).status_code == 404, path
    assert await auth.verify(theirs.api_key) == before
    assert await auth.told(theirs) == []
    for path, name in (("/api/keys/providers", "keys"), ("/api/routing/rules", "rules")):
        listed = await auth.call("GET", path, ours.token)
        assert theirs.id not in listed.text
        assert listed.json()[name] == []
    carried = await auth.verify(ours.api_key)
    assert (carried.org_id, carried.rules, carried.provider_keys) == (ours.id, (), ())


PREFIXES = {
    "user_id": "usr",
    "invite_id": "inv",
    "key_id": "key",
    "members_key_id": "key",
    "provider_key_id": "pk",
    "control_key_id": "ckey",
    "rule_id": "rule",
    "issuer_id": "iss",
    "team_id": "team",
    "budget_id": "bgt",
    "alert_id": "alr",
    "webhook_id": "whk",
    "request_id": "req",
    "source": "github",
}
NASTY = (
    *(b"", b"null", b"[]", b"0", b'"text"', b"{", b'{"a":' * 20_000, b"[" * 200_000, b"\xff", b"\xef\xbb\xbf{}"),
    *(b'{"name": "\\u0000"}', b'{"name": "\\ud800"}', b'{"id": "\\u0000"}', b'{"label": "\\u0000"}'),
    *(b'{"priority": 1e400}', b'{"rpm": 99999999999999999999999999}', b'{"threshold": NaN}', b'{"tiers": {"": 1}}'),
    *(b'{"models": [{}]}', b'{"condition_value": {"keywords": {"a": []}}}', b'{"tiers": {"openai": {"simple": []}}}'),
)


async def test_no_body_brings_a_route_down(auth: Auth) -> None:
    org = await auth.new_org()
    for row in ROUTES:
        path = re.sub(r"\{(.*?)\}", lambda named: f"{PREFIXES[named[1]]}_{'0' * 32}", row.path)
        if row.method != "GET" and not path.endswith("logout"):
            for body in NASTY:
                answer = await auth.call(row.method, path, org.token, content=body)
                assert answer.status_code in (200, 201, 202, 400, 404, 503), (row.method, path, body[:40])
                assert "detail" in answer.json() or answer.status_code < 300


@pytest.mark.parametrize("name", ["1", "%00", "a%00b", "..%2f..", "'%20OR%201=1--", "x" * 5000, "%F0%9F%98%80", KEY])
@pytest.mark.parametrize("path", ["keys/platform", "keys/providers", "routing/rules", "alerts/rules"])
async def test_ids_that_nobody_gave_out_are_a_404(auth: Auth, path: str, name: str) -> None:
    org = await auth.new_org()

    async def gone(request: alerts.AlertRuleId) -> alerts.Deleted:
        pytest.fail(f"alerts was asked about {request.id}")

    await auth.bus.serve(alerts.DELETE_RULE, gone)
    assert (await auth.call("DELETE", f"/api/{path}/{name}", org.token)).status_code == 404


async def test_calls_to_other_services_name_the_callers_organization_whatever_the_body_says(auth: Auth) -> None:
    org, other = await auth.new_org(), await auth.new_org()
    asked: list[str] = []

    async def clear(request: cache.CacheOf) -> cache.Cleared:
        asked.append(request.org_id)
        return cache.Cleared(cleared=0)

    await auth.bus.serve(cache.CLEAR, clear)
    await auth.call("POST", f"/api/optimization/cache/clear?org_id={other.id}", org.token, json={"org_id": other.id})
    assert asked == [org.id]
    body = {**ALERT_RULE, "org_id": other.id}
    assert (await auth.call("POST", "/api/alerts/rules", org.token, json=body)).status_code == 400
