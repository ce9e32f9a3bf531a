"""One request, start to end: read the messages, shorten them, write them back."""

import json
from functools import lru_cache, partial
from typing import Any

import msgspec

from libs.common.contracts.optimizer import LeverSaving, OptimizeReply, OptimizeRequest, TextReply, TextRequest
from libs.common.errors import BadRequest
from libs.common.tokens import count_message, count_text, encoding_for
from services.optimizer.domain.calls import answered
from services.optimizer.domain.conversation import Message
from services.optimizer.domain.explaining import parts
from services.optimizer.domain.extraction import Extracted, choose, extract
from services.optimizer.domain.levers import plan
from services.optimizer.domain.optimize import optimize
from services.optimizer.domain.plan import Plan
from services.optimizer.domain.prompt_cache import PromptCacheState
from services.optimizer.domain.rewriting import Rewritten, rewrite
from services.optimizer.domain.similarity import Similarity
from services.optimizer.domain.single_text import shortened
from services.optimizer.result_cache import ResultCache

METHOD = "rules+static-minilm-256"
# /v1/optimize names no model that would choose another vocabulary.
_TEXT_MODEL = "gpt-4o"


class Optimizer:
    """Answers requests; remembers what became of the last messages."""

    def __init__(self, similarity: Similarity, cache_bytes: int) -> None:
        self._similarity = similarity
        self._rewritten = ResultCache[Rewritten](cache_bytes // 2, _size)
        self._extracted = ResultCache[Any](cache_bytes // 2, _size_of_documents)

    def answer(self, request: OptimizeRequest) -> OptimizeReply:
        """Raises `BadRequest` where `messages` is not a list of objects. Safe to call from several threads."""
        messages = _read(request)
        if messages is None:
            return OptimizeReply(
                messages=msgspec.Raw(b"null"), original_tokens=0, optimized_tokens=0, exact_tokens=False
            )
        encoding, exact = encoding_for(request.model)
        done = optimize(
            messages,
            request.settings,
            request.model,
            PromptCacheState(request.keep_cut, request.warm_tokens, request.cached_price_share),
            partial(self._rewrite, owner=request.org_id, model=request.model, vocabulary=encoding.name),
            _Documents(self._extracted, self._similarity, request.org_id, request.model, encoding.name),
            tools=request.tools,
        )
        changed = len(done.messages) != len(messages) or any(message.raw is None for message in done.messages)
        return OptimizeReply(
            messages=_write(done.messages) if changed else msgspec.Raw(b"null"),
            original_tokens=done.original_tokens,
            optimized_tokens=done.original_tokens - sum(done.saved.values()),
            levers=tuple(LeverSaving(lever=lever, tokens=tokens) for lever, tokens in done.saved.items()),
            exact_tokens=exact,
            cut=done.cut,
            positions=tuple(message.position for message in done.messages) if request.explain or request.placed else (),
            notes=done.notes if request.explain else done.always_reported,
            parts=tuple(parts(messages, plan(request.settings))) if request.explain else (),
            content=done.content,
            left_out=done.left_out,
        )

    def shorten(self, request: TextRequest) -> TextReply:
        """One text by itself, as far as its threshold allows. Safe to call from several threads."""
        count = partial(count_text, _TEXT_MODEL)
        short = shortened(request.text, request.similarity_threshold, count, self._similarity.between)
        return TextReply(
            text=short.text,
            similarity=short.similarity,
            original_tokens=count(request.text),
            compressed_tokens=short.tokens,
            method=METHOD,
        )

    def _rewrite(self, message: Message, plan: Plan, *, owner: str, model: str, vocabulary: str) -> Rewritten:
        parts = (
            vocabulary,
            message.role,
            f"{message.unchangeable}{message.may_be_a_file}",
            _named(plan),
            *message.texts(),
        )
        count = partial(count_text, model)
        return self._rewritten.get(owner, parts, lambda: rewrite(message, plan, count, self._similarity.between))


class _Documents:
    """Chooses documents once for a text and what was asked; remembers for all requests."""

    def __init__(
        self, results: ResultCache[Any], similarity: Similarity, owner: str, model: str, vocabulary: str
    ) -> None:
        self._owner = owner
        self._results = results
        self._nearness = similarity.nearness
        self._count = partial(count_text, model)
        self._vocabulary = vocabulary

    def extract(self, text: str, before: str | None, since: tuple[str, ...]) -> Extracted:
        """A text that holds documents, without some."""
        parts = ("text", self._vocabulary, text, *(() if before is None else ("before", before)), "since", *since)
        found: Extracted = self._results.get(
            self._owner, parts, lambda: extract(text, before, since, self._count, self._nearness)
        )
        return found

    def choose(self, passages: tuple[str, ...], since: tuple[str, ...]) -> set[int] | str:
        """Which of these passages stay, or why all do."""
        parts = ("turns", self._vocabulary, *passages, "since", *since)
        found: set[int] | str = self._results.get(
            self._owner, parts, lambda: choose(passages, "", None, since, self._count, self._nearness)
        )
        return found


def _size(made: Rewritten) -> int:
    """The bytes of a result; a letter has at most four."""
    return 4 * sum(map(len, made.texts or ())) + 200 * len(made.done)


def _size_of_documents(made: Extracted | set[int] | str) -> int:
    return 4 * len(made.text) if isinstance(made, Extracted) else 40 * len(made)


@lru_cache(maxsize=256)
def _named(plan: Plan) -> str:
    return repr(plan)


def _read(request: OptimizeRequest) -> list[Message] | None:
    """The messages; None where they are messages that cannot be read to the letter: half a character, a number past all."""
    try:
        raws = msgspec.json.decode(request.messages, type=list[msgspec.Raw])
        objects = msgspec.json.decode(request.messages, type=list[dict[str, object]])
    except (msgspec.MsgspecError, RecursionError):
        if _are_objects(bytes(request.messages)):
            return None
        raise BadRequest("messages must be an array of objects.", param="messages") from None
    calls = answered(objects)
    held, fixed = frozenset(request.held), frozenset(request.fixed)
    return [
        Message(
            data=data,
            tokens=count_message(request.model, data),
            position=i,
            raw=bytes(raw),
            call=calls[i],
            held=i in held,
            fixed=i in fixed,
        )
        for i, (raw, data) in enumerate(zip(raws, objects, strict=True))
    ]


def _are_objects(encoded: bytes) -> bool:
    try:
        found = json.loads(encoded)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, list) and all(isinstance(message, dict) for message in found)


def _write(messages: tuple[Message, ...]) -> msgspec.Raw:
    encoded = [msgspec.json.encode(message.data) if message.raw is None else message.raw for message in messages]
    return msgspec.Raw(b"[" + b",".join(encoded) + b"]")
