"""One request, start to end: read the messages, shorten them, write them back."""

import threading
from collections import OrderedDict
from functools import partial
from hashlib import blake2b

import msgspec

from libs.common.contracts.optimizer import LeverSaving, OptimizeReply, OptimizeRequest
from libs.common.errors import BadRequest
from libs.common.tokens import count_message, count_text, encoding_for
from services.optimizer.domain.conversation import Message
from services.optimizer.domain.extraction import extract
from services.optimizer.domain.optimize import optimize
from services.optimizer.domain.plan import Plan
from services.optimizer.domain.rewriting import Alike, Rewritten, rewrite
from services.optimizer.domain.warmth import Warmth


def _same(before: str, after: str) -> float:
    """Without a table of vectors nothing is measured, and the vetoes alone decide."""
    return 1.0


class Optimizer:
    """Answers requests; remembers what became of the last messages, since a conversation sends them again each turn."""

    def __init__(self, memo_entries: int, alike: Alike = _same) -> None:
        self._alike = alike
        self._memo: OrderedDict[bytes, Rewritten] = OrderedDict()
        self._entries = memo_entries
        self._lock = threading.Lock()

    def answer(self, request: OptimizeRequest) -> OptimizeReply:
        """Raises `BadRequest` where `messages` is not a list of objects. Safe to call from several threads."""
        messages = _read(request)
        warmth = Warmth(request.keep_cut, request.warm_tokens, request.cached_price_share)
        rewrite = partial(self._rewrite, model=request.model)
        done = optimize(messages, request.settings, request.model, warmth, rewrite, partial(extract, request.model))
        saved = sum(done.saved.values())
        changed = len(done.messages) != len(messages) or any(message.raw is None for message in done.messages)
        return OptimizeReply(
            messages=_write(done.messages) if changed else msgspec.Raw(b"null"),
            original_tokens=done.original_tokens,
            optimized_tokens=done.original_tokens - saved,
            levers=tuple(LeverSaving(lever=lever, tokens=tokens) for lever, tokens in done.saved.items()),
            exact_tokens=encoding_for(request.model)[1],
            cut=done.cut,
            notes=done.notes if request.explain else done.unasked,
        )

    def _rewrite(self, message: Message, plan: Plan, *, model: str) -> Rewritten:
        key = _key(message, plan, encoding_for(model)[0].name)
        with self._lock:
            if (known := self._memo.get(key)) is not None:
                self._memo.move_to_end(key)
                return known
        rewritten = rewrite(message, plan, partial(count_text, model), self._alike)
        with self._lock:
            self._memo[key] = rewritten
            if len(self._memo) > self._entries:
                self._memo.popitem(last=False)
        return rewritten


def _read(request: OptimizeRequest) -> list[Message]:
    try:
        raws = msgspec.json.decode(request.messages, type=list[msgspec.Raw])
        objects = msgspec.json.decode(request.messages, type=list[dict[str, object]])
    except (msgspec.MsgspecError, RecursionError):
        raise BadRequest("messages must be an array of objects.", details={"param": "messages"}) from None
    return [
        Message(data=data, tokens=count_message(request.model, data), position=i, raw=bytes(raw))
        for i, (raw, data) in enumerate(zip(raws, objects, strict=True))
    ]


def _write(messages: tuple[Message, ...]) -> msgspec.Raw:
    encoded = [msgspec.json.encode(message.data) if message.raw is None else message.raw for message in messages]
    return msgspec.Raw(b"[" + b",".join(encoded) + b"]")


def _key(message: Message, plan: Plan, vocabulary: str) -> bytes:
    digest = blake2b(digest_size=16)
    for part in (vocabulary, message.role, str(message.marked), repr(plan), *message.texts()):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.digest()
