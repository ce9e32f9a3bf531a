"""What the optimizer answers: shorter messages that mean the same, and what each lever took away."""

from typing import Annotated, Literal

import msgspec

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.base import Rpc

Lever = Literal["whitespace", "redundancy", "compression", "pruning", "tools", "images"]
Outcome = Literal["applied", "off", "nothing_found", "not_worth_it", "vetoed", "gated"]


class OptimizeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`messages` is the request's OpenAI message array as JSON; `model` chooses the tokenizer.

    `settings.level` is the level to apply (a request's own header already taken into account). `keep_cut` is the number
    of leading non-system messages that the last cut of this conversation left out: while it is given, that cut stays
    until the rest has grown to twice the window. `tools` says that the request declares tools.
    `org_id` is whose text it is: long texts of one organization do not keep those of others waiting.

    `held` are the positions of messages that stay, every byte of them; `fixed` those of messages whose texts stay, though the message
    may be left out. `placed` asks for the reply's `positions`, with or without an explanation.

    Of a long conversation only its end has to be sent: `known` messages of `known_bytes` bytes stand before those of `messages`, and
    `beginning` is their digest (`libs/common/beginnings.py`, in hexadecimal). Whoever does not have them says so (`missing`), and is to
    be asked again with all of them. `refer` has the reply name messages that stay as they came by their positions; where some are
    `known` it always does.

    `definitions` are the texts that the request's tools are described with.
    """

    model: str
    messages: msgspec.Raw
    settings: OptimizationSettings
    keep_cut: int | None = None
    warm_tokens: int = 0
    cached_price_share: float = 1.0
    explain: bool = False
    tools: bool = False
    org_id: str = ""
    held: tuple[int, ...] = ()
    fixed: tuple[int, ...] = ()
    placed: bool = False
    known: Annotated[int, msgspec.Meta(ge=0)] = 0
    known_bytes: Annotated[int, msgspec.Meta(ge=0)] = 0
    beginning: str = ""
    refer: bool = False
    definitions: tuple[str, ...] = ()


class LeverSaving(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens that one lever took away (signed: an injected summary counts against it)."""

    lever: Lever
    tokens: int


class StepNote(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one step of a lever, and why; `message` is the position of the message it is about, if it is about one.

    `off`: the level or a switch leaves it out; `nothing_found`; `not_worth_it`: it would not save; `vetoed`: it would have
    lost something that must stay; `gated`: the request is not of the kind that it is for.
    """

    step: str
    lever: Lever
    outcome: Outcome
    tokens: int = 0
    message: int | None = None
    reason: str = ""


class PartNote(msgspec.Struct, frozen=True, kw_only=True):
    """What the `part`-th text of a message is. `left_alone` is a sentence that says why levers leave it, or some of it, as it
    came; empty where they need not.

    `prose` is what levers may shorten; `data`, `structured`, `code`, `layout` and `unknown` are sent byte for byte.
    """

    message: int
    part: int
    role: str
    kinds: tuple[str, ...]
    left_alone: str = ""


class OptimizeReply(msgspec.Struct, frozen=True, kw_only=True):
    """`messages` is the shorter array as JSON, or `null` where nothing `changed` (msgspec has no optional Raw). The levers'
    tokens sum to `original_tokens - optimized_tokens`.

    `exact_tokens` is false where the model's own tokenizer is not at hand and a stand-in counted. `cut` is the number of
    leading non-system messages that were left out, None without a cut. Where an explanation was asked for, `notes` say what
    each step did, `positions` where each message of the shorter array stood in the original one (-1: it was put in), and
    `parts` what each text is. `positions` can be asked for by themselves.

    `content` counts the messages by the kinds of content that they hold, and `left_out` what is not sent any more:
    `messages`, `results` cut short or pointed back to, turns with `documents` left out.

    Where the request asks to `refer`, a number in `messages` is the position of a message that is sent as it came. `missing`: the
    request's `known` messages are not known here, and nothing else is said.

    `definitions` are the shorter texts for those of the request, in its order, empty where one stays; none where none is shorter.
    They take away `definition_tokens`, which are in no other figure. `gist`: the images are only looked at for their gist, so that low
    detail would do. Both are said for levers on trial, too: whoever asks knows which are on.
    """

    messages: msgspec.Raw
    original_tokens: int
    optimized_tokens: int
    levers: tuple[LeverSaving, ...] = ()
    exact_tokens: bool = True
    cut: int | None = None
    notes: tuple[StepNote, ...] = ()
    positions: tuple[int, ...] = ()
    parts: tuple[PartNote, ...] = ()
    content: dict[str, int] = msgspec.field(default_factory=dict)
    left_out: dict[str, int] = msgspec.field(default_factory=dict)
    missing: bool = False
    definitions: tuple[str, ...] = ()
    definition_tokens: int = 0
    gist: bool = False

    @property
    def changed(self) -> bool:
        """Whether there are other messages to send."""
        return bytes(self.messages) != b"null"


class TextRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Shorten one text of `org_id` as far as it stays at or above a similarity (0 to 1) to what it was."""

    text: str
    similarity_threshold: float = 0.9
    org_id: str = ""


class TextReply(msgspec.Struct, frozen=True, kw_only=True):
    """The strongest rewrite that stays at or above the threshold; the text itself, similarity 1, where none does.

    `similarity` is measured between both texts; tokens are o200k's. `method` names what shortened and what measured.
    """

    text: str
    similarity: float
    original_tokens: int
    compressed_tokens: int
    method: str


OPTIMIZE: Rpc[OptimizeRequest, OptimizeReply] = Rpc(
    "promptly.v1.optimizer.optimize", OptimizeRequest, OptimizeReply, 100
)
OPTIMIZE_TEXT: Rpc[TextRequest, TextReply] = Rpc("promptly.v1.optimizer.optimize_text", TextRequest, TextReply, 2000)
