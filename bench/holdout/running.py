"""`make bench-guard`: a lever that harms, on a running Promptly: what the page says of it, and what the guard does.

The played provider's smaller model, which the router takes for simple questions, gives long answers, and the played people ask more
often again after one of its answers than after one of the model that they named.
"""

import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from libs.common.embedding.setup import prepare
from tests.fixtures.running import ALERTING, ROOT, Account, Running, start, stop, wait_for

CONVERSATIONS = 2_000
SEED = 20_261_129
SHARE = 0.2
# How often people ask again: after an answer of the smaller model, and after one of the model that they named.
AGAIN = {True: 0.14, False: 0.02}
SMALLER = "gpt-4o-mini"
LONG = "It depends on what matters most here, so start with the simple case and keep what works. " * 30
_THINGS = "a harbour/a lighthouse/an anchor/a sextant/a keel/a rudder/a mast/a sail/a compass/a buoy".split("/")
_AT_ONCE = 8


async def converse(client: httpx.AsyncClient, chance: random.Random, number: int) -> int:
    """One conversation: a simple question, perhaps asked again. How many requests it took."""
    said = f"What is {chance.choice(_THINGS)} called in language number {number}?"
    body: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": said}]}
    answer = await client.post("/v1/chat/completions", json=body)
    answer.raise_for_status()
    if chance.random() >= AGAIN[answer.headers["x-promptly-model"].startswith(SMALLER)]:
        return 1
    (await client.post("/v1/chat/completions", json=body)).raise_for_status()
    return 2


async def talk(account: Account) -> int:
    """All conversations, a few at a time; how many requests they took."""
    numbers, chance, sent = iter(range(CONVERSATIONS)), random.Random(SEED), 0  # a repeatable simulation
    headers = {"authorization": f"Bearer {account.api_key}"}
    async with httpx.AsyncClient(base_url=account.running.url, headers=headers, timeout=60, trust_env=False) as client:

        async def people() -> None:
            nonlocal sent
            for number in numbers:
                asked = await converse(client, chance, number)
                sent += asked

        await asyncio.gather(*(people() for _ in range(_AT_ONCE)))
    return sent


def prepared(running: Running) -> Account:
    """An organization with a holdout, a router, and a key without a limit that matters here."""
    account = running.account()
    account.put("/api/optimization/settings", cache_enabled=False, routing_mode="auto")
    account.put("/api/experiments/holdout", share=SHARE)
    own = {"name": "many", "scopes": ["chat"], "rpm": 100_000}
    made = httpx.post(f"{running.url}/api/keys/platform", json=own, headers=account.headers, timeout=10)
    made.raise_for_status()
    account.api_key = made.json()["api_key"]
    running.script(**{SMALLER: [{"content": LONG, "repeat": 2 * CONVERSATIONS}]})
    return account


def report(account: Account) -> bool:
    """Print what an admin sees; whether the guard found the lever."""
    found = account.get("/api/experiments/holdout/results")
    measured, estimated = found["measured"], found["estimated"]
    print(
        f"measured {measured['value']:.0%} ({measured['low']:.0%} to {measured['high']:.0%}), estimated {estimated:.0%};"
        f" {found['conversations_control']:,} of {found['conversations_treated'] + found['conversations_control']:,}"
        " conversations held out"
    )
    for one in found["quality"]:
        limits = one["difference"]
        print(
            f"  {one['name']}: {one['treated']:.3f} with levers, {one['control']:.3f} without, difference {limits['low']:+.3f}"
            f" to {limits['high']:+.3f}{', harmful' if one['harmful'] else ''}"
        )
    steps = [one for one in account.get("/api/audit-log")["entries"] if one["actor"] == "guard"]
    for step in steps:
        print(f"audit log: {step['action']} {step['before']} -> {step['after']}. {step['reason']}")
    for event in account.get("/api/alerts/events")["events"]:
        print(f"alert: {event['rule_name']}: {event['message']}")
    settings = account.get("/api/optimization/settings")
    print(f"routing is {settings['routing_mode']} now")
    return len(steps) == 1 and settings["routing_mode"] == "manual"


def main() -> int:
    """1 where the guard did not switch the lever off, or the provider's books differ from the log."""
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        running = start(Path(home), prepare(ROOT / "var" / "model"), PROMPTLY_GUARD_SECONDS="2", **ALERTING)
        try:
            account, begun = prepared(running), time.monotonic()
            sent = asyncio.run(talk(account))
            wait_for(lambda: account.get("/api/analytics/overview")["requests"]["total"] == sent, 60)
            print(
                f"{CONVERSATIONS:,} conversations, {sent:,} requests in {time.monotonic() - begun:.0f} s, seed {SEED}"
            )
            wait_for(lambda: account.get("/api/alerts/events")["events"], 60)
            return int(not report(account))
        finally:
            stop(running.process)


if __name__ == "__main__":
    sys.exit(main())
