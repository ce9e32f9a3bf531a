"""Answers about things that are there, held against the documents: chance never guesses the id of one."""

import re
from typing import Any

import httpx
import jsonschema_rs
import pytest

from tests.fixtures.running import Account, Running, wait_for

PERSON = {"email": "grace@example.com", "role": "viewer"}
RULE = {"name": "r", "condition_type": "token_count", "condition_value": {"operator": "gt", "value": 9}}
ALERT = {"name": "a", "metric": "daily_spend", "operator": "gt", "threshold": 1.0, "channels": ["webhook"]}
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]}


class Held:
    """Asks, and holds every answer to a document; answers with a body have to be described by a schema."""

    def __init__(self, running: Running, document: str, token: str) -> None:
        self.http = httpx.Client(base_url=running.url, headers={"authorization": f"Bearer {token}"}, timeout=30)
        self.described: dict[str, Any] = self.http.get(f"/docs/{document}.json").json()

    def ask(self, method: str, path: str, body: Any = None, **names: str) -> Any:
        """The answer to a successful request; `names` fill the braces in `path`."""
        answer = self.http.request(method, path.format(**names), json=body)
        assert answer.is_success, answer.text
        found = self.described["paths"][path.partition("?")[0]][method.lower()]["responses"][str(answer.status_code)]
        if not answer.content:
            assert "content" not in found
            return None
        schema = found["content"]["application/json"]["schema"]
        jsonschema_rs.validate({**schema, "components": self.described["components"]}, answer.json())
        return answer.json()


@pytest.fixture
def account(running: Running) -> Account:
    return running.account()


def test_figures_and_the_log_of_real_requests(running: Running, account: Account) -> None:
    said = Held(running, "gateway", account.api_key)
    plain = said.ask("POST", "/v1/chat/completions", CHAT)
    said.ask("POST", "/v1/completions", {"model": "gpt-4o", "prompt": ["One?", "Two?"]})
    said.ask("GET", "/v1/models/{model}", model="gpt-4o")
    account.log(2)
    made = plain["promptly_metadata"]["request_id"]
    said.ask("POST", "/v1/feedback", {"request_id": made, "rating": "good", "comment": "Fine."})
    held = Held(running, "control-plane", account.token)
    for figures in ("overview", "savings", "models", "levers"):
        assert held.ask("GET", f"/api/analytics/{figures}")
    assert len(held.ask("GET", "/api/requests?limit=1")["requests"]) == 1
    assert held.ask("GET", "/api/requests/{request_id}", request_id=made)["receipt"]["lines"] is not None


def test_what_an_organization_keeps(running: Running, account: Account) -> None:
    held = Held(running, "control-plane", account.token)
    near = f"{running.upstream_url}/v1"
    provider_key = {"provider": "openai", "api_key": "sk-another", "base_url": near}
    hook = {"channel_config": {"webhook": {"url": near}}}
    kept = (
        ("/api/keys/platform", "key_id", {"name": "k", "monthly_budget_usd": 25.0}, None),
        ("/api/keys/providers", "key_id", provider_key, {"label": "l"}),
        ("/api/routing/rules", "rule_id", {**RULE, "action": "use_model", "action_value": "gpt-4o"}, {"priority": 2}),
        ("/api/alerts/rules", "rule_id", {**ALERT, **hook}, {"threshold": 2.0}),
    )
    for path, name, body, change in kept:
        made = held.ask("POST", path, body)
        assert re.fullmatch(r"[a-z]+_[0-9a-f]{32}", made["id"])
        held.ask("GET", path)
        if change:
            held.ask("PUT", f"{path}/{{{name}}}", change, **{name: made["id"]})
        if path.endswith(("providers", "alerts/rules")):
            held.ask("POST", f"{path}/{{{name}}}/test", **{name: made["id"]})
        held.ask("DELETE", f"{path}/{{{name}}}", **{name: made["id"]})
    invited = held.ask("POST", "/api/team/invite", PERSON)
    held.ask("GET", "/api/team/invites")
    held.ask("DELETE", "/api/team/invites/{invite_id}", invite_id=invited["id"])


def test_what_an_organization_is_and_chooses(running: Running, account: Account) -> None:
    held = Held(running, "control-plane", account.token)
    for path in (
        "auth/options",
        "auth/me",
        "auth/sign-ins",
        "org",
        "team/members",
        "team/roles",
        "status",
        "optimization/settings",
        "routing/config",
    ):
        assert held.ask("GET", f"/api/{path}")
    held.ask("POST", "/api/routing/preview", CHAT)
    held.ask("GET", "/api/optimization/cache/stats")
    held.ask("POST", "/api/optimization/cache/clear")
    held.ask("PUT", "/api/optimization/settings", {"cost_quality": 0.5})
    held.ask("PUT", "/api/routing/config", {"tiers": {"openai": {"complex": "gpt-4o"}}})
    rule = held.ask("POST", "/api/routing/rules", {**RULE, "action": "force_tier", "action_value": "simple"})
    held.ask("PUT", "/api/routing/rules/order", {"rule_ids": [rule["id"]]})
    held.ask("POST", "/api/keys/platform/regenerate")
    held.ask("GET", "/api/alerts/events")
    held.ask("DELETE", "/api/org", {"name": "My Company"})


def test_levers_and_wrong_hits(running: Running, account: Account) -> None:
    held = Held(running, "control-plane", account.token)
    talk = [{"role": ("user", "assistant")[i % 2], "content": f"Remark {i}  about   a long talk."} for i in range(30)]
    body = {"model": "gpt-4o", "messages": [*talk, {"role": "user", "content": "And now?"}]}
    assert held.ask("POST", "/api/optimization/preview", body)["tokens_saved"] > 0
    said = Held(running, "gateway", account.api_key)

    def ask(question: str) -> Any:
        chat = {"model": "gpt-4o", "messages": [{"role": "user", "content": question}]}
        return said.ask("POST", "/v1/chat/completions", chat)["promptly_metadata"]

    first = ask("What's the tallest mountain of Peru?")
    wait_for(lambda: held.ask("GET", "/api/optimization/cache/stats")["semantic_entries"] == 1)
    second = ask("tallest mountain of peru?")
    assert second["cache_hit"]
    account.log(2)
    (hit,) = held.ask("GET", "/api/optimization/cache/hits")["hits"]
    assert (hit["request_id"], hit["source_request_id"]) == (second["request_id"], first["request_id"])
    assert hit["entry_id"] == second["cache_entry_id"]
    wrong = {"entry_id": hit["entry_id"], "wrong": True}
    assert held.ask("POST", "/api/optimization/cache/feedback", wrong)["evicted"]
    assert not ask("tallest mountain of peru?")["cache_hit"]
