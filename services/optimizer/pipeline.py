"""One request, start to end: read the messages, shorten them, write them back."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Final

import msgspec

from libs.common.beginnings import NOTHING
from libs.common.byte_store import ByteStore
from libs.common.contracts.optimizer import (
    LeverSaving,
    OptimizeReply,
    OptimizeRequest,
    StepNote,
    TextReply,
    TextRequest,
)
from libs.common.errors import BadRequest, Unavailable
from libs.common.tokens import count_message, count_text, encoding_for
from services.optimizer.domain import definitions, gist
from services.optimizer.domain.conversation import Message
from services.optimizer.domain.explaining import parts
from services.optimizer.domain.extraction import Extracted, choose, extract
from services.optimizer.domain.histories import Beginnings, Histories
from services.optimizer.domain.levers import plan
from services.optimizer.domain.optimize import optimize
from services.optimizer.domain.plan import Plan
from services.optimizer.domain.prompt_cache import PromptCacheState
from services.optimizer.domain.remembered import Memory, Store, remembering
from services.optimizer.domain.rewriting import Rewritten, rewrite
from services.optimizer.domain.similarity import Similarity
from services.optimizer.domain.single_text import shortened

# One text is read without a look at the time, which has to be over before the process is ended for it.
LONGEST_TEXT: Final = 1_100_000
_NULL = msgspec.Raw(b"null")
_NOTHING = partial(OptimizeReply, messages=_NULL, original_tokens=0, optimized_tokens=0)
_NO_LIST = "messages must be an array of objects."
_list = msgspec.json.Decoder(list[msgspec.Raw])
METHOD = "rules+static-minilm-256"
# /v1/optimize names no model that would choose another vocabulary.
_TEXT_MODEL = "gpt-4o"


class Optimizer:
    """Answers requests; remembers what it has found out about the last messages, and what became of them, in at most `cache_bytes`, half
    of them of one organization.

    A request that takes more than `seconds` (None: as long as it likes) is given up between two messages, and what was found out
    until then is there when it comes again.
    """

    def __init__(
        self,
        similarity: Similarity,
        cache_bytes: int,
        seconds: float | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._similarity = similarity
        self._seconds = seconds
        self._monotonic = monotonic
        self._store: Store = ByteStore(cache_bytes, cache_bytes // 2)

    def answer(self, request: OptimizeRequest) -> OptimizeReply:
        """Raises `BadRequest` where `messages` is not a list of objects, `Unavailable` where the time was too short. Safe to call
        from several threads.
        """
        with remembering(self._memory(request.org_id)) as memory:
            return self._answer(request, memory)

    def _memory(self, owner: str) -> Memory:
        started, seconds = self._monotonic(), self._seconds

        def before_more() -> None:
            if seconds is not None and self._monotonic() - started > seconds:
                raise Unavailable("The messages take too long to read at once; what was read is remembered.")

        return Memory(self._store, owner, before_more)

    def _answer(self, request: OptimizeRequest, memory: Memory) -> OptimizeReply:
        encoding, exact = encoding_for(request.model)
        histories = Histories(memory, encoding.name, partial(count_message, request.model))
        try:
            raws = _list.decode(request.messages)
            if max(map(len, raws), default=0) > LONGEST_TEXT:
                raise Unavailable(f"Messages of more than {LONGEST_TEXT} bytes are sent as they are.")
            history = histories.read(raws, request.known, _digest(request.beginning) if request.known else NOTHING)
        except (msgspec.MsgspecError, RecursionError):
            if not _are_objects(bytes(request.messages)):
                raise BadRequest(_NO_LIST, param="messages") from None
            return _NOTHING(exact_tokens=False)  # half a character, a number past all: nobody can read it to the letter
        if history is None:
            return _NOTHING(missing=True, exact_tokens=exact)
        messages = _bound(history.messages, request.held, request.fixed)
        done = optimize(
            messages,
            request.settings,
            request.model,
            PromptCacheState(request.keep_cut, request.warm_tokens, request.cached_price_share),
            partial(self._rewrite, memory=memory, model=request.model, vocabulary=encoding.name),
            _Documents(memory, self._similarity, request.model, encoding.name),
            tools=request.tools,
            beginning=Beginnings(memory, encoding.name, history, request.held, request.fixed),
        )
        beside = self._beside(request, messages, encoding.name)
        changed = len(done.messages) != len(messages) or not all(message.as_it_came for message in done.messages)
        return OptimizeReply(
            messages=_written(done.messages, None if request.known or request.refer else raws) if changed else _NULL,
            original_tokens=done.original_tokens,
            optimized_tokens=done.original_tokens - sum(done.saved.values()),
            levers=tuple(LeverSaving(lever=lever, tokens=tokens) for lever, tokens in done.saved.items()),
            exact_tokens=exact,
            cut=done.cut,
            positions=tuple(message.position for message in done.messages) if request.explain or request.placed else (),
            notes=(*done.notes, *beside.notes) if request.explain else done.always_reported,
            parts=tuple(parts(messages, plan(request.settings))) if request.explain else (),
            content=done.content,
            left_out=done.left_out,
            definitions=beside.definitions.texts,
            definition_tokens=beside.definitions.tokens,
            gist=beside.gist,
        )

    def _beside(self, request: OptimizeRequest, messages: Sequence[Message], vocabulary: str) -> "_Beside":
        """What levers would do to the rest of a request than its messages."""
        running, settings = plan(request.settings), request.settings
        why = "It is off by the organization's settings, or not at this level."
        tools = definitions.off(why)
        if running.runs(definitions.STEP):
            count = partial(count_text, request.model)
            tools = definitions.shorter(request.definitions, settings, count, self._similarity.between, vocabulary)
        enough, note = False, gist.off(why)
        if running.runs(gist.STEP):
            enough, note = gist.gist(messages, request.model, tools=request.tools)
        return _Beside(tools, enough, (tools.note, note))

    def shorten(self, request: TextRequest) -> TextReply:
        """One text by itself, as far as its threshold allows. Safe to call from several threads."""
        count = partial(count_text, _TEXT_MODEL)
        with remembering(Memory(self._store, request.org_id)):
            short = shortened(request.text, request.similarity_threshold, count, self._similarity.between)
        return TextReply(
            text=short.text,
            similarity=short.similarity,
            original_tokens=count(request.text),
            compressed_tokens=short.tokens,
            method=METHOD,
        )

    def _rewrite(self, message: Message, plan: Plan, *, memory: Memory, model: str, vocabulary: str) -> Rewritten:
        of = (*message.texts(),) if message.digest is None else (message.digest,)
        parts = ("rewritten", vocabulary, message.role, _may_change(message), _named(plan), *of)
        count = partial(count_text, model)
        return memory.get(parts, lambda: rewrite(message, plan, count, self._similarity.between))


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is done beside the messages, and the notes about it."""

    definitions: definitions.Definitions
    gist: bool
    notes: tuple[StepNote, ...]


