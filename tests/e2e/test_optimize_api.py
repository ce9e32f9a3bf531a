"""The optimize API's page against everything running: account, credits, key, call, activity."""

from typing import Any

import httpx

from tests.fixtures.running import Account, Running, wait_for

PROMPT = (
    "Please note that I would like you to write a detailed Python function that calculates factorial using recursion.\n\n\n\n"
    "In order to make it clear, it is important to note that the function should raise ValueError for n < 0.   "
)


def test_the_optimize_api_s_page(running: Running) -> None:
    account = running.account()
    made = httpx.post(
        f"{running.url}/api/keys/platform",
        json={"name": "optimize", "scopes": ["optimize"]},
        headers=account.headers,
        timeout=10,
    ).json()
    assert made["api_key"].startswith("sk_live_")
    key = {"x-api-key": made["api_key"]}
    with httpx.Client(base_url=running.url, headers=key, timeout=30) as http:

        def left() -> int:
            return int(http.get("/v1/credits").json()["balance_tokens"])

        trial = left()
        assert trial == 1_000_000
        asked = {"prompt": PROMPT, "similarity_threshold": 0.85, "metadata": {"client_id": "c-7"}}
        shown: dict[str, Any] = http.post("/v1/optimize", json=asked).json()
        assert 0 < shown["compressed_tokens"] < shown["original_tokens"]
        assert shown["tokens_saved"] == shown["original_tokens"] - shown["compressed_tokens"]
        assert 0.85 <= shown["similarity_score"] <= 1
        assert "ValueError for n < 0" in shown["optimized_prompt"]
        same = http.post("/v1/optimize", json={**asked, "similarity_threshold": 1.0}).json()
        assert same["similarity_score"] == 1.0
        once = {"idempotency-key": "one"}
        first, again = (http.post("/v1/optimize", json=asked, headers=once) for _ in range(2))
        assert first.content == again.content
        # Three calls were charged: what is leased and not used comes back.
        wait_for(lambda: left() == trial - 3 * shown["original_tokens"])
        chat = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]}
        assert http.post("/v1/chat/completions", json=chat).status_code == 403
    wait_for(lambda: len(activity(account)) == 3)
    newest = activity(account)[0]
    assert (newest["kind"], newest["cache"], newest["charged_tokens"]) == (
        "optimize",
        "exact",
        shown["original_tokens"],
    )
    assert newest["tags"] == {"client_id": "c-7"}
    assert newest["optimized_tokens"] == shown["compressed_tokens"]
    wait_for(lambda: account.get("/api/billing/credits")["balance_tokens"] == trial - 3 * shown["original_tokens"])


def activity(account: Account) -> list[dict[str, Any]]:
    """The optimize calls of the request log."""
    found: list[dict[str, Any]] = account.get("/api/requests", kind="optimize")["requests"]
    return found
