"""Calls of the optimizer as the gateway makes them, and what their answers show."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

import msgspec

from bench.optimizer.data import Messages
from libs.common.contracts.auth import Level, OptimizationSettings
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest
from services.optimizer.domain.invariants import preserves
from services.optimizer.domain.spans import quoted
from services.optimizer.pipeline import Optimizer

LEVELS: tuple[Level, ...] = ("conservative", "moderate", "aggressive")
MODEL = "gpt-4o"
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}")


def ask(
    optimizer: Optimizer,
    messages: Messages,
    level: Level,
    *,
    keep_cut: int | None = None,
    warm: int = 0,
    share: float = 1.0,
    tools: bool | None = None,
    explain: bool = False,
    **settings: Any,
) -> OptimizeReply:
    """One call, cold unless told otherwise. A request whose messages call tools declares some, unless told otherwise."""
    return optimizer.answer(
        OptimizeRequest(
            model=MODEL,
            messages=msgspec.Raw(msgspec.json.encode(messages)),
            settings=OptimizationSettings(level=level, **settings),
            keep_cut=keep_cut,
            warm_tokens=warm,
            cached_price_share=share,
            tools=uses_tools(messages) if tools is None else tools,
            explain=explain,
        )
    )


def uses_tools(messages: Messages) -> bool:
    """Whether a message calls a tool or answers such a call."""
    return any(message.get("tool_calls") or message["role"] == "tool" for message in messages)


def sent(messages: Messages, reply: OptimizeReply) -> Messages:
    """The messages that go to the provider."""
    return json.loads(bytes(reply.messages)) if reply.changed else messages


def calls(conversation: Messages) -> Iterator[tuple[Messages, dict[str, Any]]]:
    """Every request of a conversation, and the answer that it got."""
    for at, answer in enumerate(conversation):
        if answer["role"] == "assistant" and at > 0:
            yield conversation[:at], answer


def loses(before: str, after: str) -> bool:
    """Whether a number, negation, protected part or name in mid-sentence is gone."""
    return not preserves(before, after, quoted(before)) or bool(
        Counter(_NAME.findall(before)) - Counter(re.findall(r"[A-Z][a-z]{2,}", after))
    )


def saving(replies: Sequence[OptimizeReply], beside: int = 0) -> float:
    """The share of all tokens that was saved, in percent, where so many more go with each request."""
    before = sum(reply.original_tokens + beside for reply in replies)
    return 100 * (1 - sum(reply.optimized_tokens + beside for reply in replies) / before)


def spread(shares: Sequence[float]) -> tuple[float, float]:
    """Median and 90th percentile."""
    ordered = sorted(shares)
    return median(ordered), ordered[min(int(len(ordered) * 0.9), len(ordered) - 1)]


def by_lever(replies: Sequence[OptimizeReply]) -> str:
    """Each lever's share of all tokens."""
    before = sum(reply.original_tokens for reply in replies)
    levers: Counter[str] = Counter()
    for reply in replies:
        levers.update({lever.lever: lever.tokens for lever in reply.levers})
    return ", ".join(f"{name} {100 * tokens / before:.1f}" for name, tokens in levers.most_common()) or "–"


def said(messages: Messages) -> str:
    """The messages as one text to look values up in."""
    return "\n".join(json.dumps(message, ensure_ascii=False) for message in messages)


def arguments(message: dict[str, Any]) -> Iterator[str]:
    """The values in a message's tool calls, of two characters and more."""
    waiting: list[Any] = [json.loads(call["function"]["arguments"]) for call in message.get("tool_calls") or ()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif not isinstance(value, bool) and len(str(value)) >= 2:
            yield str(value)
