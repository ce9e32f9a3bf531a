"""The developer guide from top to bottom, over HTTP: every endpoint and every body that it shows, in its order.

Each test is a chapter; they share one organization, and a row is printed for each answer (`-s` shows them). Chapters that show
code are covered by test_documented_use.py; from alerts on, test_guide_dashboard.py goes on.
"""

import json

import pytest

from libs.common.ids import uuid7
from tests.e2e import guide_shapes as shapes
from tests.e2e.guide import PASSWORD, Guide, begin, question
from tests.e2e.guide_shapes import CLIENT_ERROR, DETAIL
from tests.fixtures.running import Account, Running, wait_for


@pytest.fixture(scope="module")
def guide(running: Running) -> Guide:
    return begin(running)


def test_quick_start(guide: Guide) -> None:
    email = f"first-{uuid7().hex}@mycompany.com"
    body = {"org_name": "My Company", "email": email, "password": PASSWORD, "account_type": "team"}
    made = guide.ask("POST", "/api/auth/register", body, headers={}, shape=shapes.REGISTERED, status=201)
    assert made["user"]["email"] == email
    assert made["api_key"].startswith("sk-promptly-")
    account = Account(guide.running, made["token"], made["api_key"], made["org"]["id"])
    newcomer = Guide(guide.running, account, email, guide.asked)
    newcomer.ask(
        *("POST", "/v1/chat/completions", shapes.CHAT),
        headers=newcomer.key,
        shape=shapes.NO_KEY,
        status=400,
        said="without a provider key: the guide's sentence",
    )
    key = newcomer.ask(
        *("POST", "/api/keys/providers", {"provider": "openai", "api_key": "sk-your-openai-key"}),
        shape={"id": str, "provider": "openai", "api_key": "sk-…-key"},
        status=201,
    )
    assert "your-openai" not in json.dumps(key)
    newcomer.ask("DELETE", "/api/org", {"name": "My Company"}, status=204, said="everything is gone")
    newcomer.ask("POST", "/v1/chat/completions", shapes.CHAT, headers=newcomer.key, shape=DETAIL, status=401)
    guide.elsewhere("step 3, the Python snippet: test_documented_use.py")


def test_authentication(guide: Guide) -> None:
    email = guide.email
    login = {"email": email, "password": PASSWORD}
    signed_in = guide.ask("POST", "/api/auth/login", login, headers={}, shape=shapes.SIGNED_IN)
    guide.ask("POST", "/api/auth/login", {**login, "password": "wrong-password"}, headers={}, shape=DETAIL, status=401)
    token = {"authorization": f"Bearer {signed_in['token']}"}
    guide.ask("GET", "/api/auth/me", headers=token, shape={"user": shapes.USER, "org": shapes.ORG})
    guide.ask("GET", "/api/org", headers=guide.key, shape=DETAIL, status=401, said="an API key is no token")
    guide.ask("POST", "/v1/chat/completions", shapes.CHAT, headers=token, shape=CLIENT_ERROR, status=401)
    guide.ask("POST", "/v1/chat/completions", shapes.CHAT, headers={}, shape=CLIENT_ERROR, status=401)
    change = {"old_password": PASSWORD, "new_password": "another-password"}
    changed = guide.ask("POST", "/api/auth/password", change, headers=token, shape=shapes.SIGNED_IN)
    guide.ask("GET", "/api/auth/me", headers=token, shape=DETAIL, status=401, said="older tokens have ended")
    guide.account.token = changed["token"]
    guide.ask("POST", "/api/auth/password/reset", {"email": email}, headers={}, shape=DETAIL, status=202)
    confirm = {"token": "unknown", "password": PASSWORD}
    guide.ask("POST", "/api/auth/password/reset/confirm", confirm, headers={}, shape=DETAIL, status=400)
    again = guide.ask("POST", "/api/auth/login", {**login, "password": "another-password"}, headers={})
    spent = {"authorization": f"Bearer {again['token']}"}
    guide.ask("POST", "/api/auth/logout", headers=spent, status=204)
    guide.ask("GET", "/api/auth/me", headers=spent, shape=DETAIL, status=401)


