"""Every route that changes something of an organization writes who did it into the audit log, and nothing else does."""

from typing import Any

import pytest

from libs.common.bus import MemoryBus
from libs.common.contracts import alerts, analytics, cache, gateway
from libs.common.contracts.base import Rpc
from libs.common.errors import BadRequest
from tests.integration.auth.conftest import Auth
from tests.integration.auth.route_table import ROUTES, Row
from tests.integration.auth.test_role_matrix import ZEROS, World, _world

pytestmark = pytest.mark.asyncio(loop_scope="module")
# What changes nothing, only the caller's own account, or only what is gone afterwards.
NOTHING_OF_THE_ORGANIZATION = (
    "/api/auth/",
    "/api/reports",
    "/api/optimization/preview",
    "/api/routing/preview",
    "/api/keys/providers/{provider_key_id}/test",
    "/api/alerts/rules/{alert_id}/test",
    "/api/billing/",
    "/api/org",  # deleting it; renaming it is tried below
    "/api/issuers",  # adding needs an issuer: tests/integration/auth/test_issuer_documents.py
)
CHANGING = [
    row
    for row in ROUTES
    if row.method != "GET" and row.admin != 403 and not row.path.startswith(NOTHING_OF_THE_ORGANIZATION)
]
ANOTHER = {
    "/api/routing/config": {"routing_mode": "manual"},
    "/api/routing/aliases": {"aliases": {"fast": {"models": [{"model": "gpt-4o-mini"}]}}},
    "/api/experiments/holdout": {"share": 0.1},
}
RULE = alerts.AlertRule(id=f"alr_{ZEROS}", org_id="", name="r", metric="daily_spend", operator="gt", threshold=1.0)
ISSUER_THAT_MAY_BE_CALLED = {"issuer": "https://login.example.com", "audience": "a", "key_id": f"key_{ZEROS}"}
WEBHOOK = alerts.Webhook(id=f"whk_{ZEROS}", org_id="", name="w", url="https://x.example/…done", created_at_ms=1)


async def others_are_there(bus: MemoryBus) -> None:
    """The services that auth asks, as far as they say that it is done."""
    answers: dict[Rpc[Any, Any], Any] = {
        alerts.PUT_RULE: RULE,
        alerts.GET_RULE: RULE,
        alerts.DELETE_RULE: alerts.Deleted(id=RULE.id),
        alerts.ADD_WEBHOOK: WEBHOOK,
        alerts.VERIFY_WEBHOOK: WEBHOOK,
        alerts.DELETE_WEBHOOK: alerts.Deleted(id=WEBHOOK.id),
        cache.CLEAR: cache.Cleared(cleared=1),
        cache.FORGET: cache.Forgotten(forgotten=True),
        analytics.REQUESTS: analytics.RequestPage(requests=(), next_cursor=None),
        gateway.ERASE_CAPTURES: gateway.CapturesErased(count=1),
    }
    for rpc, answer in answers.items():

        async def serve(_: Any, answer: Any = answer) -> Any:
            return answer

        bus._served.pop(rpc.subject, None)
        await bus.serve(rpc, serve)


async def actions(world: World) -> list[dict[str, Any]]:
    found = await world.auth.call("GET", "/api/audit-log?limit=200", world.org.token)
    entries: list[dict[str, Any]] = found.json()["entries"]
    return entries


@pytest.mark.parametrize("row", CHANGING, ids=lambda row: f"{row.method} {row.path}")
async def test_a_change_is_in_the_log_with_who_made_it(auth: Auth, row: Row) -> None:
    await others_are_there(auth.bus)
    world = await _world(auth)
    path = await world.filled(row.path)
    body = ANOTHER.get(row.path, row.body)
    if row.path == "/api/routing/rules/order":
        two = [await world.made("/api/routing/rules", {**_rule(), "name": name}) for name in ("a", "b")]
        body = {"rule_ids": two[::-1]}
    if (row.method, row.path) == ("DELETE", "/api/teams/{team_id}/members/{user_id}"):
        assert (await world.auth.call("PUT", path, world.org.token)).status_code == 204
    before = await actions(world)
    answer = await world.auth.call(row.method, path, world.org.token, **({} if body is None else {"json": body}))
    if row.path == "/api/replay":  # refused without a gateway; that somebody tried is there
        assert answer.status_code == 503
    else:
        assert answer.status_code < 300, answer.text
    [entry] = (await actions(world))[: len(await actions(world)) - len(before)]
    assert entry["actor"] == world.org.user_id
    assert "sk-" not in str(entry), "no secret"


