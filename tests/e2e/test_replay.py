"""Captured requests under other settings: what is predicted is what really sending them comes to."""

from typing import Any

import httpx
import pytest

from tests.fixtures.running import Account, Running, wait_for

OFF = {"level": "off", "cache_enabled": False, "routing_mode": "manual", "prefix_caching": False}
ON = {"level": "moderate", "cache_enabled": True, "routing_mode": "manual", "prefix_caching": False}
LOOSE = "You keep  the harbour's book.\n\n\n\nEvery ship   has a berth.   \n\n\n\nSay which."
QUESTIONS = [f"Which ship lies at   berth {number}?\n\n\n\nBe brief." for number in range(6)]
SAID = [*QUESTIONS, *QUESTIONS[:3], QUESTIONS[0]]


def ask_all(account: Account) -> None:
    with account.client() as client:
        for question in SAID:
            messages: Any = [{"role": "system", "content": LOOSE}, {"role": "user", "content": question}]
            client.chat.completions.create(model="gpt-4o", messages=messages)


def replay(account: Account, **body: Any) -> dict[str, Any]:
    url = f"{account.running.url}/api/replay"
    answer = httpx.post(url, json=body, headers=account.headers, timeout=35)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def captured(account: Account) -> int:
    return int(account.get("/api/captures")["total"])


def spent(account: Account, entries: list[dict[str, Any]]) -> float:
    return float(sum(entry["cost_usd"] for entry in entries))


@pytest.mark.timeout(120)
def test_a_prediction_is_what_really_sending_them_costs(running: Running) -> None:
    account = running.account()
    account.put("/api/optimization/settings", **OFF, capture="all")
    ask_all(account)
    first = account.log(len(SAID))
    wait_for(lambda: captured(account) == len(SAID))
    called = len(running.ledger())
    same, other = replay(account), replay(account, settings=ON)
    assert len(running.ledger()) == called, "no provider is called"
    assert account.get("/api/optimization/cache/stats")["total_entries"] == 0
    assert same["label"] == other["label"] == "predicted"
    for found in (same, other):
        assert (found["captured"], found["replayed"], found["refused"]) == (len(SAID), len(SAID), {})
        assert found["as_asked_usd"] == pytest.approx(spent(account, first), abs=1e-9)
        assert found["actual_usd"] == pytest.approx(spent(account, first), abs=1e-9)
        saved = sum(lever["savings_usd"] for lever in found["levers"])
        assert saved == pytest.approx(found["as_asked_usd"] - found["predicted_usd"], abs=1e-9)
    assert (same["predicted_usd"], same["changed_share"], same["examples"]) == (same["actual_usd"], 0.0, [])
    assert other["exact_hits"] == len(SAID) - len(QUESTIONS)
    assert other["predicted_usd"] < other["actual_usd"]
    assert 0 < len(other["examples"]) <= 20
    cut = next(example for example in other["examples"] if example["cache"] is None)
    ops = [piece["op"] for message in cut["diff"] for piece in message["text"]]
    assert "removed" in ops
    assert cut["tokens_after"] < cut["tokens_before"]

    account.put("/api/optimization/settings", **ON, capture="none")
    ask_all(account)
    entries = account.log(2 * len(SAID))
    really = [entry for entry in entries if entry["id"] not in {one["id"] for one in first}]
    assert other["predicted_usd"] == pytest.approx(spent(account, really), abs=1e-9)
    assert captured(account) == len(SAID)
    assert replay(account, limit=4)["replayed"] == 4


@pytest.mark.timeout(60)
def test_who_is_removed_takes_their_requests_along(running: Running) -> None:
    account = running.account()
    account.put("/api/optimization/settings", **OFF, capture="all")
    ask_all(account)
    wait_for(lambda: captured(account) == len(SAID))
    one = account.get("/api/captures", limit=1)["captures"][0]
    read = account.get(f"/api/captures/{one['id']}")
    assert read["body"]["messages"][0]["content"] == LOOSE
    erased = httpx.delete(f"{running.url}/api/captures/{one['id']}", headers=account.headers, timeout=10)
    assert erased.json() == {"erased": 1}
    assert httpx.get(f"{running.url}/api/captures/{one['id']}", headers=account.headers, timeout=10).status_code == 404
    org = {"name": "My Company"}
    gone = httpx.request("DELETE", f"{running.url}/api/org", json=org, headers=account.headers, timeout=10)
    assert gone.status_code == 204
    assert "harbour's book" not in running.log
