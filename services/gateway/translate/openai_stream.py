"""An OpenAI stream on its way to the client: forwarded as it comes, read on the side.

The chunk that ends a choice is held until usage or `[DONE]` has come, because Promptly's metadata rides on the last one. Only
chunks that may matter are decoded; see `openai_template` for those that do not.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from libs.common.contracts.events import TokenClasses
from services.gateway.domain.attempts import Failure
from services.gateway.domain.turns import Kept
from services.gateway.translate.dialect import Chunks
from services.gateway.translate.openai_besides import Besides
from services.gateway.translate.openai_chunk import Choice, ChunkReader, Delta, with_usage, without_finish
from services.gateway.translate.openai_openai import with_metadata
from services.gateway.translate.openai_template import ChunkTemplate, template_of, text_in
from services.gateway.translate.openai_text import ChoiceText
from services.gateway.translate.openai_usage import Usage, usage_of
from services.gateway.translate.sse import DONE, FRAME, FRAME_END, event

_MAX_WAITING = 1000
_MAX_TEMPLATES = 16  # made of one stream: one whose chunks always differ is decoded, and not compared as well
_MAX_PARTIAL = 64 << 10  # bytes of an event whose end has not come
_NEXT_FRAME = FRAME_END + FRAME
_NOTHING: Mapping[str, Any] = {}


class OpenAIStream:
    """One stream. `feed` gives what can go out; when `done`, `ending` gives what is left, with the metadata on it."""

    def __init__(
        self, chunks: Chunks, *, wants_usage: bool, otherwise: Mapping[str, Any] = _NOTHING, legacy: bool = False
    ) -> None:
        self.started = False
        self.done = False
        self.usage: Usage | None = None
        self.finish_reasons: dict[int, str] = {}
        self.model = ""
        self.service_tier: str | None = None
        self._besides = Besides()
        self._wants_usage = wants_usage
        self._chunks = chunks
        self.legacy = legacy
        self._reader = ChunkReader(otherwise, legacy=legacy)
        self._said: dict[int, ChoiceText] = {}
        self._waiting: list[bytes] = []
        self._finish: list[bytes] = []
        self._usage_chunk: bytes | None = None
        self._usage_raw: Any = None
        self._head: dict[str, Any] = {}
        self._failure: Failure | None = None
        self._template: ChunkTemplate | None = None
        self._templates = 0
        self._partial = b""

    def feed(self, chunk: bytes) -> bytes:
        """What goes to the client now. Nothing does before the first content, so that a fallback stays possible."""
        self.check()
        return self._forward(chunk)

    def check(self) -> None:
        """Raise the failure that came after something that had to go out first."""
        if self._failure is not None:
            raise self._failure

    def end(self) -> bytes:
        """The same once the connection has closed. `Failure` where the provider's format says that this is too early."""
        self.check()
        rest = b""
        if self._partial:
            partial, self._partial = self._partial, b""
            rest = self._take_all(self._chunks.feed(partial))
            if self._failure is not None:
                return rest
        return rest + self._take_all(self._chunks.end())

    @property
    def kept(self) -> dict[str, Kept]:
        """What to keep of the tool calls so far, by their id."""
        return self._chunks.kept

    @property
    def call_ids(self) -> list[str]:
        """The ids of the tool calls so far."""
        return [name for calls in self._reader.calls.values() for name in calls.ids]

    @property
    def storable(self) -> bool:
        """Whether `answer` holds all that the stream said."""
        return self._besides.whole and not self._reader.lost and "\ufffd" not in self.text

    @property
    def text(self) -> str:
        """The content so far, of the first choice."""
        return str(self._said[0].texts) if 0 in self._said else ""

    @property
    def spoke(self) -> bool:
        """Whether it says anything but why it says nothing."""
        return bool(self.call_ids) or any(said.texts for said in self._said.values())

    @property
    def said(self) -> str:
        """Everything so far that the provider will have counted: content, refusals, reasoning and calls."""
        pieces = []
        for said in self._said.values():
            pieces += [str(said.texts), "".join(said.refusals), str(said.reasoning)]
            pieces += ["".join(one) for one in said.function.values()]
        for calls in self._reader.calls.values():
            pieces += [text for call in calls.whole for text in call.get("function", {}).values()]
        return " ".join(filter(None, pieces))

    @property
    def counted(self) -> Usage | None:
        """What the provider has counted before the end, if it does."""
        found = self._chunks.counted
        return None if found is None else usage_of(msgspec.json.encode(found))

    @property
    def empty(self) -> bool:
        """Whether it is over without a choice."""
        return self.done and not self._said

    @property
    def billed(self) -> TokenClasses | None:
        """What the provider says that it charged for so far; None: nothing that it says."""
        return self.usage.classes() if self.usage is not None and self.usage.billed else None

    @property
    def complete(self) -> bool:
        """Whether every choice that began came to its end. Not every server says `[DONE]` after that."""
        return bool(self.finish_reasons) and self._said.keys() <= self.finish_reasons.keys()

    def ending(self, metadata: bytes) -> bytes:
        """The held chunks and `[DONE]`; the metadata stands on the usage chunk, or on the last one without it."""
        last = [*self._waiting, *self._finish, *map(self._ended, self._said.keys() - self.finish_reasons.keys())]
        if self._usage_chunk is not None and self._wants_usage:
            last.append(self._usage_chunk)
        if last:
            last[-1] = with_metadata(last[-1], metadata)
        return b"".join(event(data) for data in last) + DONE

    def answer(self) -> dict[str, Any]:
        """The same answer as a `chat.completion` object."""
        answer = {
            "id": self._head.get("id"),
            "object": "chat.completion",
            "created": self._head.get("created"),
            "model": self.model,
            "choices": [self._choice(index, said) for index, said in sorted(self._said.items())],
            "usage": self._usage_raw,
        }
        if answer["choices"]:
            self._besides.add_to(answer)
        return answer

    def _choice(self, index: int, said: ChoiceText) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": str(said.texts) or None, "refusal": None}
        if said.refusals:
            message["refusal"] = "".join(said.refusals)
        if said.reasoning:
            message["reasoning_content"] = str(said.reasoning)
        if (calls := self._reader.calls.get(index)) is not None and not any(said.function.values()):
            message["tool_calls"] = calls.whole
        if any(said.function.values()):
            message["function_call"] = {name: "".join(pieces) for name, pieces in said.function.items()}
        finish = self.finish_reasons.get(index) or self._reader.finish(index)
        return {"index": index, "message": message, "logprobs": None, "finish_reason": finish}

    def _ended(self, index: int) -> bytes:
        """The end of a choice that the server did not tell before it said `[DONE]`."""
        choice = {"index": index, "delta": {}, "logprobs": None, "finish_reason": self._reader.finish(index)}
        head = {"object": "chat.completion.chunk", **self._head, "model": self.model}
        return msgspec.json.encode({**head, "choices": [choice]})

    def _forward(self, piece: bytes) -> bytes:
        """Whole events of the template's kind go on without being decoded; every other one is fed to the reader, one after the other, so
        that the first of a kind makes the template for those behind it.
        """
        if self._partial:
            piece, self._partial = self._partial + piece, b""
        out, at, sent, begun = list[bytes](), 0, 0, False  # what stands between `sent` and `at` goes on as it came
        while at < len(piece):
            template = self._template
            if template is not None and self._chunks.idle and self._goes_on:
                texts, made, after = template.run(piece, at)
                if texts:
                    self._say(template, texts)
                    if not template.unchanged:
                        out += made
                        sent, begun = after, True
                    at = after
                    continue
            framed = piece.startswith(FRAME, at)
            end = piece.find(FRAME_END if framed else _NEXT_FRAME, at)
            if end < 0 and framed and template is not None and _is_partial(piece, at):
                self._partial = piece[at:]
                break
            end = len(piece) if end < 0 else end + len(FRAME_END)
            out.append(piece[sent:at])
            begun = begun or bool(out[-1])
            out.append(self._read_on(piece[at:end], first=not begun))
            begun = begun or bool(out[-1])
            at = sent = end
            if self._failure is not None:
                return b"".join(out)
        if not sent and at == len(piece):
            return piece
        return b"".join((*out, piece[sent:at]))

    def _read_on(self, events: bytes, *, first: bool) -> bytes:
        """What comes of events that are decoded; a failure waits until what stands before them has gone out."""
        try:
            return self._take_all(self._chunks.feed(events))
        except Failure as failure:
            if first:
                raise
            self._failure = failure
            return b""

    @property
    def _goes_on(self) -> bool:
        """Whether nothing has come after which the kind of a chunk says too little."""
        return not (self.done or self.finish_reasons or self._reader.pending)

    def _say(self, template: ChunkTemplate, texts: list[bytes]) -> None:
        if template.field == "arguments":
            self._reader.calls[template.index].extend(template.call, text_in(texts))
            return
        said = self._said[template.index]
        (said.texts if template.field == "content" else said.reasoning).add_encoded(texts)

    def _take_all(self, payloads: Sequence[bytes]) -> bytes:
        out: list[bytes] = []
        try:
            out.extend(map(self._take, payloads))
        except Failure as failure:
            if not any(out):
                raise
            self._failure = failure
        return b"".join(out)

    def _take(self, data: bytes) -> bytes:
        if self.done:
            return b""
        if data == b"[DONE]":
            self.done = True
            return b""
        template = self._template
        if template is not None and self._goes_on and (text := template.text_of(data)) is not None:
            self._say(template, [text])
            return event(template.output(data, text))
        if (read := self._reader.read(data)) is None:
            return b""
        came, (data, chunk) = data, read
        decoded = self._besides.read(data)
        as_it_came, self._template = data if data is came else None, None
        for name, value in (("id", chunk.id), ("created", chunk.created)):
            if value is not None:
                self._head[name] = value
        self.model = chunk.model or self.model
        self.service_tier = chunk.service_tier or self.service_tier
        if (usage := self._reader.usage(chunk)) is not None:
            self.usage = usage
            # As it came where it can be; what was mended is said as it was understood.
            given = None if usage.odd or usage.prompt_tokens is None else self._reader.usage_object(chunk)
            self._usage_raw = usage.openai() if given is None else given
            if not chunk.choices:
                self._usage_chunk = data if given is not None else with_usage(data, self._usage_raw)
                self.done = self.complete
                return b""
        elif not self._wants_usage:
            data = data.replace(b',"usage":null', b"")  # the client did not ask for what we asked for
        elif b'"usage"' not in data:
            data = data.rstrip()[:-1] + b',"usage":null}'
        out = self._place(chunk.choices, data)
        # Made anew of each chunk that was decoded: what it says beside its text holds until the next one says otherwise.
        if self.started and self._templates < _MAX_TEMPLATES and as_it_came is not None and decoded is not None:
            self._template = template_of(as_it_came, decoded, wants_usage=self._wants_usage)
            self._templates += self._template is not None
        return out

    def _place(self, choices: Sequence[Choice], data: bytes) -> bytes:
        content = ending = False
        out = b""
        for choice in choices:
            said = self._said.setdefault(choice.index, ChoiceText())
            spoke = self._read(said, choice.delta)
            if (spoke or choice.finish_reason is not None) and choice.index in self.finish_reasons:
                out += self._go_on()
            content |= spoke
            if choice.finish_reason is not None:
                self.finish_reasons[choice.index] = choice.finish_reason
                ending = True
        if content and not self.started:
            self.started = True
            out, self._waiting = b"".join(map(event, self._waiting)) + out, []
        if ending:
            self._finish.append(data)
        elif self.started:
            out += event(data)
        elif len(self._waiting) < _MAX_WAITING:
            self._waiting.append(data)
        else:
            raise Failure("malformed", "The stream goes on without saying anything.")
        return out

    def _go_on(self) -> bytes:
        """What was held as an end was none: some servers name a reason on every chunk."""
        held, self._finish, self.finish_reasons = self._finish, [], {}
        return b"".join(event(without_finish(data)) for data in held)

    def _read(self, said: ChoiceText, delta: Delta) -> bool:
        if delta.content:
            said.texts.add(delta.content)
        if delta.refusal:
            said.refusals.append(delta.refusal)
        if isinstance(delta.reasoning_content, str):
            said.reasoning.add(delta.reasoning_content)
        if isinstance(delta.function_call, dict):
            for name, pieces in said.function.items():
                if isinstance(piece := delta.function_call.get(name), str):
                    pieces.append(piece)
        return delta.says


def _is_partial(piece: bytes, at: int) -> bool:
    """Whether what follows is one event whose end has not come yet."""
    if len(piece) - at > _MAX_PARTIAL or piece.find(b"\r", at) >= 0:
        return False
    return piece.find(b"\n", at, len(piece) - 1) < 0