def _rule() -> dict[str, Any]:
    return next(dict(row.body) for row in ROUTES if (row.method, row.path) == ("POST", "/api/routing/rules"))


async def test_a_renamed_organization_has_both_names_in_the_log(auth: Auth) -> None:
    world = await _world(auth)
    assert (await auth.call("PUT", "/api/org", world.org.token, json={"name": "Other"})).status_code == 200
    [entry] = await actions(world)
    assert (entry["action"], entry["before"], entry["after"]) == (
        "organization_renamed",
        {"name": "My Company"},
        {"name": "Other"},
    )


async def test_whoever_accepts_an_invitation_is_in_the_log(auth: Auth) -> None:
    world = await _world(auth)
    body = {"email": f"invited-{world.org.id}@example.com", "role": "member"}
    made = (await auth.call("POST", "/api/team/invite", world.org.token, json=body)).json()
    accepted = {"token": made["link"].partition("token=")[2], "password": "securepassword"}
    joined = (await auth.http.post("/api/auth/invite/accept", json=accepted)).json()
    entry = (await actions(world))[0]
    assert (entry["action"], entry["actor"]) == ("member_joined", joined["user"]["id"])
    assert (entry["after"]["role"], entry["after"]["invited_by"]) == ("member", world.org.user_id)


async def test_what_another_service_refused_is_not_in_the_log(auth: Auth) -> None:
    await others_are_there(auth.bus)
    world = await _world(auth)

    async def refuse(_: alerts.NewWebhook) -> alerts.Webhook:
        raise BadRequest("No.")

    auth.bus._served.pop(alerts.ADD_WEBHOOK.subject)
    await auth.bus.serve(alerts.ADD_WEBHOOK, refuse)
    body = {"name": "w", "url": "https://jobs.example.com/done"}
    assert (await auth.call("POST", "/api/webhooks", world.org.token, json=body)).status_code == 400
    assert await actions(world) == []


async def test_the_log_shows_no_secret_of_a_rules_channels(auth: Auth) -> None:
    await others_are_there(auth.bus)
    world = await _world(auth)
    body = {
        **next(dict(row.body) for row in ROUTES if (row.method, row.path) == ("POST", "/api/alerts/rules")),
        "channels": ["webhook"],
        "channel_config": {
            "webhook": {"url": "https://hooks.example.com/services/T0/B0/secretpart", "secret": "whsec"}
        },
    }
    answer = await auth.call("POST", "/api/alerts/rules", world.org.token, json=body)
    assert answer.status_code == 201, answer.text
    [entry] = await actions(world)
    assert entry["after"]["webhook"] == "https://hooks.example.com/…part"
    assert "whsec" not in str(entry)


async def test_a_key_that_changes_aliases_is_named_as_who_did_it(auth: Auth) -> None:
    world = await _world(auth)
    made = (
        await auth.call("POST", "/api/keys/control", world.org.token, json={"name": "ci", "scopes": ["settings"]})
    ).json()
    path, body = "/api/routing/aliases", ANOTHER["/api/routing/aliases"]
    assert (await auth.call("PUT", path, made["api_key"], json=body)).status_code == 200
    assert [(one["action"], one["actor"]) for one in await actions(world)][:2] == [
        ("aliases_changed", made["id"]),
        ("control_key_used", made["id"]),
    ]


async def test_addresses_that_an_organization_names_are_called_so_often_and_no_more(auth: Auth) -> None:
    """Whoever they belong to: a challenge that fails is a call all the same."""
    await others_are_there(auth.bus)
    world, neighbour = await _world(auth), await _world(auth)
    challenge, trial = f"/api/webhooks/{WEBHOOK.id}/verify", f"/api/alerts/rules/{RULE.id}/test"
    for number in range(60):
        path = (challenge, trial)[number % 2]
        assert (await auth.call("POST", path, world.org.token)).status_code in (200, 503)  # nobody tries alerts here
    for path, body in ((challenge, None), (trial, None), ("/api/issuers", ISSUER_THAT_MAY_BE_CALLED)):
        refused = await auth.call("POST", path, world.org.token, **({} if body is None else {"json": body}))
        assert (refused.status_code, "too many addresses" in refused.json()["detail"]) == (429, True), path
        assert int(refused.headers["retry-after"]) > 0
    assert (await auth.call("POST", challenge, neighbour.org.token)).status_code == 200
