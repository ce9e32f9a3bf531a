"""Who may do what, and that nothing of one organisation reaches another."""

from typing import Any

import pytest

from libs.common.contracts import alerts, cache
from tests.integration.auth.conftest import Auth
from tests.integration.auth.test_configuration import RULE
from tests.integration.auth.test_keys import OPENAI_KEY

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY, PK, RULE_ID, ALERT = (f"{prefix}_{'0' * 32}" for prefix in ("key", "pk", "rule", "alr"))
ALERT_RULE = {"name": "High daily spend", "metric": "daily_spend", "operator": "gt", "threshold": 50.0}
PROVIDER_KEY = {"provider": "openai", "api_key": OPENAI_KEY}

# method, path, body, then what admin, member and viewer get. 404 and 503 come after the gate; 403 is the gate.
ROUTES: list[tuple[str, str, Any, int, int, int]] = [
    ("GET", "/api/auth/me", None, 200, 200, 200),
    ("GET", "/api/keys/platform", None, 200, 200, 200),
    ("POST", "/api/keys/platform", {"name": "k"}, 201, 201, 403),
    ("POST", "/api/keys/platform/regenerate", None, 200, 403, 403),
    ("POST", "/api/keys/platform/regenerate", {"id": KEY}, 404, 404, 403),
    ("DELETE", f"/api/keys/platform/{KEY}", None, 404, 404, 403),
    ("GET", "/api/keys/providers", None, 200, 200, 200),
    ("POST", "/api/keys/providers", PROVIDER_KEY, 201, 403, 403),
    ("PUT", f"/api/keys/providers/{PK}", {}, 404, 403, 403),
    ("DELETE", f"/api/keys/providers/{PK}", None, 404, 403, 403),
    ("GET", "/api/optimization/settings", None, 200, 200, 200),
    ("PUT", "/api/optimization/settings", {"level": "off"}, 200, 403, 403),
    ("GET", "/api/optimization/cache/stats", None, 503, 503, 503),
    ("POST", "/api/optimization/cache/clear", None, 503, 403, 403),
    ("GET", "/api/routing/config", None, 200, 200, 200),
    ("PUT", "/api/routing/config", {}, 200, 403, 403),
    ("GET", "/api/routing/rules", None, 200, 200, 200),
    ("POST", "/api/routing/rules", RULE, 201, 403, 403),
    ("PUT", f"/api/routing/rules/{RULE_ID}", {}, 404, 403, 403),
    ("DELETE", f"/api/routing/rules/{RULE_ID}", None, 404, 403, 403),
    ("GET", "/api/analytics/overview", None, 503, 503, 503),
    ("GET", "/api/requests", None, 503, 503, 503),
    ("GET", "/api/alerts/rules", None, 503, 503, 503),
    ("POST", "/api/alerts/rules", ALERT_RULE, 503, 503, 403),
    ("PUT", f"/api/alerts/rules/{ALERT}", {}, 503, 503, 403),
    ("DELETE", f"/api/alerts/rules/{ALERT}", None, 503, 503, 403),
    ("GET", "/api/alerts/events", None, 503, 503, 503),
    ("GET", "/api/org", None, 200, 200, 200),
    ("PUT", "/api/org", {"name": "n"}, 200, 403, 403),
    ("GET", "/api/team/members", None, 200, 200, 200),
    ("POST", "/api/auth/logout", None, 204, 204, 204),
]


async def test_every_route_asks_for_a_token_and_for_the_right_role(auth: Auth) -> None:
    org = await auth.new_org()
    member, viewer = await auth.join(org, "member"), await auth.join(org, "viewer")
    for method, path, body, *expected in ROUTES:
        how = {} if body is None else {"json": body}
        assert (await auth.call(method, path, **how)).status_code == 401, (method, path)
        assert (await auth.call(method, path, org.api_key, **how)).status_code == 401, (method, path)
        got = [(await auth.call(method, path, token, **how)).status_code for token in (org.token, member, viewer)]
        assert got == expected, (method, path)


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


async def test_what_belongs_to_another_organisation_does_not_exist(auth: Auth) -> None:
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
    for path in ("/api/keys/providers", "/api/routing/rules"):
        assert theirs.id not in (await auth.call("GET", path, ours.token)).text
        assert list((await auth.call("GET", path, ours.token)).json().values()) == [[]]
    carried = await auth.verify(ours.api_key)
    assert (carried.org_id, carried.rules, carried.provider_keys) == (ours.id, (), ())


NASTY = (
    *(b"", b"null", b"[]", b"0", b'"text"', b"{", b'{"a":' * 20_000, b"[" * 200_000, b"\xff", b"\xef\xbb\xbf{}"),
    *(b'{"name": "\\u0000"}', b'{"name": "\\ud800"}', b'{"id": "\\u0000"}', b'{"label": "\\u0000"}'),
    *(b'{"priority": 1e400}', b'{"rpm": 99999999999999999999999999}', b'{"threshold": NaN}', b'{"tiers": {"": 1}}'),
    *(b'{"models": [{}]}', b'{"condition_value": {"keywords": {"a": []}}}', b'{"tiers": {"openai": {"simple": []}}}'),
)


async def test_no_body_brings_a_route_down(auth: Auth) -> None:
    org = await auth.new_org()
    for method, path, _, *_ in [*ROUTES, ("POST", "/api/auth/login", None), ("POST", "/api/auth/register", None)]:
        if method in ("POST", "PUT") and not path.endswith("logout"):
            for body in NASTY:
                answer = await auth.call(method, path, org.token, content=body)
                assert answer.status_code in (200, 201, 400, 404, 503), (method, path, body[:40])
                assert "detail" in answer.json() or answer.status_code < 300


@pytest.mark.parametrize("name", ["1", "%00", "a%00b", "..%2f..", "'%20OR%201=1--", "x" * 5000, "%F0%9F%98%80", KEY])
@pytest.mark.parametrize("path", ["keys/platform", "keys/providers", "routing/rules", "alerts/rules"])
async def test_ids_that_nobody_gave_out_are_a_404(auth: Auth, path: str, name: str) -> None:
    org = await auth.new_org()

    async def gone(request: alerts.AlertRuleId) -> alerts.Deleted:
        pytest.fail(f"alerts was asked about {request.id}")

    await auth.bus.serve(alerts.DELETE_RULE, gone)
    assert (await auth.call("DELETE", f"/api/{path}/{name}", org.token)).status_code == 404


async def test_calls_to_other_services_name_the_callers_organisation_whatever_the_body_says(auth: Auth) -> None:
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
