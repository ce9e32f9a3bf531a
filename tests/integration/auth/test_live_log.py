"""The request log as a file and as a stream, an entry's receipt, and alerts that are tried out: over the web door."""

import asyncio
import csv
import io
import json
from typing import Any

import msgspec
import pytest

from libs.common.contracts import alerts, analytics
from libs.common.contracts.auth import ORG_ADMINS, OrgRef
from libs.common.errors import BadRequest, NotFound
from libs.common.ids import new_id
from tests.integration.auth.conftest import Auth, Org
from tests.unit.analytics.examples import entry_of, request

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _by_ids(entries: list[Any]) -> Any:
    async def serve(query: analytics.RequestQuery) -> analytics.RequestPage:
        known = [entry for entry in entries if entry.org_id == query.org_id and query.status in (None, entry.status)]
        found = [entry for entry in known if query.ids is not None and entry.id in query.ids]
        return analytics.RequestPage(requests=tuple(found), next_cursor=None)

    return serve


async def test_the_export_goes_through_all_pages(auth: Auth) -> None:
    org = await auth.new_org()
    plain = request(org.id, tags={"team": "a,b"}, end_user='say "hi"')
    evil = request(
        org.id, end_user="=HYPERLINK(1)", baseline_model="+1", tags={"@x": "y"}, error_code=" -2",
        actual_cost_nano=None, baseline_cost_nano=3_000_000_000,
    )  # fmt: skip
    asked: list[analytics.RequestQuery] = []

    async def requests(query: analytics.RequestQuery) -> analytics.RequestPage:
        asked.append(query)
        if query.cursor is None:
            return analytics.RequestPage(requests=(plain,), next_cursor="on")
        return analytics.RequestPage(requests=(evil,), next_cursor=None)

    await auth.bus.serve(analytics.REQUESTS, requests)
    answer = await auth.call("GET", "/api/requests/export.csv?status=error&from=2026-11-01", org.token)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="requests.csv"'
    assert [(query.status, query.limit, query.cursor) for query in asked] == [
        ("error", 200, None),
        ("error", 200, "on"),
    ]
    assert {query.from_ms for query in asked} == {1_793_491_200_000}
    first, second = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert (first["id"], first["user"], first["tags"]) == (plain.id, 'say "hi"', "team=a,b")
    assert (first["baseline_cost_usd"], first["cost_usd"], first["savings_usd"]) == (
        "0.001000000", "0.000500000", "0.000500000",
    )  # fmt: skip
    assert (second["user"], second["baseline_model"]) == ("'=HYPERLINK(1)", "'+1")
    assert (second["tags"], second["error_code"]) == ("'@x=y", "' -2")
    assert (second["baseline_cost_usd"], second["cost_usd"], second["savings_usd"]) == ("3.000000000", "", "")
    for query in ("?limit=5", "?from=2026-11-02&to=2026-11-01", "?status=odd"):
        assert (await auth.call("GET", f"/api/requests/export.csv{query}", org.token)).status_code == 400
    assert (await auth.call("GET", "/api/requests/export.csv")).status_code == 401


async def test_an_export_that_cannot_begin_is_refused_properly(auth: Auth) -> None:
    org = await auth.new_org()

    async def requests(_: analytics.RequestQuery) -> analytics.RequestPage:
        raise BadRequest("from lies after to.", param="from")

    await auth.bus.serve(analytics.REQUESTS, requests)
    answer = await auth.call("GET", "/api/requests/export.csv", org.token)
    assert (answer.status_code, answer.json()["detail"]) == (400, "from lies after to.")


