"""Levers, tiers and rules, and how they reach the principal."""

from typing import Any

import pytest

from libs.common.contracts import cache
from libs.common.contracts.auth import OptimizationSettings, RuleCondition
from tests.integration.auth.conftest import Auth

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEED_DEFAULTS = {
    "level": "moderate",
    "whitespace_removal": True,
    "redundancy_elimination": True,
    "system_prompt_compression": True,
    "context_pruning": True,
    "cache_enabled": True,
    "cache_similarity_threshold": 0.95,
    "cache_ttl_seconds": 3600,
    "routing_mode": "auto",
}
RULE = {
    "name": "Code tasks use GPT-4o",
    "condition_type": "keyword",
    "condition_value": {"keywords": ["code", "debug", "refactor"]},
    "action": "use_model",
    "action_value": "gpt-4o",
    "priority": 10,
}


async def test_settings_start_at_the_defaults_and_changes_merge(auth: Auth) -> None:
    org = await auth.new_org()
    settings = (await auth.call("GET", "/api/optimization/settings", org.token)).json()
    assert settings == {
        **SEED_DEFAULTS,
        "values_line": True,
        "extraction": False,
        "cost_quality": None,
        "substitute_unreachable": False,
        "rules_in_manual": False,
        "older_generations": False,
        "store_responses": True,
        "prefix_caching": True,
        "capture": "none",
        "deferral": True,
        "holdout_share": 0.0,
        "effort": "off",
        "tool_definitions": "off",
        "images": "off",
        "lever_shares": {},
    }
    off = {"level": "off", "routing_mode": "manual", "cache_enabled": False}
    changed = await auth.call("PUT", "/api/optimization/settings", org.token, json=off)
    assert changed.json() == {**settings, **off}
    assert await auth.told(org) == [None]
    more = await auth.call("PUT", "/api/optimization/settings", org.token, json={"cost_quality": 0.5})
    assert more.json() == {**settings, **off, "cost_quality": 0.5}
    back = await auth.call("PUT", "/api/optimization/settings", org.token, json={"cost_quality": None})
    assert back.json() == {**settings, **off}
    carried = (await auth.verify(org.api_key)).settings
    assert carried == OptimizationSettings(level="off", routing_mode="manual", cache_enabled=False)


@pytest.mark.parametrize(
    "body",
    [
        b'{"level": "max"}',
        b'{"level": null}',
        b'{"cache_similarity_threshold": 1.01}',
        b'{"cache_similarity_threshold": -0.1}',
        b'{"cache_similarity_threshold": NaN}',
        b'{"cache_similarity_threshold": 1e999}',
        b'{"cache_similarity_threshold": "0.9"}',
        b'{"cache_ttl_seconds": -1}',
        b'{"cache_ttl_seconds": 1000000000000}',
        b'{"cache_ttl_seconds": 1.5}',
        b'{"cache_enabled": 1}',
        b'{"cache_enabled": "yes"}',
        b'{"cost_quality": 2}',
        b'{"routing_mode": "yolo"}',
        b'{"temperature": 1}',
        b"[]",
        b"",
    ],
)
async def test_settings_that_do_not_fit_change_nothing(auth: Auth, body: bytes) -> None:
    org = await auth.new_org()
    answer = await auth.call("PUT", "/api/optimization/settings", org.token, content=body)
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert (await auth.verify(org.api_key)).settings == OptimizationSettings()
    assert await auth.told(org) == []


