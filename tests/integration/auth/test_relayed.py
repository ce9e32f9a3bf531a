"""Figures, the request log and alerts: asked of other services, given out in dollars and ISO 8601."""

from typing import Any

import msgspec
import pytest

from libs.common.contracts import alerts, analytics
from libs.common.contracts.events import CompletionFinished, LeverShare, TokenClasses
from libs.common.errors import NotFound
from libs.common.ids import new_id
from tests.integration.auth.conftest import Auth, Org

pytestmark = pytest.mark.asyncio(loop_scope="module")

OVERVIEW = analytics.Overview(
    requests=analytics.RequestCounts(total=10, success=6, fallback=1, cached=2, error=1, cancelled=0),
    cache=analytics.CacheCounts(exact_hits=1, semantic_hits=1, hit_rate=0.2),
    tokens=analytics.TokenCounts(original=1000, optimized=600, saved=400, output=50),
    cost_nano=1_500_000,
    baseline_cost_nano=6_000_000,
    savings_nano=4_500_000,
    error_rate=0.1,
    latency_ms=analytics.Latencies(p50=100.0, p95=200.0, p99=None, overhead_p50=3.5, overhead_p95=9.0),
    unpriced_requests=1,
    data_as_of_ms=1_790_000_000_123,
)


def _entry(org: Org, **changes: Any) -> CompletionFinished:
    fields: dict[str, Any] = {
        "id": new_id("req"),
        "org_id": org.id,
        "key_id": "key_1",
        "status": "success",
        "time_ms": 1_790_000_000_000,
        "baseline_model": "gpt-4o",
        "routed_model": "gpt-4o-mini",
        "original_tokens": 52,
        "optimized_tokens": 28,
        "tokens": TokenClasses(uncached_input=28, output_text=45),
        "levers": (LeverShare(lever="whitespace", tokens=24, nano_usd=60_000),),
        "baseline_cost_nano": 580_000,
        "actual_cost_nano": 240_000,
        "cache": "semantic",
    }
    return CompletionFinished(**{**fields, **changes})


async def test_the_overview_is_in_dollars_and_of_the_period_asked_for(auth: Auth) -> None:
    org = await auth.new_org()
    asked = []

    async def overview(period: analytics.Period) -> analytics.Overview:
        asked.append(period)
        return OVERVIEW

    await auth.bus.serve(analytics.OVERVIEW, overview)
    query = {"from": "2026-11-01T02:00:00+02:00", "to": "2026-11-02"}
    body = (await auth.call("GET", "/api/analytics/overview", org.token, params=query)).json()
    assert asked == [analytics.Period(org_id=org.id, from_ms=1_793_491_200_000, to_ms=1_793_577_600_000)]
    assert (body["from"], body["to"]) == ("2026-11-01T00:00:00.000Z", "2026-11-02T00:00:00.000Z")
    assert (body["cost_usd"], body["baseline_cost_usd"], body["savings_usd"]) == (0.0015, 0.006, 0.0045)
    assert body["savings_percentage"] == 75.0
    assert body["data_as_of"] == "2026-09-21T14:13:20.123Z"
    assert set(body) == {
        *("from", "to", "requests", "cache", "tokens", "cost_usd", "baseline_cost_usd", "savings_usd"),
        *("savings_percentage", "error_rate", "latency_ms", "unpriced_requests", "data_as_of"),
    }
    assert body["latency_ms"]["p99"] is None

    await auth.call("GET", "/api/analytics/overview", org.token, params={"days": 7})
    assert asked[1].to_ms - asked[1].from_ms == 7 * 86_400_000
    await auth.call("GET", "/api/analytics/overview", org.token)
    assert asked[2].to_ms - asked[2].from_ms == 30 * 86_400_000


