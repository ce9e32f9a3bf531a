"""What a request and those that follow it in its conversation are expected to cost with a model."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from libs.common.catalog import Model
from libs.common.contracts.router import RouteRequest, UserTurn

# Providers that keep the beginning of a request by themselves, from so many tokens on; others do it where they are asked.
_KEEP_UNASKED = frozenset(("openai", "google"))
_LEAST_KEPT = 1_024
_INPUT, _OUTPUT, _GROWTH = 1_000, 300, 400  # where nothing is known
_FOLLOWING = 4


@dataclass(frozen=True, slots=True)
class Outlook:
    """Tokens of a request, how many of them the provider has seen, what an answer takes, and how many requests will follow.
    `marked`: the request asks for its beginning to be kept.
    """

    input: int
    seen: int
    output: int
    following: int
    marked: bool


def opening(request: RouteRequest) -> Outlook:
    """What is to come when a conversation begins. Told from its first turn alone, so that it stays what it was."""
    output = min(request.answer_limit or _OUTPUT, _OUTPUT)
    if not request.conversation:
        return Outlook(input=_INPUT, seen=0, output=output, following=_FOLLOWING, marked=request.prefix_marked)
    first = request.conversation[0]
    return Outlook(
        input=max(first.before + first.tokens, 1),
        # Instructions and tools are the same in other conversations, which have kept them warm.
        seen=first.before,
        output=output,
        following=_FOLLOWING,
        marked=request.prefix_marked,
    )


def later(turn: UserTurn, request: RouteRequest) -> Outlook:
    """The same at a later turn. What comes after it may go back to the work before, so it counts alone."""
    return Outlook(
        input=turn.before + turn.tokens,
        seen=turn.before,
        output=min(request.answer_limit or _OUTPUT, _OUTPUT),
        following=0,
        marked=request.prefix_marked,
    )


def expected(model: Model, ahead: Outlook, today: date) -> Decimal | None:
    """In millionths of a dollar; None where the price is not known."""
    row = model.price(today)
    if row is None:
        return None
    total, seen, size = Decimal(0), ahead.seen, ahead.input
    for _ in range(1 + ahead.following):
        prices = row.for_input(size)
        keeps = size >= _LEAST_KEPT and (model.provider in _KEEP_UNASKED or ahead.marked)
        kept = min(seen, size) if keeps and seen >= _LEAST_KEPT and prices.cache_read is not None else 0
        fresh = prices.cache_write_5m or prices.input if keeps else prices.input
        total += kept * (prices.cache_read or prices.input) + (size - kept) * fresh + ahead.output * prices.output
        seen, size = size, size + _GROWTH + ahead.output
    return total
