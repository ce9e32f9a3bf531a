"""The rows of the table: what each one sends, under which settings, and how one can tell that it did what it says."""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec

from deploy.local.demo_account import register
from libs.common.ids import uuid7

MODEL, CLAUDE, EMBEDDING = "gpt-4o", "claude-haiku-4-5", "text-embedding-3-small"
_OFF: dict[str, Any] = {"level": "off", "cache_enabled": False, "routing_mode": "manual"}
_ALL: dict[str, Any] = {"level": "aggressive", "cache_enabled": True, "routing_mode": "auto", "extraction": True}

# Some 150 tokens of the kind that applications put before every question.
_SYSTEM = (
    "You are a helpful assistant of an online shop for garden tools.  Please make sure that you answer briefly and "
    "precisely.  In order to be of help, keep in mind the fact that customers are not experts.\n\n\n"
    "It is important to note that prices are in euros, that delivery takes 3 days, and that returns are free for 30 days."
)
_ASKED = (
    "How do I sharpen the blade of a hand mower at home without taking the whole machine apart, which tools do I need "
    "for the job, and how often should the work be repeated during a normal summer with a small lawn and a dry month or "
    "two in the middle?"
)
_SAME_FORM = f"Hello!  {_ASKED}  Thanks!"
_NEAR = _ASKED.replace("How do I", "How can I", 1)
_NUMBERED = f"{_ASKED} My order has the number @0000000000"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`settings` are the organization's (None: straight to the upstream); `asked` is the question (None: another one each
    time); `stored` is asked once before, so that the cache knows it. `proof` is text that an answer holds if it went the
    row's way. `api` is the path after `/v1/`.
    """

    name: str
    settings: dict[str, Any] | None = None
    asked: str | None = _ASKED
    stored: str | None = None
    stream: bool = False
    headers: tuple[str, ...] = ()
    proof: str = ""
    api: str = "chat/completions"


_THROUGH = '"cache_hit":false'
ROWS = (
    Row(name="upstream direct"),
    Row(name="upstream direct, SSE", stream=True, proof="data: [DONE]"),
    Row(name="passthrough", settings=_OFF, proof=_THROUGH),
    Row(name="passthrough, SSE", settings=_OFF, stream=True, proof=_THROUGH),
    # What Claude Code, Codex and programs that search send: nothing of these is decoded that is not needed.
    Row(name="Messages, raw", settings=_OFF, api="messages", proof='"id":"msg_bench'),
    Row(name="Messages, raw, SSE", settings=_OFF, api="messages", stream=True, proof="event: message_stop"),
    Row(name="Responses, raw", settings=_OFF, api="responses", proof='"status":"completed"'),
    Row(name="Responses, raw, SSE", settings=_OFF, api="responses", stream=True, proof="event: response.completed"),
    Row(name="embeddings", settings=_OFF, asked=None, api="embeddings", proof='"prompt_tokens":52'),
    Row(name="full pipeline, miss", settings=_ALL, asked=None, proof='"degraded":[]'),
    Row(
        name="… with a vetoed neighbour",
        settings=_ALL,
        asked=_NUMBERED,
        stored=_NUMBERED,
        headers=("x-promptly-cache: no-store",),
        proof='"degraded":[]',
    ),
    Row(name="exact hit", settings=_ALL, stored=_ASKED, proof='"cache_similarity":1.0'),
    Row(name="semantic hit, same form", settings=_ALL, asked=_SAME_FORM, stored=_ASKED, proof='"cache_hit":true'),
    Row(name="semantic hit, MiniLM", settings=_ALL, asked=_NEAR, stored=_ASKED, proof='"cache_hit":true'),
)


def body(question: str, *, stream: bool = False, api: str = "chat/completions") -> bytes:
    """A request of some 700 bytes (for a vector: the question alone), on one line."""
    turns = [{"role": "user", "content": question}]
    more: dict[str, Any]
    if api == "messages":
        more = {"model": CLAUDE, "system": _SYSTEM, "messages": turns, "max_tokens": 500}
    elif api == "responses":
        more = {"model": MODEL, "instructions": _SYSTEM, "input": turns, "max_output_tokens": 500, "store": False}
    elif api == "embeddings":
        return json.dumps({"model": EMBEDDING, "input": question, "encoding_format": "base64"}).encode()
    else:
        more = {"model": MODEL, "messages": [{"role": "system", "content": _SYSTEM}, *turns], "max_tokens": 500}
    return json.dumps({**more, "temperature": 0.7, "stream": stream}).encode()


def distinct_questions(vocabulary: Sequence[str], count: int, seed: int = 1) -> Iterator[str]:
    """Questions of about 50 tokens with nothing in common; each carries the mark that the request's number replaces."""
    dice = random.Random(seed)
    for _ in range(count):
        yield f"{' '.join(dice.sample(vocabulary, 22))}? @0000000000"


def vocabulary(model: Path) -> list[str]:
    """The whole words that the embedding model knows: so many that two random handfuls of them are never near."""
    entries = (model / "vocab.txt").read_text().splitlines()
    return [entry for entry in entries if len(entry) > 4 and entry.isascii() and entry.isalpha()]


def bodies(row: Row, model: Path, count: int) -> bytes:
    """The file that the load generator reads: one body, or `count` that differ."""
    questions = distinct_questions(vocabulary(model), count) if row.asked is None else (row.asked,)
    return b"".join(body(question, stream=row.stream, api=row.api) + b"\n" for question in questions)


async def api_key_for(row: Row, gateway: str, upstream: str) -> str:
    """Register an organization with the row's settings and the upstream as its provider, and fill the cache."""
    async with httpx.AsyncClient(base_url=gateway, timeout=30, trust_env=False) as api:
        account = await register(api, upstream, f"bench-{uuid7().hex[:12]}@example.com", uuid7().hex)
        headers = {"authorization": f"Bearer {account['token']}"}
        if row.api == "messages":
            key = {"provider": "anthropic", "api_key": "sk-ant-bench-0001", "base_url": upstream}
            (await api.post("/api/keys/providers", json=key, headers=headers)).raise_for_status()
        changed = await api.put("/api/optimization/settings", json=row.settings, headers=headers)
        changed.raise_for_status()
        wanted = {"name": "bench", "scopes": ["chat"], "rpm": 1_000_000}
        made = await api.post("/api/keys/platform", json=wanted, headers=headers)
        made.raise_for_status()
        api_key: str = made.json()["api_key"]
        if row.stored is not None:
            authorization = {"authorization": f"Bearer {api_key}", "content-type": "application/json"}
            answer = await api.post("/v1/chat/completions", content=body(row.stored), headers=authorization)
            answer.raise_for_status()
    return api_key