async def test_savings_models_and_levers_have_their_shapes(auth: Auth) -> None:
    org = await auth.new_org()

    async def savings(query: analytics.SavingsQuery) -> analytics.SavingsSeries:
        point = analytics.SavingsPoint(
            time_ms=0, requests=3, cost_nano=1, baseline_cost_nano=3, savings_nano=2, tokens_saved=9
        )
        return analytics.SavingsSeries(points=(point,) if query.interval == "hour" else ())

    async def models(_: analytics.Period) -> analytics.Models:
        use = analytics.ModelUse(
            model="m",
            provider="openai",
            requests=1,
            share=1.0,
            input_tokens=2,
            output_tokens=3,
            cost_nano=4,
            savings_nano=-5,
            latency_p50_ms=6.0,
            latency_p95_ms=9.0,
            latency_p99_ms=12.0,
            error_rate=0.0,
        )
        return analytics.Models(models=(use,))

    async def levers(_: analytics.Period) -> analytics.Levers:
        use = analytics.LeverUse(lever="routing", requests=2, tokens_saved=0, savings_nano=30)
        return analytics.Levers(levers=(use, msgspec.structs.replace(use, savings_nano=10)), total_nano=40)

    await auth.bus.serve(analytics.SAVINGS, savings)
    await auth.bus.serve(analytics.MODELS, models)
    await auth.bus.serve(analytics.LEVERS, levers)
    hourly = await auth.call("GET", "/api/analytics/savings?interval=hour", org.token)
    point = {
        "time": "1970-01-01T00:00:00.000Z",
        "requests": 3,
        "cost_usd": 1e-9,
        "baseline_cost_usd": 3e-9,
        "savings_usd": 2e-9,
        "tokens_saved": 9,
    }
    assert hourly.json() == {"interval": "hour", "points": [point]}
    (model,) = (await auth.call("GET", "/api/analytics/models", org.token)).json()["models"]
    assert (model["cost_usd"], model["savings_usd"], model["latency_p50_ms"]) == (4e-9, -5e-9, 6.0)
    assert (model["latency_p95_ms"], model["latency_p99_ms"]) == (9.0, 12.0)
    shares = (await auth.call("GET", "/api/analytics/levers", org.token)).json()
    assert [lever["share"] for lever in shares["levers"]] == [0.75, 0.25]
    assert shares["total_usd"] == 4e-8


