"""`promptly replay FILE`: what Promptly would have made of requests that were sent before. No provider is called.

The requests go through a whole Promptly of their own, to a played provider that answers as was answered before and bills by the
providers' price lists. So the figures are what the receipts add up to, and the played provider's books check them.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil

from deploy.local import replay_file
from deploy.local.console import Console
from deploy.local.demo_account import register
from deploy.local.replay_file import Line
from libs.common.ids import uuid7
from libs.common.money import NANO
from tests.fake_provider.recorded import key

_OTHERS = ("anthropic", "google")
_AT_ONCE = 8
_ANSWERS = 500
_RECORDED_SECONDS = 60.0
_RPM = 100_000


async def run(url: str, upstream_url: str, console: Console, file: Path) -> bool:
    """The whole replay; whether the receipts are what the played provider has billed."""
    async with (
        httpx.AsyncClient(base_url=url, timeout=120, trust_env=False) as api,
        httpx.AsyncClient(base_url=upstream_url, timeout=60, trust_env=False) as upstream,
    ):
        headers, api_key = await _account(api, upstream_url)
        await upstream.delete("/_control/ledger")
        console.say(f"Replaying {file.name} …")
        began = time.monotonic()
        sent = await _send_all(api, upstream, api_key, file)
        took = time.monotonic() - began
        answered = sum(sent.statuses[status] for status in sent.statuses if status < 400)
        overview = await _recorded(api, headers, answered)
        levers = (await api.get("/api/analytics/levers", headers=headers)).json()
        models = (await api.get("/api/analytics/models", headers=headers)).json()
        ledger = (await upstream.get("/_control/ledger")).json()
        return report(console, sent, overview, levers, models, ledger, took)


class Sent:
    """What became of the lines: how many answers of each status, why others were not sent, and what refusals said."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.unread: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()


async def _account(api: httpx.AsyncClient, upstream_url: str) -> tuple[dict[str, str], str]:
    made = await register(api, upstream_url, f"replay-{uuid7().hex[:12]}@example.com", uuid7().hex)
    headers = {"authorization": f"Bearer {made['token']}"}
    for provider in _OTHERS:
        key_of = {"provider": provider, "api_key": f"sk-replay-{provider}", "base_url": upstream_url}
        (await api.post("/api/keys/providers", json=key_of, headers=headers)).raise_for_status()
    own = {"name": "replay", "scopes": ["chat"], "rpm": _RPM}
    answer = await api.post("/api/keys/platform", json=own, headers=headers)
    answer.raise_for_status()
    return headers, answer.json()["api_key"]


async def _send_all(api: httpx.AsyncClient, upstream: httpx.AsyncClient, api_key: str, file: Path) -> Sent:
    """Line by line, a few at a time, so that the file is never in memory as a whole."""
    sent = Sent()
    async for batch in _batches(file):
        answers = {
            key(_last(line)): {"content": line.content, "completion_tokens": line.completion_tokens}
            for line in batch
            if line.why is None and (line.content or line.completion_tokens is not None)
        }
        (await upstream.post("/_control/answers", json=answers)).raise_for_status()
        waiting = iter(batch)
        await asyncio.gather(*(_send_each(api, api_key, waiting, sent) for _ in range(_AT_ONCE)))
    return sent


async def _batches(file: Path) -> AsyncIterator[Sequence[Line]]:
    batch: list[Line] = []
    for line in replay_file.read(file):
        batch.append(line)
        if len(batch) == _ANSWERS:
            yield batch
            batch = []
    if batch:
        yield batch


async def _send_each(api: httpx.AsyncClient, api_key: str, lines: Any, sent: Sent) -> None:
    for line in lines:
        if line.why is not None:
            sent.unread[line.why] += 1
            continue
        answer = await api.post(line.path, json=line.body, headers={"authorization": f"Bearer {api_key}"})
        sent.statuses[answer.status_code] += 1
        if answer.is_error:
            sent.refused[_said(answer)] += 1


def _last(line: Line) -> Any:
    asked = line.body.get("messages") or line.body.get("input")
    last = asked[-1] if isinstance(asked, list) and asked else asked
    return last.get("content") if isinstance(last, dict) else last


def _said(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])[:120]
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"


async def _recorded(api: httpx.AsyncClient, headers: dict[str, str], count: int) -> dict[str, Any]:
    """The overview, once the last request has been counted."""
    async with asyncio.timeout(_RECORDED_SECONDS):
        while True:
            answer = await api.get("/api/analytics/overview", headers=headers)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            if found["requests"]["total"] >= count:
                return found
            await asyncio.sleep(0.2)


def report(
    console: Console,
    sent: Sent,
    overview: dict[str, Any],
    levers: Any,
    models: Any,
    ledger: Sequence[dict[str, Any]],
    took: float,
) -> bool:
    """Print what was found; whether both sides' books agree."""
    say, requests, cache = console.say, overview["requests"], overview["cache"]
    billed = sum(entry.get("nano_usd") or 0 for entry in ledger)
    before, after = overview["baseline_cost_usd"], overview["cost_usd"]
    say()
    say("  predicted, from your own requests; the answers are the recorded ones, or made up where none is recorded")
    say(f"  requests            {requests['total']:,} answered, {sum(sent.refused.values()):,} refused")
    say(f"  lines not read      {sum(sent.unread.values()):,}")
    for why, count in (*sent.unread.most_common(3), *sent.refused.most_common(3)):
        say(f"                      {count:,} × {why}")
    say(f"  cache               {cache['exact_hits']:,} exact hits, {cache['semantic_hits']:,} semantic hits")
    say(f"  as asked            ${before:,.6f}")
    say(f"  through Promptly    ${after:,.6f}")
    say(f"  predicted saving    ${before - after:,.6f}, {100 * (before - after) / before if before else 0:.1f} %")
    for lever in levers["levers"]:
        say(f"    {lever['lever']:<18}${lever['savings_usd']:,.6f}")
    say(f"  models              {', '.join(_model(model) for model in models['models'])}")
    memory = sum(one.memory_info().rss for one in psutil.Process().children(recursive=True)) / 2**20
    say(
        f"  took                {took:.0f} s, {sum(sent.statuses.values()) / took if took else 0:,.0f} requests a second, {memory:,.0f} MiB"
    )
    say(f"  the played provider billed ${billed / NANO:,.6f}")
    return bool(abs(billed - round(after * NANO)) <= 1)


def _model(model: dict[str, Any]) -> str:
    return f"{model['model']} × {model['requests']:,}"