class _Documents:
    """Chooses documents once for a text and what was asked; remembers for all requests."""

    def __init__(self, memory: Memory, similarity: Similarity, model: str, vocabulary: str) -> None:
        self._memory = memory
        self._nearness = similarity.nearness
        self._count = partial(count_text, model)
        self._vocabulary = vocabulary

    def extract(self, text: str, before: str | None, since: tuple[str, ...]) -> Extracted:
        """A text that holds documents, without some."""
        parts = ("text", self._vocabulary, text, *(() if before is None else ("before", before)), "since", *since)
        return self._memory.get(parts, lambda: extract(text, before, since, self._count, self._nearness))

    def choose(self, passages: tuple[str, ...], since: tuple[str, ...]) -> set[int] | str:
        """Which of these passages stay, or why all do."""
        parts = ("turns", self._vocabulary, *passages, "since", *since)
        return self._memory.get(parts, lambda: choose(passages, "", None, since, self._count, self._nearness))


@lru_cache(maxsize=256)
def _named(plan: Plan) -> str:
    return repr(plan)


def _may_change(message: Message) -> str:
    # A digest is no text: the two must not be taken for each other.
    return f"{message.unchangeable}{message.may_be_a_file}{message.digest is None}"


def _digest(written: str) -> bytes:
    try:
        return bytes.fromhex(written)
    except ValueError:
        raise BadRequest("beginning must be hexadecimal.", param="beginning") from None


def _bound(messages: tuple[Message, ...], held: tuple[int, ...], fixed: tuple[int, ...]) -> Sequence[Message]:
    """The messages with what is said about some of them."""
    if not held and not fixed:
        return messages
    bound, stay, keep = list(messages), frozenset(held), frozenset(fixed)
    for at in stay | keep:
        if 0 <= at < len(bound):
            bound[at] = replace(bound[at], held=at in stay, fixed=at in keep)
    return bound


def _are_objects(encoded: bytes) -> bool:
    try:
        found = json.loads(encoded)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, list) and all(isinstance(message, dict) for message in found)


def _written(messages: tuple[Message, ...], raws: Sequence[msgspec.Raw] | None) -> msgspec.Raw:
    """The array to send; without `raws` a message that is sent as it came is named by its position."""
    return msgspec.Raw(
        msgspec.json.encode(
            [
                message.data if not message.as_it_came else message.position if raws is None else raws[message.position]
                for message in messages
            ]
        )
    )
