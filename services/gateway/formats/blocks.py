"""Requests and answers in no provider's format: turns of blocks, tools, parameters, and what an answer says.

Every part keeps the JSON that it was read from (`raw`), so that the surface it came from gets it back digit for digit.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec import Raw

Surface = Literal["chat", "messages", "responses", "generate"]
Role = Literal["user", "assistant", "system"]
Lifetime = Literal["5m", "1h"]
Form = Literal["image", "document", "audio", "video"]
CallKind = Literal["function", "custom", "local_shell", "shell", "apply_patch", "tool_search"]
StopReason = Literal["end", "tool_use", "length", "stop_sequence", "refusal", "pause"]
Level = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]

# What the ids of calls begin with that came without one.
MADE_UP_ID = "gem_"


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """A web page that a text rests on. `start` and `end` count characters of the text; None: not known."""

    url: str
    title: str = ""
    start: int | None = None
    end: int | None = None


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a turn. `raw` is its JSON on the surface it came from; None: it was made here. `cache`: the prefix up to here is
    to be kept by the provider for that long.
    """

    raw: Raw | None = None
    cache: Lifetime | None = None


class Text(Block, frozen=True, kw_only=True):
    """Words. `internal`: meant for the surface that it came from only, and no words of the conversation's. `field` is the string
    in the request's body that says them, as errors name it; empty where no string does by itself.
    """

    text: str
    refusal: bool = False
    internal: bool = False
    citations: tuple[Citation, ...] = ()
    field: str = ""


class Media(Block, frozen=True, kw_only=True):
    """An image, a document or sound: base64 `data`, an https `url`, or the id of a file that one provider holds."""

    form: Form
    media_type: str = ""
    data: str = ""
    url: str = ""
    file_id: str = ""
    name: str = ""
    field: str = ""


class Native(msgspec.Struct, frozen=True, kw_only=True):
    """Reasoning as one provider takes it back. `kind` is "thinking" (Anthropic's block, JSON), "item" (OpenAI's reasoning item,
    JSON) or "signature" (Gemini's text).
    """

    provider: str
    kind: str
    payload: str


class Reasoning(Block, frozen=True, kw_only=True):
    """What a model thought. `sealed` is what this gateway made of another provider's reasoning; `native` is what is inside, once it
    was opened for the model that made it.
    """

    text: str = ""
    sealed: str = ""
    native: Native | None = None


class Call(Block, frozen=True, kw_only=True):
    """A tool that the model called. `arguments` is a JSON object, `id` pairs it with its result. `sealed` and `native` belong to a
    signature that the client's format keeps on the call itself.
    """

    id: str
    name: str
    arguments: Raw
    kind: CallKind = "function"
    namespace: str = ""
    sealed: str = ""
    native: Native | None = None


class Result(Block, frozen=True, kw_only=True):
    """What a tool gave back: texts and media, in order. `name` is the tool's, where the format says so."""

    id: str
    parts: tuple[Block, ...] = ()
    error: bool = False
    name: str = ""


class Hosted(Block, frozen=True, kw_only=True):
    """Something that a provider ran by itself. `digest` says it in words; empty: nothing worth saying."""

    type: str
    digest: str = ""


class Unknown(Block, frozen=True, kw_only=True):
    """A block that only its own surface understands: other surfaces refuse it, naming its type and its place."""

    type: str
    field: str


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """Blocks of one speaker. `rest` holds the message's other fields as they came; `bare`: its content was a plain string. `field`
    is where it stands in the request's body; empty where it has no place of its own.
    """

    role: Role
    blocks: tuple[Block, ...]
    rest: Mapping[str, Raw] = {}
    bare: bool = False
    field: str = ""


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the model may call. `schema` is the JSON Schema of its input. Of hosted tools only `type` is known."""

    name: str
    kind: CallKind | Literal["hosted"] = "function"
    type: str = "function"
    description: str = ""
    schema: Raw | None = None
    strict: bool | None = None
    namespace: str = ""
    field: str = "tools"
    only_here: bool = False
    raw: Raw | None = None
    cache: Lifetime | None = None


class ToolChoice(msgspec.Struct, frozen=True, kw_only=True):
    """What the model may do with the tools. `allowed` (empty: all) limits them; `parallel` None: as the model likes."""

    mode: Literal["auto", "any", "tool", "none"] = "auto"
    name: str = ""
    allowed: tuple[str, ...] = ()
    parallel: bool | None = None
    said: bool = False


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """How tokens are drawn. None: not said."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logprobs: int | None = None
    n: int = 1


class Thinking(msgspec.Struct, frozen=True, kw_only=True):
    """How much the model is to think: an effort, or a number of tokens (0: not at all; -1: as it likes). `shown`: the client wants
    to read it; `on`: it asked for thinking without saying how much.
    """

    effort: Level | None = None
    budget: int | None = None
    shown: bool = False
    on: bool = False


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """The form that an answer must have: any JSON object, or one that follows a schema."""

    schema: Raw | None = None
    name: str = "output"
    strict: bool | None = None


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A field that only the client's own surface carries. `refused` (None: it is left out and reported) says why the request cannot
    go anywhere else.
    """

    field: str
    refused: str | None = None


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `system` are the instructions that stand apart from the turns; `extras` are the body's top-level fields as they
    came, for the surface `origin` that it came from. `problems` are sentences about what no other surface can be given.
    """

    origin: Surface
    model: str
    turns: tuple[Turn, ...]
    system: tuple[Block, ...] = ()
    tools: tuple[Tool, ...] = ()
    choice: ToolChoice = ToolChoice()
    max_tokens: int | None = None
    limit_field: str = "max_tokens"
    stop: tuple[str, ...] = ()
    sampling: Sampling = Sampling()
    thinking: Thinking = Thinking()
    format: Format | None = None
    verbosity: str | None = None
    stream: bool = False
    end_user: str | None = None
    session: str | None = None
    tier: str | None = None
    notes: tuple[Note, ...] = ()
    problems: tuple[str, ...] = ()
    extras: Mapping[str, Raw] = {}


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens, each in one class. `reasoning` is part of `output`. `estimated`: a count was guessed or mended. `rates` name what
    multiplies all prices beside the service tier, as the answer says it (`speed:fast`, `geo:us`).
    """

    uncached: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output: int = 0
    reasoning: int = 0
    estimated: bool = False
    rates: tuple[str, ...] = ()

    @property
    def input(self) -> int:
        """All tokens of the prompt, cached ones included."""
        return self.uncached + self.cache_read + self.cache_write

    @property
    def cache_write(self) -> int:
        """Tokens that were written to the provider's cache."""
        return self.cache_write_5m + self.cache_write_1h


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. `model` is the one that served; `native_stop` is the provider's own word; `incomplete_call`: the last call was cut
    off, and its arguments are no JSON.
    """

    model: str
    blocks: tuple[Block, ...]
    stop: StopReason
    id: str = ""
    stop_sequence: str | None = None
    explanation: str | None = None
    native_stop: str | None = None
    usage: Usage | None = None
    tier: str | None = None
