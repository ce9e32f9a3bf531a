"""Agents with tools that write: who gets the writing calls, and what the provider bills, under four rules.

tau-bench's airline conversations are gone through call by call, as they were sent. An assistant's message is an answer, all
before it the request. With a prefix cache a model finds again what itself was sent, or answered, earlier in the conversation.
"""

import asyncio
import gzip
import json
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from libs.common import conversation
from libs.common.catalog import Catalog, Model
from libs.common.contracts.router import RouteRequest, UserTurn
from libs.common.tokens import count_text
from services.router.pipeline import Router

REQUESTED = "claude-opus"
_LEAST_KEPT = 1_024
_A_CALL, _A_DEFINITION = 12, 90  # tokens around a call's arguments, and of a tool's definition (the data has none)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A message as far as it is read here."""

    role: str
    texts: tuple[str, ...]
    tool_calls: list[dict[str, Any]] = []


class Bill(msgspec.Struct, kw_only=True):
    """What a rule cost, in dollars, without and with a prefix cache; calls, and where the writing ones went."""

    plain: Decimal = Decimal(0)
    cached: Decimal = Decimal(0)
    calls: int = 0
    moved: int = 0
    writes: int = 0
    writes_moved: int = 0
    changes: int = 0


Chosen = Callable[[Sequence[Said]], str]


def conversations(data: Path) -> list[list[Said]]:
    """tau-bench's airline agent; none where the data is absent."""
    found = sorted(data.rglob("tau_airline*.json.gz")) or sorted(data.parent.rglob("tau_airline*.json.gz"))
    if not found:
        return []
    with gzip.open(found[0]) as file:
        rows = json.load(file)
    return [
        [
            Said(
                role=m["role"], texts=(m["content"],) if m.get("content") else (), tool_calls=m.get("tool_calls") or []
            )
            for m in row["traj"]
        ]
        for row in rows
    ]


def tools(talks: Sequence[Sequence[Said]]) -> list[dict[str, Any]]:
    """The tools that were called anywhere, as they would be declared."""
    names = {call["function"]["name"] for talk in talks for said in talk for call in said.tool_calls}
    return [{"type": "function", "function": {"name": name}} for name in sorted(names)]


def rules(router: Router, declared: Sequence[dict[str, Any]]) -> dict[str, Chosen]:
    """The four rules: each names the model for the next answer of a conversation."""
    reach: dict[str, tuple[str, ...]] = {"anthropic": ()}

    def ask(request: RouteRequest) -> str:
        return asyncio.run(router.route(request)).model

    def turns(said: Sequence[Said]) -> tuple[UserTurn, ...]:
        return conversation.user_turns(said, 4 * _A_DEFINITION * len(declared))

    def newest(said: Sequence[Said]) -> str:
        text = next("\n".join(one.texts) for one in reversed(said) if one.role == "user")
        return ask(RouteRequest(requested_model=REQUESTED, prompt=text, reachable=reach))

    def first(said: Sequence[Said]) -> str:
        text = turns(said)[0].text
        return ask(RouteRequest(requested_model=REQUESTED, prompt=text, reachable=reach))

    def ours(said: Sequence[Said], *, writes: bool = conversation.writes(declared)) -> str:
        found = turns(said)
        asked = RouteRequest(
            requested_model=REQUESTED,
            prompt=found[-1].text,
            reachable=reach,
            conversation=found,
            system=conversation.system_text(said),
            writes=writes,
            prefix_marked=True,
        )
        return ask(asked)

    return {
        "as asked, never routed": lambda said: REQUESTED,
        "newest turn decides (before)": newest,
        "first turn decides": first,
        "ours, if no tool wrote": lambda said: ours(said, writes=False),
        "ours": ours,
    }


def bill(talks: Sequence[Sequence[Said]], chosen: Chosen, catalog: Catalog, today: date, definitions: int) -> Bill:
    """Go through all of them under one rule."""
    total = Bill()
    for talk in talks:
        sizes = [_size(said) for said in talk]
        seen: dict[str, int] = {}
        before, answered_by, pinned = definitions * _A_DEFINITION, "", False
        for at, said in enumerate(talk):
            if said.role == "assistant" and any(one.role == "user" for one in talk[:at]):
                name = answered_by if pinned else chosen(talk[:at])
                model = catalog.find(name)
                assert model is not None  # the catalogue's own names
                writing = [call for call in said.tool_calls if conversation.writes([call])]
                moved = not pinned and answered_by not in ("", name)
                _add(total, model, today, before, sizes[at], seen.get(name, 0))
                total.calls += 1
                total.changes += moved
                total.moved += name != REQUESTED
                total.writes += len(writing)
                total.writes_moved += len(writing) * (name != REQUESTED)
                seen[name], answered_by = before + sizes[at], name
            # Results of a tool go back to the model that called it, under every rule.
            pinned = said.role == "tool" or (pinned and said.role != "user")
            before += sizes[at]
    return total


def _add(total: Bill, model: Model, today: date, size: int, output: int, seen: int) -> None:
    row = model.price(today)
    assert row is not None  # so are its prices
    kept = min(seen, size) if seen >= _LEAST_KEPT else 0
    fresh = row.cache_write_5m or row.input
    answer = output * row.output
    total.plain += (size * row.input + answer) / 1_000_000
    total.cached += (kept * (row.cache_read or row.input) + (size - kept) * fresh + answer) / 1_000_000


def _size(said: Said) -> int:
    texts = sum(count_text("gpt-4o", text) for text in said.texts)
    return texts + sum(count_text("gpt-4o", call["function"]["arguments"]) + _A_CALL for call in said.tool_calls)