async def test_the_routing_mode_is_one_with_the_settings_and_tiers_merge(auth: Auth) -> None:
    org = await auth.new_org()
    path = "/api/routing/config"
    start = (await auth.call("GET", path, org.token)).json()
    assert start["routing_mode"] == "auto"
    assert start["tiers"]["openai"] == {"simple": "gpt-4o-mini", "medium": "gpt-4o", "complex": "gpt-4o"}
    assert start["default_tiers"] == start["tiers"]
    body: dict[str, Any] = {"routing_mode": "manual", "tiers": {"openai": {"simple": "gpt-4.1-nano"}}}
    changed = (await auth.call("PUT", path, org.token, json=body)).json()
    assert changed["routing_mode"] == "manual"
    assert changed["tiers"]["openai"] == {"simple": "gpt-4.1-nano", "medium": "gpt-4o", "complex": "gpt-4o"}
    assert changed["tiers"]["google"] == start["tiers"]["google"]
    assert changed["default_tiers"] == start["default_tiers"]
    assert (await auth.call("GET", "/api/optimization/settings", org.token)).json()["routing_mode"] == "manual"
    await auth.call("PUT", path, org.token, json={"tiers": {"openai": {"complex": "o3"}, "google": {"simple": "g"}}})
    carried = (await auth.verify(org.api_key)).tiers
    assert carried == {"openai": {"simple": "gpt-4.1-nano", "complex": "o3"}, "google": {"simple": "g"}}
    reset = (await auth.call("PUT", path, org.token, json={"tiers": {"openai": None}})).json()
    assert reset["tiers"]["openai"] == start["tiers"]["openai"]
    assert (await auth.verify(org.api_key)).tiers == {"google": {"simple": "g"}}
    misfits: list[Any] = [{"tiers": {"acme": {}}}, {"tiers": {"openai": {"ultra": "x"}}}, {"mode": "auto"}]
    for wrong in misfits:
        assert (await auth.call("PUT", path, org.token, json=wrong)).status_code == 400


async def test_rules_come_in_the_order_in_which_they_are_tried(auth: Auth) -> None:
    org = await auth.new_org()

    async def add(**changes: Any) -> dict[str, Any]:
        answer = await auth.call("POST", "/api/routing/rules", org.token, json={**RULE, **changes})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    always = {"condition_type": "always", "condition_value": {}, "priority": 0}
    tokens = {"condition_type": "token_count", "condition_value": {"operator": "lt", "value": 50}, "priority": 20}
    last = await add(name="catch-all", **always)
    second = await add()
    third = await add(name="younger")
    first = await add(name="short", **tokens)
    assert await auth.told(org) == [None] * 4
    listed = (await auth.call("GET", "/api/routing/rules", org.token)).json()["rules"]
    assert listed == [first, second, third, last]
    assert {name: second[name] for name in RULE} == RULE

    carried = (await auth.verify(org.api_key)).rules
    assert [rule.id for rule in carried] == [rule["id"] for rule in listed]
    assert carried[0].condition == RuleCondition(type="token_count", operator="lt", value=50)
    assert carried[1].condition.keywords == ("code", "debug", "refactor")

    path = f"/api/routing/rules/{last['id']}"
    forced = await auth.call("PUT", path, org.token, json={"action": "force_tier", "action_value": "simple"})
    assert forced.json() == {**last, "action": "force_tier", "action_value": "simple"}
    assert (await auth.call("PUT", path, org.token, json={"action_value": "ultra"})).status_code == 400
    assert (await auth.call("PUT", path, org.token, json={"condition_type": "keyword"})).status_code == 400
    assert (await auth.call("DELETE", path, org.token)).status_code == 204
    assert len((await auth.verify(org.api_key)).rules) == 3
    assert (await auth.call("DELETE", path, org.token)).status_code == 404
    assert (await auth.call("PUT", path, org.token, json={"name": "x"})).status_code == 404


