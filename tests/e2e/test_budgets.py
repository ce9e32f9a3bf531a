"""A team and budgets from the control plane to the refusal, the page's figures and the admins' event, with every service running."""

from typing import Any

import httpx
import openai
import pytest

from tests.fixtures.running import Account, Running, wait_for


def made(account: Account, path: str, method: str = "POST", **body: Any) -> dict[str, Any]:
    answer = httpx.request(method, f"{account.running.url}{path}", json=body, headers=account.headers, timeout=20)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.timeout(120)
def test_a_team_and_its_users_are_held_to_their_budgets(running: Running) -> None:
    account = running.account()
    account.put("/api/optimization/settings", level="off", cache_enabled=False, routing_mode="manual")
    team = made(account, "/api/teams", name="Search")
    key = account.get("/api/keys/platform")["keys"][0]
    made(account, f"/api/keys/platform/{key['id']}", "PATCH", team="Search")
    made(account, "/api/budgets", name="Team", subject="team", value="Search", period="month", limit_usd=1)
    each = made(account, "/api/budgets", name="Each user", subject="user", period="day", limit_usd=0.0101)

    def ask(user: str) -> None:
        with account.client() as client:
            said: Any = [{"role": "user", "content": "Name a harbour."}]
            client.chat.completions.create(model="gpt-4o", messages=said, max_tokens=1000, user=user)

    def refused(user: str) -> str:
        try:
            ask(user)
        except openai.APIStatusError as error:
            return error.code or ""
        return ""

    ask("ann")
    wait_for(lambda: refused("ann") == "budget_exceeded")
    ask("bob")
    wait_for(lambda: any(entry["user"] == "bob" for entry in account.log(1)))
    entries = [entry for entry in account.log(3) if entry["status"] == "success"]
    assert {entry["team_id"] for entry in entries} == {team["id"]}
    spent = sum(entry["cost_usd"] for entry in entries)
    whole, users = account.get("/api/budgets")["budgets"]
    assert (whole["spent_usd"], users["id"]) == (pytest.approx(spent, abs=1e-9), each["id"])
    assert {one["value"] for one in users["values"]} == {"ann", "bob"}
    [row] = account.get("/api/analytics/breakdown", by="team")["rows"]
    assert (row["team_name"], row["use"]["cost_usd"]) == ("Search", pytest.approx(spent, abs=1e-9))
    wait_for(lambda: account.get("/api/alerts/events")["events"])
    [event] = account.get("/api/alerts/events")["events"]
    assert (event["metric"], event["rule_name"]) == ("budget", "Budget: Each user")
