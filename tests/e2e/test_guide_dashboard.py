"""The developer guide's second half, over HTTP: alerts, figures, the log, the team, errors and limits."""

import hashlib
import hmac
import json

import httpx
import pytest

from libs.common.contracts.status import SERVICES
from libs.common.ids import uuid7
from tests.e2e import guide_shapes as shapes
from tests.e2e.guide import PASSWORD, Guide, Receiver, begin, question
from tests.e2e.guide_shapes import CLIENT_ERROR, DETAIL
from tests.fixtures.running import Running, wait_for


@pytest.fixture(scope="module")
def guide(running: Running) -> Guide:
    return begin(running)


def test_alerts(guide: Guide) -> None:
    path, one = "/api/alerts/rules", "/api/alerts/rules/{id}"
    rule = guide.ask("POST", path, shapes.ALERT, shape={"id": str, "is_active": True, **shapes.ALERT}, status=201)
    for metric, operator in zip(
        ("daily_spend", "error_rate", "latency_p95", "savings_percentage"), ("gt", "lt", "gte", "lte"), strict=True
    ):
        other = {**shapes.ALERT, "name": metric, "metric": metric, "operator": operator}
        made = guide.ask("POST", path, other, shape=other, status=201, said=f"{metric} {operator}")
        guide.ask("DELETE", one, status=204, id=made["id"])
    listed = guide.ask("GET", path, shape={"rules": [{"id": str, "name": str, "threshold": 50.0}]})
    assert [each["id"] for each in listed["rules"]] == [rule["id"]]
    change = {"threshold": 100.00, "is_active": True}
    guide.ask("PUT", one, change, shape={**shapes.ALERT, **change}, id=rule["id"])
    # Nobody set a mail server up here, and the answer says so.
    unsent = {"notifications": [{"channel": "email", "state": "failed", "attempts": 1, "error": str}]}
    guide.ask("POST", f"{one}/test", shape=unsent, id=rule["id"])
    guide.ask("DELETE", one, status=204, id=rule["id"])