async def test_rules_are_put_in_another_order_all_at_once_or_not_at_all(auth: Auth) -> None:
    org, path = await auth.new_org(), "/api/routing/rules/order"
    rules = {}
    for name, priority in (("a", 10), ("b", 10), ("c", 0)):
        body = {**RULE, "name": name, "priority": priority}
        rules[name] = (await auth.call("POST", "/api/routing/rules", org.token, json=body)).json()
    await auth.told(org)

    async def order(names: str) -> Any:
        return await auth.call("PUT", path, org.token, json={"rule_ids": [rules[name]["id"] for name in names]})

    done = await order("cba")
    assert done.status_code == 200
    assert [rule["name"] for rule in done.json()["rules"]] == ["c", "b", "a"]
    assert await auth.told(org) == [None]
    assert (await auth.call("GET", "/api/routing/rules", org.token)).json() == done.json()
    assert [rule.name for rule in (await auth.verify(org.api_key)).rules] == ["c", "b", "a"]
    for wrong in ("cb", "ccb", "cbaa", ""):
        refused = await order(wrong)
        assert (refused.status_code, "read them again" in refused.json()["detail"]) == (409, True)
    misfits: list[Any] = [{}, {"rule_ids": None}, {"rule_ids": [1]}, []]
    for misfit in misfits:
        assert (await auth.call("PUT", path, org.token, json=misfit)).status_code == 400
    elsewhere = await auth.new_org()
    stolen = await auth.call("PUT", path, elsewhere.token, json={"rule_ids": [rules["a"]["id"]]})
    assert stolen.status_code == 409
    assert (await auth.call("GET", "/api/routing/rules", org.token)).json() == done.json()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"condition_type": "regex"},
        {"condition_value": {"keywords": []}},
        {"condition_value": {"keywords": ["a"] * 100_000}},
        {"condition_value": {"keywords": ["a\x00"]}},
        {"condition_value": {"keywords": "code"}},
        {"condition_value": {}},
        {"condition_value": {"keywords": ["a"], "operator": "gt"}},
        {"condition_type": "token_count", "condition_value": {"operator": "eq", "value": 1}},
        {"condition_type": "token_count", "condition_value": {"operator": "gt", "value": -1}},
        {"condition_type": "token_count", "condition_value": {"operator": "gt", "value": 10**30}},
        {"condition_type": "always", "condition_value": {"x": 1}},
        {"action": "drop_table"},
        {"action": "force_tier", "action_value": "ultra"},
        {"action_value": ""},
        {"priority": 10**12},
        {"priority": "high"},
        {"id": "rule_mine"},
    ],
)
async def test_a_rule_that_does_not_fit_is_refused(auth: Auth, changes: dict[str, Any]) -> None:
    org = await auth.new_org()
    answer = await auth.call("POST", "/api/routing/rules", org.token, json={**RULE, **changes})
    assert answer.status_code == 400
    assert answer.json()["errors"]
    assert (await auth.verify(org.api_key)).rules == ()


async def test_markup_in_a_name_stays_text(auth: Auth) -> None:
    org = await auth.new_org()
    name = "=cmd|' /C calc'!A0 <script>alert(1)</script>"
    answer = await auth.call("POST", "/api/routing/rules", org.token, json={**RULE, "name": name})
    assert answer.json()["name"] == name
    assert answer.headers["content-type"] == "application/json"


async def test_the_cache_is_asked_about_this_organization_alone(auth: Auth) -> None:
    org = await auth.new_org()
    asked = []

    async def stats(request: cache.CacheOf) -> cache.CacheStats:
        asked.append(request.org_id)
        return cache.CacheStats(exact_entries=812, semantic_entries=435, total_entries=1247)

    async def clear(request: cache.CacheOf) -> cache.Cleared:
        asked.append(request.org_id)
        return cache.Cleared(cleared=1247)

    unserved = await auth.call("GET", "/api/optimization/cache/stats", org.token)
    assert unserved.status_code == 503
    await auth.bus.serve(cache.STATS, stats)
    await auth.bus.serve(cache.CLEAR, clear)
    counted = await auth.call("GET", "/api/optimization/cache/stats", org.token)
    assert counted.json() == {"exact_entries": 812, "semantic_entries": 435, "total_entries": 1247}
    cleared = await auth.call("POST", "/api/optimization/cache/clear", org.token)
    assert (cleared.status_code, cleared.json()) == (200, {"cleared": 1247})
    assert asked == [org.id, org.id]
