"""The answer to a preview of the levers: the request as it would be sent, and what each step did to it."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final, cast

import msgspec

from libs.common.catalog import Model
from libs.common.contracts.events import TokenClasses
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest
from libs.common.money import usd
from services.auth.optimization.domain.diff import Differ, Piece
from services.auth.optimization.schemas import (
    Change,
    DefinitionChange,
    Kind,
    MessageChange,
    Preview,
    PreviewLever,
    PreviewPart,
    PreviewStep,
)
from services.auth.routing.domain.chat_request import ChatMessage
from services.auth.schemas import optional_usd

_BESIDE: Final = ("tools", "images")


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


def preview(request: OptimizeRequest, reply: OptimizeReply, prices: InputPrices) -> Preview:
    """The request as it would be sent, what each step of each lever did to it, and the difference in words and money.

    Costs are the prompt's alone: what an answer would cost is not known before there is one.
    """
    before = msgspec.json.decode(request.messages)
    after = msgspec.json.decode(reply.messages) if reply.changed else before
    left, levers = reply.original_tokens, []
    for share in reply.levers:
        saved = prices.saved(left, left - share.tokens)
        levers.append(PreviewLever(lever=share.lever, tokens_saved=share.tokens, savings_usd=saved))
        left -= share.tokens
    for note in reply.notes:
        if note.lever in _BESIDE and note.outcome == "applied":
            saved = prices.saved(note.tokens, 0)
            levers.append(PreviewLever(lever=note.lever, tokens_saved=note.tokens, savings_usd=saved))
    return Preview(
        model=request.model,
        level=request.settings.level,
        original_tokens=reply.original_tokens,
        optimized_tokens=reply.optimized_tokens,
        tokens_saved=reply.original_tokens - reply.optimized_tokens,
        exact_tokens=reply.exact_tokens,
        cost_before_usd=optional_usd(prices.nano(reply.original_tokens)),
        cost_after_usd=optional_usd(prices.nano(reply.optimized_tokens)),
        savings_usd=prices.saved(reply.original_tokens, reply.optimized_tokens),
        levers=tuple(levers),
        steps=tuple(
            PreviewStep(
                step=note.step,
                lever=note.lever,
                outcome=note.outcome,
                tokens_saved=note.tokens,
                message=note.message,
                reason=note.reason,
            )
            for note in reply.notes
        ),
        parts=tuple(
            PreviewPart(
                message=part.message,
                part=part.part,
                role=part.role,
                kinds=cast("tuple[Kind, ...]", part.kinds),
                left_alone=part.left_alone,
            )
            for part in reply.parts
        ),
        left_out=reply.left_out,
        messages=after,
        diff=tuple(changes(before, after, reply.positions if reply.changed else range(len(before)))),
        definitions=tuple(
            DefinitionChange(before=text, after=shorter)
            for text, shorter in zip(request.definitions, reply.definitions, strict=False)
            if shorter
        ),
    )


def changes(
    before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]], positions: Sequence[int]
) -> Iterator[MessageChange]:
    """Message by message, in the order in which they are sent, those that are left out where they stood."""
    compare = Differ().pieces

    def removed(position: int) -> MessageChange:
        return _change("removed", before[position], compare(_text(before[position]), ""), position)

    at = 0
    for message, position in zip(after, positions, strict=True):
        while at < position:
            yield removed(at)
            at += 1
        if position < 0:
            yield _change("added", message, compare("", _text(message)), None)
            continue
        change: Change = "kept" if before[position] == message else "changed"
        yield _change(change, message, compare(_text(before[position]), _text(message)), position)
        at = position + 1
    for position in range(at, len(before)):
        yield removed(position)


def _change(change: Change, message: dict[str, Any], pieces: Sequence[Piece], position: int | None) -> MessageChange:
    return MessageChange(position=position, role=message.get("role", ""), change=change, text=tuple(pieces))


def _text(message: dict[str, Any]) -> str:
    return "\n".join(msgspec.convert(message, ChatMessage).texts)