def test_oauth_says_where_it_is_not_set_up(guide: Guide) -> None:
    for source in ("github", "google"):
        refused = guide.ask("GET", f"/api/auth/oauth/{source}", headers={}, shape=DETAIL, status=404)
        assert refused["detail"].casefold() == f"signing in with {source} is not set up here."
        callback = f"/api/auth/oauth/{source}/callback"
        guide.ask("GET", callback, params={"code": "xxx"}, headers={}, shape=DETAIL, status=400, said="no state")
    guide.ask("POST", "/api/auth/oauth/exchange", {"code": "xxx"}, headers={}, shape=DETAIL, status=400)


def test_keys(guide: Guide) -> None:
    path, providers = "/api/keys/platform", "/api/keys/providers"
    shown = {"id": str, "name": str, "prefix": str, "last_four": str, "scopes": list, "created_at": str}
    listed = guide.ask("GET", path, shape={"keys": [shown]})
    assert guide.account.api_key not in json.dumps(listed)
    wanted = {"name": "CI", "scopes": ["optimize"], "rpm": 60, "monthly_budget_usd": 5}
    made = guide.ask("POST", path, wanted, shape={"api_key": str, "name": "CI", "rpm": 60}, status=201)
    assert made["api_key"].startswith("sk_live_")
    guide.ask("POST", f"{path}/regenerate", {"id": made["id"]}, shape={"api_key": str})
    guide.ask("DELETE", f"{path}/{{id}}", status=204, id=made["id"])
    fresh = guide.ask("POST", f"{path}/regenerate", shape={"api_key": str}, said="the organization's first key")
    guide.account.api_key = fresh["api_key"]
    base_url = f"{guide.running.upstream_url}/v1"
    new = {"provider": "openai", "api_key": "sk-another-0002", "base_url": base_url, "label": "second"}
    key = guide.ask("POST", providers, new, shape={"id": str, "label": "second", "last_four": "0002"}, status=201)
    guide.ask("GET", providers, shape={"keys": [{"id": str, "provider": str, "api_key": str}]})
    guide.ask("PUT", f"{providers}/{{id}}", {"label": "spare"}, shape={"label": "spare"}, id=key["id"])
    guide.ask("POST", f"{providers}/{{id}}/test", shape={"ok": True, "detail": str}, id=key["id"])
    guide.ask("PUT", f"{providers}/{{id}}", {"api_key": "sk-wrong-key"}, shape={"last_four": "-key"}, id=key["id"])
    guide.ask("POST", f"{providers}/{{id}}/test", shape={"ok": False, "detail": str}, id=key["id"])
    guide.ask("DELETE", f"{providers}/{{id}}", status=204, id=key["id"])


def test_proxy_endpoint(guide: Guide) -> None:
    path = "/v1/chat/completions"
    answer = guide.ask("POST", path, shapes.CHAT, headers=guide.key, shape=shapes.COMPLETION)
    usage, metadata = answer["usage"], answer["promptly_metadata"]
    assert answer["model"].startswith("gpt-4o-mini")
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert metadata["optimized_tokens"] == usage["prompt_tokens"] <= metadata["original_tokens"]
    assert metadata["savings"] > 0
    with guide.upstream() as bodies:
        for name, value in shapes.PARAMETERS:
            body = {"model": "gpt-4o", "messages": question(f"What does {name} {value} do?"), name: value}
            guide.ask("POST", path, body, headers=guide.key, shape={"choices": list}, said=f"{name}: {value!r}")
    assert [body.get(name) for body, (name, _) in zip(bodies, shapes.PARAMETERS, strict=True)] == [
        value for _, value in shapes.PARAMETERS
    ]
    guide.ask("POST", path, {**shapes.CHAT, "temperature": 3}, headers=guide.key, shape=CLIENT_ERROR, status=400)
    legacy = guide.ask(
        *("POST", "/v1/completions", {"model": "gpt-4o", "prompt": "Say hello."}),
        headers=guide.key,
        shape={"object": "text_completion", "choices": [{"text": str, "index": 0, "finish_reason": "stop"}]},
    )
    assert legacy["usage"]["total_tokens"] > 0
    as_chat = {"model": "gpt-4o", "messages": question("Say good evening.")}
    guide.ask("POST", "/v1/completions", as_chat, headers=guide.key, shape={"object": "chat.completion"})
    listed = guide.ask("GET", "/v1/models", headers=guide.key, shape={"object": "list", "data": [{"object": "model"}]})
    assert {"gpt-4o", "gpt-4o-mini"} <= {model["id"] for model in listed["data"]}
    guide.ask("GET", "/v1/models/{id}", headers=guide.key, shape={"id": "gpt-4o", "owned_by": "openai"}, id="gpt-4o")
    said = {"request_id": metadata["request_id"], "rating": "good"}
    guide.ask("POST", "/v1/feedback", said, headers=guide.key, shape=said)