def test_an_alert_fires_by_itself_and_its_webhook_is_signed(guide: Guide) -> None:
    path, one = "/api/alerts/rules", "/api/alerts/rules/{id}"
    guide.chat("What does this cost?")
    receiver = Receiver()
    try:
        config = {"channels": ["webhook"], "channel_config": {"webhook": {"url": receiver.url}}}
        wanted = {**shapes.ALERT, **config, "operator": "gte", "threshold": 0.0}
        rule = guide.ask("POST", path, wanted, shape={"channels": ["webhook"], "threshold": 0.0}, status=201)
        sent = {"notifications": [{"channel": "webhook", "state": "sent", "attempts": 1}]}
        guide.ask("POST", f"{one}/test", shape=sent, id=rule["id"])
        wait_for(lambda: any(json.loads(body)["type"] == "alert.fired" for _, body in receiver.posts))
    finally:
        receiver.close()
    secret = rule["channel_config"]["webhook"]["secret"].encode()
    for headers, body in receiver.posts:
        time, _, given = headers["x-promptly-signature"].removeprefix("t=").partition(",v1=")
        assert given == hmac.new(secret, time.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert json.loads(receiver.posts[0][1])["test"] is True
    fired = {"rule_id": rule["id"], "kind": "fired", "metric": "daily_spend", "value": float, "message": str}
    guide.ask("GET", "/api/alerts/events", shape={"events": [fired]})
    guide.ask("DELETE", one, status=204, id=rule["id"])


def test_analytics(guide: Guide) -> None:
    guide.chat("Is it counted?")
    guide.account.log(1)
    wait_for(lambda: guide.account.get("/api/analytics/overview")["requests"]["total"])
    overview = guide.ask("GET", "/api/analytics/overview", shape=shapes.OVERVIEW)
    assert overview["savings_usd"] == pytest.approx(overview["baseline_cost_usd"] - overview["cost_usd"])
    interval = {"interval": "hour", "points": [shapes.POINT]}
    guide.ask("GET", "/api/analytics/savings", params={"interval": "hour", "days": 1}, shape=interval)
    guide.ask("GET", "/api/analytics/savings", shape={"interval": "day", "points": [shapes.POINT]})
    guide.ask("GET", "/api/analytics/models", shape={"models": [shapes.MODEL_USE]})
    levers = guide.ask("GET", "/api/analytics/levers", shape={"levers": [shapes.LEVER], "total_usd": float})
    assert sum(one["savings_usd"] for one in levers["levers"]) == pytest.approx(levers["total_usd"])
    guide.ask("GET", "/api/analytics/overview", params={"from": "yesterday"}, shape=DETAIL, status=400)


def test_request_logs(guide: Guide) -> None:
    made = [guide.chat(f"What rhymes with {word}?")["request_id"] for word in ("cat", "dog", "mouse")]
    guide.logged(made[-1])
    page = {"requests": [shapes.ENTRY], "next_cursor": str}
    first = guide.ask("GET", "/api/requests", params={"limit": 2}, shape=page)
    assert [entry["id"] for entry in first["requests"]] == made[:0:-1]
    after = {"limit": 2, "cursor": first["next_cursor"]}
    second = guide.ask("GET", "/api/requests", params=after, shape={"requests": [shapes.ENTRY]})
    assert second["requests"][0]["id"] == made[0]
    entry = guide.ask("GET", "/api/requests/{id}", shape=shapes.ENTRY, id=made[0])
    receipt = entry["receipt"]
    saved = sum(line["savings_usd"] for line in receipt["lines"])
    assert receipt["baseline_cost_usd"] - saved == pytest.approx(receipt["cost_usd"], abs=1e-9)
    text = guide.ask("GET", "/api/requests/export.csv", params={"status": "success"}, said="a line for each request")
    assert set(made) <= {line.partition(",")[0] for line in text.splitlines()}
    with httpx.stream(
        "GET", f"{guide.running.url}/api/requests/stream", headers=guide.account.headers, timeout=30
    ) as live:
        lines = live.iter_lines()
        assert next(lines).startswith(":")
        seen = guide.chat("What rhymes with bird?")["request_id"]
        assert next(line for line in lines if line.startswith("id: ")) == f"id: {seen}"
    print(f"GET    {'/api/requests/stream':<44} {live.status_code}  a new request, as it is logged")


def test_team(guide: Guide) -> None:
    members, one = "/api/team/members", "/api/team/members/{id}"
    email = f"teammate-{uuid7().hex}@company.com"
    invitation = {"email": email, "role": "viewer"}
    invited = guide.ask(
        "POST", "/api/team/invite", invitation, shape={"id": str, "link": str, **invitation}, status=201
    )
    guide.ask("GET", "/api/team/invites", shape={"invites": [{"email": email}]})
    accept = {"token": invited["link"].partition("#token=")[2], "password": PASSWORD}
    joined = guide.ask(
        "POST", "/api/auth/invite/accept", accept, headers={}, shape={"token": str, "user": invitation}, status=201
    )
    viewer, viewer_id = {"authorization": f"Bearer {joined['token']}"}, joined["user"]["id"]
    for path in ("/api/org", "/api/analytics/overview", "/api/requests", "/api/keys/platform", members):
        guide.ask("GET", path, headers=viewer, said="a viewer reads")
    guide.ask("POST", "/api/alerts/rules", shapes.ALERT, headers=viewer, shape=DETAIL, status=403)
    guide.ask("POST", "/api/keys/platform", {"name": "k"}, headers=viewer, shape=DETAIL, status=403)
    guide.ask("PUT", one, {"role": "admin"}, shape={"id": viewer_id, "role": "admin"}, id=viewer_id)
    wait_for(lambda: guide.account.get(members)["members"][-1]["role"] == "admin")
    guide.ask("PUT", one, {"role": "member"}, shape={"role": "member"}, id=viewer_id)
    # Whoever loses rights loses the tokens that had them.
    login = {"email": email, "password": PASSWORD}
    viewer = {"authorization": f"Bearer {guide.ask('POST', '/api/auth/login', login, headers={})['token']}"}
    own = guide.ask("POST", "/api/keys/platform", {"name": "mine"}, headers=viewer, shape={"api_key": str}, status=201)
    guide.ask("POST", "/api/keys/platform/regenerate", {"id": own["id"]}, headers=viewer, shape={"api_key": str})
    guide.ask("PUT", "/api/org", {"name": "Theirs"}, headers=viewer, shape=DETAIL, status=403)
    listed = guide.ask("GET", members, shape={"members": [{"id": str, "email": str, "role": str}]})
    admin_id = listed["members"][0]["id"]
    guide.ask("PUT", one, {"role": "viewer"}, shape=DETAIL, status=409, id=admin_id, said="the last admin stays")
    guide.ask("DELETE", one, status=204, id=viewer_id)
    wait_for(lambda: httpx.get(f"{guide.running.url}/api/org", headers=viewer, timeout=10).status_code == 401)
    other = guide.ask("POST", "/api/team/invite", {"email": f"x{email}", "role": "member"}, status=201)
    guide.ask("DELETE", "/api/team/invites/{id}", status=204, id=other["id"])


def test_organization_and_health(guide: Guide) -> None:
    guide.ask("GET", "/api/org", shape=shapes.ORG)
    guide.ask("PUT", "/api/org", {"name": "Our Company"}, shape={**shapes.ORG, "name": "Our Company"})
    guide.ask("PUT", "/api/org", {"name": "My Company"}, shape=shapes.ORG)
    services = {name: {"status": "up"} for name in SERVICES}
    guide.ask("GET", "/api/status", shape={"status": "up", "version": str, "services": services})
    for health in ("/healthz", "/readyz", "/docs"):
        guide.ask("GET", health, headers={})


def test_error_handling(guide: Guide) -> None:
    path = "/v1/chat/completions"
    wrong = {"authorization": "Bearer sk-promptly-wrong"}
    guide.ask("POST", path, shapes.CHAT, headers=wrong, shape=CLIENT_ERROR, status=401)
    body = {"model": "no-such-model", "messages": question("Hello!")}
    guide.ask("POST", path, body, headers=guide.key, shape=CLIENT_ERROR, status=404, said="no such model")
    taken = {"org_name": "x", "email": guide.email, "password": PASSWORD}
    guide.ask("POST", "/api/auth/register", taken, headers={}, shape=DETAIL, status=409)
    slow = guide.ask("POST", "/api/keys/platform", {"name": "slow", "rpm": 1}, status=201)
    own = {"x-api-key": slow["api_key"]}
    guide.ask("POST", path, {**shapes.CHAT, "seed": 1}, headers=own, said="the only one of its minute")
    guide.ask("POST", path, {**shapes.CHAT, "seed": 2}, headers=own, shape=CLIENT_ERROR, status=429)
    # The routed model fails, its retry too, and then the requested one.
    guide.running.script(**{"gpt-4o-mini": [{"status": 500, "repeat": 2}], "gpt-4o": [{"status": 500}]})
    body = {"model": "gpt-4o", "messages": question("Does everything fail?")}
    guide.ask("POST", path, body, headers=guide.key, shape=CLIENT_ERROR, status=502)


def test_rate_limits(guide: Guide) -> None:
    body = {"model": "gpt-4o", "messages": question("How many a minute?")}
    answer = httpx.post(f"{guide.running.url}/v1/chat/completions", json=body, headers=guide.key, timeout=30)
    print(f"POST   {'/v1/chat/completions':<44} {answer.status_code}  500 a minute, and what is left of them")
    assert answer.headers["x-ratelimit-limit-requests"] == "500"
    assert 0 < int(answer.headers["x-ratelimit-remaining-requests"]) < 500
    named = {"x-promptly-request-id", "x-promptly-cache", "x-promptly-model", "x-ratelimit-reset-requests"}
    assert named <= set(answer.headers)


@pytest.mark.parametrize(
    ("provider", "model"), [("anthropic", "claude-sonnet"), ("google", "gemini-2.0-pro"), ("openai", "gpt-4o")]
)
def test_faq_every_provider_answers_in_openai_s_format(guide: Guide, provider: str, model: str) -> None:
    guide.elsewhere("a pure proxy with everything off: test_documented_use.py")
    if provider != "openai":
        guide.account.connect(provider, f"sk-your-{provider}-key", guide.running.upstream_url)
        wait_for(lambda: _lists(guide, model))  # a gateway hears of a new key over the bus, a moment later
    body = {**shapes.CHAT, "model": model}
    metadata = {**shapes.METADATA, "baseline_model": model, "routed_model": model, "provider": provider, "savings": 0.0}
    expected = {**shapes.COMPLETION, "model": str, "promptly_metadata": {**metadata, "complexity": (str, type(None))}}
    own = {**guide.key, "x-promptly-routing": "manual", "x-promptly-cache": "off"}
    guide.ask("POST", "/v1/chat/completions", body, headers=own, shape=expected, said=f"{model} of {provider}")


def _lists(guide: Guide, model: str) -> bool:
    found = httpx.get(f"{guide.running.url}/v1/models", headers=guide.key, timeout=30).json()["data"]
    return any(one["id"] == model for one in found)


def test_no_endpoint_of_the_reference_was_left_out(guide: Guide) -> None:
    assert guide.left_out("Analytics", "Requests", "Team", "Alerts", "Organization") == set()
