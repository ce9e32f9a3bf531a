"""What the optimizer would do, and what the cache did, as JSON."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import msgspec

from libs.common.catalog import Model
from libs.common.contracts.events import CompletionFinished, TokenClasses
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest
from libs.common.money import usd
from services.auth.domain.diff import Differ, Piece
from services.auth.domain.preview import Message
from services.auth.translate.analytics_json import iso_ms


class InputPrices:
    """What a model's prompt tokens cost on a day; None where that is not known."""

    def __init__(self, model: Model | None, day: date) -> None:
        self._model = model
        self._day = day

    def nano(self, tokens: int) -> int | None:
        """So many tokens, none of them cached."""
        if self._model is None:
            return None
        return self._model.cost_nano(TokenClasses(uncached_input=tokens), self._day)

    def saved(self, before: int, after: int) -> float | None:
        """Dollars between two numbers of tokens."""
        old, new = self.nano(before), self.nano(after)
        return None if old is None or new is None else usd(old - new)


def preview_json(asked: OptimizeRequest, reply: OptimizeReply, prices: InputPrices) -> dict[str, Any]:
    """The request as it would be sent, what each step of each lever did to it, and the difference in words and money.

    Costs are the prompt's alone: what an answer would cost is not known before there is one.
    """
    before = msgspec.json.decode(asked.messages)
    after = msgspec.json.decode(reply.messages) if reply.changed else before
    left, levers = reply.original_tokens, []
    for share in reply.levers:
        saved = prices.saved(left, left - share.tokens)
        levers.append({"lever": share.lever, "tokens_saved": share.tokens, "savings_usd": saved})
        left -= share.tokens
    return {
        "model": asked.model,
        "level": asked.settings.level,
        "original_tokens": reply.original_tokens,
        "optimized_tokens": reply.optimized_tokens,
        "tokens_saved": reply.original_tokens - reply.optimized_tokens,
        "exact_tokens": reply.exact_tokens,
        "cost_before_usd": _usd(prices.nano(reply.original_tokens)),
        "cost_after_usd": _usd(prices.nano(reply.optimized_tokens)),
        "savings_usd": prices.saved(reply.original_tokens, reply.optimized_tokens),
        "levers": levers,
        "steps": [
            {
                "step": note.step,
                "lever": note.lever,
                "outcome": note.outcome,
                "tokens_saved": note.tokens,
                "message": note.message,
                "reason": note.reason,
            }
            for note in reply.notes
        ],
        "parts": msgspec.to_builtins(reply.parts),
        "left_out": reply.left_out,
        "messages": after,
        "diff": list(_changes(before, after, reply.positions if reply.changed else range(len(before)))),
    }


def hit_json(entry: CompletionFinished) -> dict[str, Any]:
    """A question that got another question's answer; both are named by their requests, no text of theirs is kept."""
    return {
        "request_id": entry.id,
        "source_request_id": entry.cache_source_id,
        "entry_id": entry.cache_entry_id,
        "similarity": entry.cache_similarity,
        "model": entry.baseline_model,
        "time": iso_ms(entry.time_ms),
        "savings_usd": _usd(entry.baseline_cost_nano),
    }


def _changes(
    before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]], positions: Sequence[int]
) -> Iterator[dict[str, Any]]:
    """Message by message, in the order in which they are sent, those that are left out where they stood."""
    compare = Differ().pieces
    at = 0
    for message, position in zip(after, positions, strict=True):
        while at < position:
            yield _change("removed", before[at], compare(_text(before[at]), ""), at)
            at += 1
        if position < 0:
            yield _change("added", message, compare("", _text(message)), None)
            continue
        change = "kept" if before[position] == message else "changed"
        yield _change(change, message, compare(_text(before[position]), _text(message)), position)
        at = position + 1
    for position in range(at, len(before)):
        yield _change("removed", before[position], compare(_text(before[position]), ""), position)


def _change(change: str, message: dict[str, Any], pieces: Sequence[Piece], position: int | None) -> dict[str, Any]:
    return {"position": position, "role": message.get("role"), "change": change, "text": msgspec.to_builtins(pieces)}


def _text(message: dict[str, Any]) -> str:
    return "\n".join(msgspec.convert(message, Message).texts)


def _usd(nano: int | None) -> float | None:
    return None if nano is None else usd(nano)