def test_sdks_and_streaming(guide: Guide) -> None:
    guide.elsewhere("Python, curl, streaming with the SDK: test_documented_use.py")
    guide.elsewhere("LangChain, LlamaIndex, Node: tests/integrations")
    body = {"model": "gpt-4o", "messages": question("Write a poem about code."), "stream": True}
    text = guide.ask("POST", "/v1/chat/completions", body, headers=guide.key, said="raw events, then [DONE]")
    events = [line.removeprefix("data: ") for line in text.splitlines() if line]
    assert events.pop() == "[DONE]"
    chunks = [json.loads(event) for event in events]
    choices = [chunk["choices"][0] for chunk in chunks]
    assert all({"index", "delta", "finish_reason"} <= choice.keys() for choice in choices)
    assert [choice["finish_reason"] for choice in choices] == [None] * (len(choices) - 1) + ["stop"]
    assert "".join(choice["delta"].get("content") or "" for choice in choices)
    assert ["promptly_metadata" in chunk for chunk in chunks] == [False] * (len(chunks) - 1) + [True]


def test_optimization_settings(guide: Guide) -> None:
    path = "/api/optimization/settings"
    guide.ask("GET", path, shape=shapes.SETTINGS, said="the documented defaults")
    guide.ask("PUT", path, shapes.SETTINGS, shape=shapes.SETTINGS)
    for level in ("conservative", "aggressive", "off", "moderate"):
        guide.ask("PUT", path, {"level": level}, shape={**shapes.SETTINGS, "level": level}, said=level)
    toggles = [name for name, value in shapes.SETTINGS.items() if value is True]
    for name in toggles:
        guide.ask("PUT", path, {name: False}, shape={**shapes.SETTINGS, name: False}, said=f"{name}: false")
        guide.ask("PUT", path, {name: True}, shape=shapes.SETTINGS, said=f"{name}: true")
    guide.ask("PUT", path, {"level": "extreme"}, shape={"errors": [{"field": "level", "message": str}]}, status=400)
    guide.ask("PUT", path, {"levle": "off"}, shape={"errors": [{"field": "levle", "message": str}]}, status=400)


def test_smart_routing(guide: Guide) -> None:
    path = "/api/routing/config"
    guide.ask("GET", path, shape={"routing_mode": "auto", "tiers": shapes.TIERS}, said="the documented table")
    guide.ask("PUT", path, {"routing_mode": "manual"}, shape={"routing_mode": "manual"})
    wait_for(lambda: guide.chat("Who are you?", cache="off")["routed_model"] == "gpt-4o", seconds=2)
    own = {"openai": {"simple": "gpt-4.1-nano"}}
    guide.ask("PUT", path, {"routing_mode": "auto", "tiers": own}, shape={"tiers": own}, said="a tier of one's own")
    wait_for(lambda: guide.chat("Who are you?", cache="off")["routed_model"] == "gpt-4.1-nano", seconds=2)
    guide.ask("PUT", path, {"tiers": {"openai": None}}, shape={"tiers": shapes.TIERS}, said="and back")
    wait_for(lambda: guide.chat("Who are you?", cache="off")["routed_model"] == "gpt-4o-mini", seconds=2)
    easy = {"model": "gpt-4o", "messages": question("Say hi.")}
    preview = {"model": "gpt-4o-mini", "provider": "openai", "tier": "simple", "reason": "classifier"}
    guide.ask("POST", "/api/routing/preview", easy, shape=preview)
    guide.running.script(**{"gpt-4o-mini": [{"status": 500, "repeat": 2}]})
    fallen = guide.chat("Which planet is the largest?")
    assert fallen["fallback_used"] is True
    wait_for(lambda: guide.account.get("/api/requests", status="fallback")["requests"])
    entry = guide.ask("GET", "/api/requests/{id}", shape={"status": "fallback"}, id=fallen["request_id"])
    assert entry["fallback_used"] is True