async def test_a_breakdown_has_keys_names_and_what_the_rows_leave_out(auth: Auth) -> None:
    org = await auth.new_org()
    [key] = (await auth.call("GET", "/api/keys/platform", org.token)).json()["keys"]
    asked: list[analytics.BreakdownQuery] = []

    async def breakdown(query: analytics.BreakdownQuery) -> analytics.Breakdown:
        asked.append(query)
        use = analytics.Use(requests=2, cost_nano=1_500, baseline_cost_nano=6_000)
        rows = (
            analytics.BreakdownRow(
                values=(key["id"], '=HYPERLINK("x")'),
                use=use,
                previous=analytics.Use(),
                points=(analytics.BreakdownPoint(time_ms=0, use=use),),
            ),
            analytics.BreakdownRow(values=("key_gone", "m"), use=use, previous=use),
        )
        return analytics.Breakdown(
            rows=rows,
            other=analytics.Use(),
            without=use,
            total=use,
            previous_total=use,
            previous_from_ms=0,
            previous_to_ms=1,
            intervals=(0,),
            partial=(0,),
        )

    await auth.bus.serve(analytics.BREAKDOWN, breakdown)
    params = {"by": "key,tag:team", "interval": "month", "time_zone": "Europe/Berlin", "previous": "true"}
    params |= {"model": "gpt-4o", "tag": "team=a=b", "limit": "7", "from": "2026-11-01", "to": "2026-12-01"}
    found = (await auth.call("GET", "/api/analytics/breakdown", org.token, params=params)).json()
    assert asked == [
        analytics.BreakdownQuery(
            org_id=org.id,
            from_ms=1_793_491_200_000,
            to_ms=1_796_083_200_000,
            by=("key", "tag:team"),
            filters={"model": "gpt-4o", "tag:team": "a=b"},
            interval="month",
            time_zone="Europe/Berlin",
            previous=True,
            limit=7,
        )
    ]
    assert [row["key_name"] for row in found["rows"]] == [key["name"], None]
    assert (found["total"]["cost_usd"], found["total"]["savings_usd"]) == (1.5e-6, 4.5e-6)
    assert found["intervals"] == [{"start": "1970-01-01T00:00:00.000Z", "partial": True}]
    assert found["previous"]["to"] == "1970-01-01T00:00:00.001Z"

    lines = (await auth.call("GET", "/api/analytics/breakdown.csv", org.token, params=params)).text.splitlines()
    assert lines[0].startswith("time,key,tag:team,key_name,requests,")
    assert lines[1].startswith(f'1970-01-01T00:00:00.000Z,{key["id"]},"\'=HYPERLINK(""x"")",{key["name"]},2,0,')
    assert lines[2:] == [
        ",key_gone,m,,2,0,0,0,0,0.000006000,0.000001500,0.000004500,0",
        ",(none),,,2,0,0,0,0,0.000006000,0.000001500,0.000004500,0",
        ",(total),,,2,0,0,0,0,0.000006000,0.000001500,0.000004500,0",
    ]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("analytics/overview?from=2026-11-02&to=2026-11-01", "from"),
        ("analytics/overview?from=yesterday", "from"),
        ("analytics/overview?to=99999-01-01", "to"),
        ("analytics/overview?days=0", "days"),
        ("analytics/overview?days=ten", "days"),
        ("analytics/overview?days=999999999999999999999", "days"),
        ("analytics/overview?org_id=org_x", "org_id"),
        ("analytics/savings?interval=minute", "interval"),
        ("analytics/breakdown", "by"),
        ("analytics/latencies?days=3660", "interval"),
        ("analytics/breakdown?by=key&limit=501", "limit"),
        ("analytics/breakdown?by=key&tag=team", "tag"),
        ("analytics/breakdown.csv?by=key&interval=year", "interval"),
        ("requests?limit=201", "limit"),
        ("requests?limit=0", "limit"),
        ("requests?status=weird", "status"),
        ("requests?cache_hit=maybe", "cache_hit"),
        ("requests?sort=id;drop", "sort"),
        ("requests?min_latency_ms=-1", "min_latency_ms"),
        ("requests?model=a%00b", "model"),
        ("requests?from=2026-11-02&to=2026-11-01", "from"),
        ("alerts/events?limit=201", "limit"),
    ],
)
async def test_a_query_that_does_not_fit_names_its_field(auth: Auth, path: str, field: str) -> None:
    org = await auth.new_org()
    answer = await auth.call("GET", f"/api/{path}", org.token)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_the_request_log_is_paged_filtered_and_priced(auth: Auth) -> None:
    org = await auth.new_org()
    asked = []

    async def requests(query: analytics.RequestQuery) -> analytics.RequestPage:
        asked.append(query)
        unpriced = _entry(org, actual_cost_nano=None, baseline_cost_nano=None, cache="off")
        return analytics.RequestPage(requests=(_entry(org), unpriced), next_cursor="next")

    await auth.bus.serve(analytics.REQUESTS, requests)
    query = "?limit=2&cursor=c&model=gpt-4o&status=success&cache_hit=true&key_id=key_1&kind=chat&from=2026-11-01"
    query += "&error_code=rate_limit_exceeded&min_latency_ms=1500.5"
    body = (await auth.call("GET", f"/api/requests{query}", org.token)).json()
    assert asked == [
        analytics.RequestQuery(
            org_id=org.id,
            limit=2,
            cursor="c",
            model="gpt-4o",
            status="success",
            cache_hit=True,
            from_ms=1_793_491_200_000,
            key_id="key_1",
            kind="chat",
            error_code="rate_limit_exceeded",
            min_latency_ms=1500.5,
        )
    ]
    assert body["next_cursor"] == "next"
    first, unpriced = body["requests"]
    assert (first["cost_usd"], first["baseline_cost_usd"], first["savings_usd"]) == (0.00024, 0.00058, 0.00034)
    assert (first["cache_hit"], unpriced["cache_hit"]) == (True, False)
    assert first["optimizations"] == [{"lever": "whitespace", "tokens_saved": 24, "savings_usd": 6e-5}]
    assert (unpriced["cost_usd"], unpriced["savings_usd"]) == (None, None)
    assert "org_id" not in first


async def test_one_request_is_the_callers_own_or_a_404(auth: Auth) -> None:
    org, other = await auth.new_org(), await auth.new_org()
    entry = _entry(org)

    async def request(wanted: analytics.RequestById) -> CompletionFinished:
        if wanted != analytics.RequestById(org_id=org.id, id=entry.id):
            raise NotFound("There is no such request.")
        return entry

    await auth.bus.serve(analytics.REQUEST, request)
    assert (await auth.call("GET", f"/api/requests/{entry.id}", org.token)).json()["id"] == entry.id
    assert (await auth.call("GET", f"/api/requests/{entry.id}", other.token)).status_code == 404
    assert (await auth.call("GET", "/api/requests/1", org.token)).status_code == 404