async def test_new_entries_flow_to_those_whose_they_are(auth: Auth) -> None:
    org, other = await auth.new_org(), await auth.new_org()
    mine, failed, theirs = request(org.id), request(org.id, status="error"), request(other.id)
    await auth.bus.serve(analytics.REQUESTS, _by_ids([mine, failed, theirs]))
    told = analytics.RequestsLogged(ids={org.id: (mine.id, failed.id), other.id: (theirs.id,)})
    headers = {"Authorization": f"Bearer {org.token}"}
    async with auth.http.stream("GET", "/api/requests/stream?status=error", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        assert (await anext(lines)).startswith(":")
        await auth.bus.emit(analytics.REQUESTS_LOGGED, told)
        found = [line async for line in _until_data(lines)]
    assert found[-3:-1] == ["event: request", f"id: {failed.id}"]
    assert json.loads(found[-1].removeprefix("data: "))["id"] == failed.id
    assert mine.id not in str(found)
    assert theirs.id not in str(found)


async def test_one_live_view_too_many_is_refused_before_it_begins(auth: Auth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.auth.insights.subscriptions.Subscriptions._capacity", lambda *_: 1)
    org, other = await auth.new_org(), await auth.new_org()
    async with auth.http.stream(
        "GET", "/api/requests/stream", headers={"Authorization": f"Bearer {org.token}"}
    ) as answer:
        await anext(answer.aiter_lines())
        refused = await auth.call("GET", "/api/requests/stream", org.token)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
        assert "Too many live views" in refused.json()["detail"]
        async with auth.http.stream(
            "GET", "/api/requests/stream", headers={"Authorization": f"Bearer {other.token}"}
        ) as theirs:
            assert theirs.status_code == 200


async def test_a_live_view_ends_with_its_token(auth: Auth) -> None:
    org = await auth.new_org()
    headers = {"Authorization": f"Bearer {org.token}"}
    async with auth.http.stream("GET", "/api/requests/stream", headers=headers) as answer:
        lines = answer.aiter_lines()
        await anext(lines)
        assert (await auth.call("POST", "/api/auth/logout", org.token)).status_code < 300
        await auth.bus.emit(analytics.REQUESTS_LOGGED, analytics.RequestsLogged(ids={org.id: (new_id("req"),)}))
        async with asyncio.timeout(15):
            rest = [line async for line in lines]
    assert not any(line.startswith("data:") for line in rest)
    assert (await auth.call("GET", "/api/requests/stream", org.token)).status_code == 401


async def test_an_entry_has_its_receipt_and_what_was_said_of_it(auth: Auth) -> None:
    org = await auth.new_org()
    event = request(org.id, price_version="2026-11", provider_ms=100.0, first_byte_ms=50.0)
    said = analytics.Feedback(rating="bad", cache_wrong=True, comment="wrong", time_ms=1000)

    async def one(_: analytics.RequestById) -> analytics.RequestEntry:
        return entry_of(event, said)

    await auth.bus.serve(analytics.REQUEST, one)
    body = (await auth.call("GET", f"/api/requests/{event.id}", org.token)).json()
    assert body["feedback"] == {
        "rating": "bad", "cache_wrong": True, "comment": "wrong", "time": "1970-01-01T00:00:01.000Z",
    }  # fmt: skip
    receipt = body["receipt"]
    assert receipt["baseline_cost_usd"] - sum(line["savings_usd"] for line in receipt["lines"]) == receipt["cost_usd"]
    assert receipt["latency_ms"] == {"total": 120.0, "overhead": 4.0, "provider": 100.0, "first_byte": 50.0}
    assert (receipt["price_version"], receipt["tokens"]["cache_read"]) == ("2026-11", 20)

    async def silent(_: analytics.RequestById) -> analytics.RequestEntry:
        return entry_of(event)

    await auth.bus.serve(analytics.REQUEST, silent)
    assert (await auth.call("GET", f"/api/requests/{event.id}", org.token)).json()["feedback"] is None


async def test_an_entry_leads_to_its_trace(auth: Auth) -> None:
    org = await auth.new_org()
    traced, untraced = request(org.id, trace_id="0af7651916cd43dd8448eb211c80319c"), request(org.id)

    async def one(asked: analytics.RequestById) -> analytics.RequestEntry:
        return entry_of(traced if asked.id == traced.id else untraced)

    await auth.bus.serve(analytics.REQUEST, one)
    for event, page in ((traced, f"http://localhost:16686/trace/{traced.trace_id}"), (untraced, None)):
        body = (await auth.call("GET", f"/api/requests/{event.id}", org.token)).json()
        assert (body["trace_id"], body["trace_url"]) == (event.trace_id, page)


async def test_a_rule_says_where_its_channels_lead(auth: Auth) -> None:
    org = await auth.new_org()
    kept: list[alerts.AlertRule] = []

    async def put(rule: alerts.AlertRule) -> alerts.AlertRule:
        kept.append(rule)
        return rule

    async def get(_: alerts.AlertRuleId) -> alerts.AlertRule:
        return kept[-1]

    await auth.bus.serve(alerts.PUT_RULE, put)
    await auth.bus.serve(alerts.GET_RULE, get)
    body = {"name": "n", "metric": "error_rate", "operator": "gt", "threshold": 5, "channels": ["webhook", "slack"]}
    config = {
        "webhook": {"url": "https://example.com/hook", "secret": "s" * 20},
        "slack": {"url": "https://hooks.slack.com/services/T/B/x"},
    }
    made = await auth.call("POST", "/api/alerts/rules", org.token, json={**body, "channel_config": config})
    assert made.status_code == 201, made.text
    assert made.json()["channel_config"] == config
    assert msgspec.to_builtins(kept[-1].channel_config) == config
    path = f"/api/alerts/rules/{made.json()['id']}"
    await auth.call("PUT", path, org.token, json={"threshold": 7})
    assert msgspec.to_builtins(kept[-1].channel_config) == config
    await auth.call("PUT", path, org.token, json={"channels": ["slack"], "channel_config": {"slack": config["slack"]}})
    assert kept[-1].channel_config.webhook is None
    refused: list[dict[str, Any]] = [{"webhook": {"address": "x"}}, {"pigeon": {}}, {"slack": {"url": ""}}]
    for bad in refused:
        answer = await auth.call("PUT", path, org.token, json={"channel_config": bad})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"].startswith("channel_config")


async def test_an_alert_is_tried_out_by_whoever_may_write_alerts(auth: Auth) -> None:
    org = await auth.new_org()
    rule_id = new_id("alr")

    async def test(wanted: alerts.AlertRuleId) -> alerts.RuleTested:
        if wanted != alerts.AlertRuleId(org_id=org.id, id=rule_id):
            raise NotFound("There is no such alert rule in your organization.")
        failed = alerts.Notification(channel="email", state="failed", attempts=1, error="No.")
        return alerts.RuleTested(notifications=(failed,))

    await auth.bus.serve(alerts.TEST_RULE, test)
    path = f"/api/alerts/rules/{rule_id}/test"
    answer = await auth.call("POST", path, await auth.join(org, "member"))
    assert (answer.status_code, answer.json()) == (
        200,
        {"notifications": [{"channel": "email", "state": "failed", "attempts": 1, "error": "No."}]},
    )
    assert (await auth.call("POST", path, await auth.join(org, "viewer"))).status_code == 403
    assert (await auth.call("POST", path, (await auth.new_org()).token)).status_code == 404


async def test_an_organizations_admins_are_known(auth: Auth) -> None:
    org: Org = await auth.new_org()
    await auth.join(org, "member")
    assert (await auth.bus.call(ORG_ADMINS, OrgRef(org_id=org.id))).emails == (org.email,)
    assert (await auth.bus.call(ORG_ADMINS, OrgRef(org_id=new_id("org")))).emails == ()


async def _until_data(lines: Any) -> Any:
    async with asyncio.timeout(10):
        async for line in lines:
            yield line
            if line.startswith("data:"):
                return