def test_semantic_caching(guide: Guide) -> None:
    guide.elsewhere("the four questions about capitals: test_documented_use.py")
    stats = "/api/optimization/cache/stats"
    asked = "What is the boiling point of water?"
    assert guide.chat(asked)["cache_hit"] is False

    wait_for(lambda: guide.chat(asked)["cache_hit"])
    hit = guide.logged(guide.chat(asked)["request_id"])
    entry = guide.ask("GET", "/api/requests/{id}", shape={"status": "cached"}, id=hit)
    assert (entry["cost_usd"], entry["cache"]) == (0.0, "exact")
    counts = guide.ask("GET", stats, shape=shapes.CACHE_STATS)
    assert counts["total_entries"] == counts["exact_entries"] + counts["semantic_entries"] > 0
    cleared = guide.ask("POST", "/api/optimization/cache/clear", shape={"cleared": int})
    assert cleared["cleared"] >= counts["total_entries"]
    guide.ask("GET", stats, shape=dict.fromkeys(shapes.CACHE_STATS, 0), said="empty")


@pytest.mark.parametrize(("level", "window"), [("conservative", 20), ("moderate", 10), ("aggressive", 6), ("off", 48)])
def test_context_pruning(guide: Guide, level: str, window: int) -> None:
    system = [{"role": "system", "content": "Answer briefly."}] * 2
    turns = [
        {"role": ("user", "assistant")[i % 2], "content": f"{level}: remark {i} of our long talk."} for i in range(47)
    ]
    said = [*system, *turns, {"role": "user", "content": f"{level}: what was said last?"}]
    own = {**guide.key, "x-promptly-level": level}
    body = {"model": "gpt-4o", "messages": said}
    with guide.upstream() as bodies:
        guide.ask("POST", "/v1/chat/completions", body, headers=own, shape={"promptly_metadata": dict}, said=level)
    sent = bodies[0]["messages"]
    kept = [message["content"] for message in sent if message["role"] != "system"]
    instructions = [message["content"] for message in sent if message["role"] == "system"]
    first, *others = kept
    assert others == [message["content"] for message in said[-window + 1 :]]
    # What is left out is said in place, which the guide's table leaves open for the two milder levels.
    note = f"[{48 - window} earlier messages left out.]\n\n" if level in ("conservative", "moderate") else ""
    assert first == note + said[-window]["content"]
    # One message of instructions where there was one: the summary joins it, for some chat templates refuse a second.
    assert len(instructions) == (1 if level in ("moderate", "aggressive") else 2)
    assert all(text.startswith(system[0]["content"]) for text in instructions)
    summary = "[Earlier context pruned: 21 user and 21 assistant messages were removed to save tokens.]"
    assert any(summary in text for text in instructions) is (level == "aggressive")


def test_custom_routing_rules(guide: Guide) -> None:
    path, one = "/api/routing/rules", "/api/routing/rules/{id}"
    guide.account.connect("anthropic", "sk-your-anthropic-key", guide.running.upstream_url)
    made = [guide.ask("POST", path, rule, shape={"id": str, **rule}, status=201) for rule in reversed(shapes.RULES)]
    listed = guide.ask("GET", path, shape={"rules": [{"id": str, "name": str, "created_at": str}]})
    assert [rule["name"] for rule in listed["rules"]] == [rule["name"] for rule in shapes.RULES]
    long = "Once there was a story, and it went on and on. " * 10
    for text, rule, model in (
        ("Please debug this.", shapes.RULES[0], "gpt-4o-mini"),
        (f"{long} Now refactor it.", shapes.RULES[1], "gpt-4o"),
        (long, shapes.RULES[2], "claude-sonnet"),
    ):
        preview = {"model": model, "reason": "rule", "rule": {"name": rule["name"]}}
        asked = {"model": "gpt-4o", "messages": question(text)}
        guide.ask("POST", "/api/routing/preview", asked, shape=preview, said=rule["name"])
        found = guide.chat(text, temperature=1.5)
        assert (found["rule"], found["routed_model"]) == (rule["name"], model)
    forced = {"action": "force_tier", "action_value": "simple"}
    guide.ask("PUT", one, forced, shape=forced, id=made[0]["id"])
    wrong = {**shapes.RULES[0], "condition_value": {"operator": "near", "value": 1}}
    guide.ask("POST", path, wrong, shape={"errors": [{"field": "condition_value"}]}, status=400)
    for rule in made:
        guide.ask("DELETE", one, status=204, id=rule["id"])
    guide.ask("DELETE", one, shape=DETAIL, status=404, id=made[0]["id"])


def test_no_endpoint_of_the_reference_was_left_out(guide: Guide) -> None:
    assert guide.left_out("Proxy", "Auth", "Keys", "Optimization", "Routing") == set()