async def test_alert_rules_are_made_changed_in_part_and_deleted(auth: Auth) -> None:
    org = await auth.new_org()
    kept: dict[tuple[str, str], alerts.AlertRule] = {}

    async def put(rule: alerts.AlertRule) -> alerts.AlertRule:
        kept[rule.org_id, rule.id] = rule
        return rule

    async def get(wanted: alerts.AlertRuleId) -> alerts.AlertRule:
        if (rule := kept.get((wanted.org_id, wanted.id))) is None:
            raise NotFound("There is no such alert rule.")
        return rule

    async def delete(wanted: alerts.AlertRuleId) -> alerts.Deleted:
        await get(wanted)
        del kept[wanted.org_id, wanted.id]
        return alerts.Deleted(id=wanted.id)

    async def every(wanted: alerts.RulesOf) -> alerts.AlertRules:
        return alerts.AlertRules(rules=tuple(rule for (owner, _), rule in kept.items() if owner == wanted.org_id))

    await auth.bus.serve(alerts.PUT_RULE, put)
    await auth.bus.serve(alerts.GET_RULE, get)
    await auth.bus.serve(alerts.DELETE_RULE, delete)
    await auth.bus.serve(alerts.LIST_RULES, every)

    seed = {"name": "High daily spend", "metric": "daily_spend", "operator": "gt", "threshold": 50.00}
    made = await auth.call("POST", "/api/alerts/rules", org.token, json={**seed, "channels": ["email"]})
    assert made.status_code == 201
    rule = made.json()
    assert {name: rule[name] for name in seed} == seed
    assert (rule["is_active"], rule["channels"], rule["firing_since"]) == (True, ["email"], None)
    path = f"/api/alerts/rules/{rule['id']}"
    changed = await auth.call("PUT", path, org.token, json={"threshold": 100.00, "is_active": False})
    assert changed.json() == {**rule, "threshold": 100.0, "is_active": False}
    assert (await auth.call("GET", "/api/alerts/rules", org.token)).json() == {"rules": [changed.json()]}
    firing = msgspec.structs.replace(kept[org.id, rule["id"]], firing_since_ms=1000)
    kept[org.id, rule["id"]] = firing
    (listed,) = (await auth.call("GET", "/api/alerts/rules", org.token)).json()["rules"]
    assert listed["firing_since"] == "1970-01-01T00:00:01.000Z"
    other = await auth.new_org()
    assert (await auth.call("PUT", path, other.token, json={"threshold": 1})).status_code == 404
    assert (await auth.call("DELETE", path, other.token)).status_code == 404
    assert (await auth.call("DELETE", path, org.token)).status_code == 204
    assert (await auth.call("DELETE", path, org.token)).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"metric": "mood"},
        {"threshold": "abc"},
        {"threshold": True},
        {"operator": "ne"},
        {"channels": []},
        {"channels": ["pigeon"]},
        {"window_minutes": 0},
        {"name": ""},
        {"name": "a\x00"},
    ],
)
async def test_an_alert_rule_that_does_not_fit_is_refused(auth: Auth, changes: dict[str, Any]) -> None:
    org = await auth.new_org()
    body = {"name": "n", "metric": "error_rate", "operator": "gt", "threshold": 5, **changes}
    answer = await auth.call("POST", "/api/alerts/rules", org.token, json=body)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"].partition("[")[0] == next(iter(changes))


async def test_firings_are_listed(auth: Auth) -> None:
    org = await auth.new_org()

    async def events(wanted: alerts.EventsQuery) -> alerts.AlertEvents:
        assert wanted == alerts.EventsQuery(org_id=org.id, limit=5)
        event = alerts.AlertEvent(
            id="e",
            org_id=org.id,
            rule_id="r",
            rule_name="n",
            metric="error_rate",
            kind="fired",
            value=7.5,
            threshold=5.0,
            time_ms=1000,
            data_as_of_ms=None,
        )
        return alerts.AlertEvents(events=(event,))

    await auth.bus.serve(alerts.LIST_EVENTS, events)
    (event,) = (await auth.call("GET", "/api/alerts/events?limit=5", org.token)).json()["events"]
    assert (event["kind"], event["value"], event["time"]) == ("fired", 7.5, "1970-01-01T00:00:01.000Z")
    assert event["data_as_of"] is None
