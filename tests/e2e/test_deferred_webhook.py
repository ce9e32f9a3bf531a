"""A request that waits for a batch, on a running Promptly: its answer comes, and the webhook that it names is told, once it answers."""

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.fixtures.deferred import WAITS
from tests.fixtures.running import Account, Running, wait_for
from tests.integration.alerts.receivers import Post, Receiver, receiver


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a loop of its own, for tests that have none."""
    ready, found, stop = threading.Event(), list[Receiver](), list[Any]()

    async def serve() -> None:
        async with receiver() as one:
            over = asyncio.Event()
            stop.append((asyncio.get_running_loop(), over))
            found.append(one)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield found[0]
    finally:
        [(loop, over)] = stop
        loop.call_soon_threadsafe(over.set)
        thread.join(10)


def call(account: Account, method: str, path: str, **body: Any) -> httpx.Response:
    url = f"{account.running.url}{path}"
    return httpx.request(method, url, json=body or None, headers=account.headers, timeout=20)


def ask(account: Account, name: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {account.api_key}", **WAITS, "x-promptly-webhook": name}
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Name a harbour."}]}
    return httpx.post(f"{account.running.url}/v1/chat/completions", json=body, headers=headers, timeout=20)


def is_signed(post: Post, secret: str) -> bool:
    fields = dict(part.split("=", 1) for part in post.headers["x-promptly-signature"].split(","))
    expected = hmac.new(secret.encode(), fields["t"].encode() + b"." + post.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(fields["v1"], expected)


@pytest.mark.timeout(180)
def test_whoever_waits_is_told_after_a_500_and_nobody_else(running: Running) -> None:
    account = running.account()
    account.put("/api/optimization/settings", level="off", cache_enabled=False, routing_mode="manual")
    for forbidden in (
        "http://169.254.169.254/latest",
        "https://10.0.0.7/hook",
        "https://[::1]/hook",
        "ftp://127.0.0.1/",
    ):
        assert call(account, "POST", "/api/webhooks", name="inside", url=forbidden).status_code == 400
    running.batches(looks=1)
    with receiving() as told:
        added = call(
            account, "POST", "/api/webhooks", name="night-jobs", url=f"http://127.0.0.1:{told.port}/done"
        ).json()
        assert ask(account, "night-jobs").json()["error"]["code"] == "webhook_not_verified"
        told.secret = added["secret"]
        assert call(account, "POST", f"/api/webhooks/{added['id']}/verify").json()["verified_at"]
        told.posts.clear()
        told.answers[:] = [500]
        accepted = ask(account, "night-jobs")
        assert accepted.status_code == 202, accepted.text
        wait_for(lambda: len(told.posts) == 2, 60)
        status_url = f"{running.url}{accepted.headers['location']}"
        answer = httpx.get(status_url, headers={"authorization": f"Bearer {account.api_key}"}, timeout=20)
        assert answer.status_code == 200
        assert answer.json()["choices"][0]["message"]["content"]
        for post in told.posts:
            assert is_signed(post, added["secret"])
            assert b"harbour" not in post.body
        assert len({post.headers["x-promptly-id"] for post in told.posts}) == 1
        note = json.loads(told.posts[-1].body)
        assert (note["type"], note["data"]["id"]) == ("deferred.completed", accepted.json()["id"])
        wait_for(lambda: account.get("/api/webhooks")["webhooks"][0]["delivered_at"])
        [shown] = account.get("/api/webhooks")["webhooks"]
        assert (shown["waiting"], shown["failed"], shown["last_error"], shown["secret"]) == (0, 0, None, None)
    entry = next(one for one in account.log(2) if one["id"] == note["data"]["id"])
    assert (entry["service_tier"], entry["status"]) == ("batch", "success")
    assert {line["lever"] for line in entry["optimizations"]} == {"deferral"}
    assert call(account, "DELETE", f"/api/webhooks/{added['id']}").status_code == 204
    assert call(account, "DELETE", f"/api/webhooks/{added['id']}").status_code == 404
    assert ask(account, "night-jobs").json()["error"]["code"] == "webhook_not_found"
    entries = [one for one in account.get("/api/audit-log")["entries"] if one["action"].startswith("webhook_")]
    assert [one["action"] for one in entries] == ["webhook_removed", "webhook_verified", "webhook_added"]
    assert entries[2]["after"] == {"id": added["id"], "name": "night-jobs", "url": added["url"]}
    assert added["secret"] not in json.dumps(entries)
