"""What the optimizer answers: shorter messages that mean the same, and what each lever took away."""

from typing import Literal

import msgspec

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.base import Rpc

Lever = Literal["whitespace", "redundancy", "compression", "pruning"]


class OptimizeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`messages` is the request's OpenAI message array as JSON; `model` chooses the tokenizer.

    `settings.level` is the level to apply (a request's own header already taken into account). `keep_cut` is the number
    of leading non-system messages that the last cut of this conversation left out: while it is given, that cut stays
    until the rest has grown to twice the window.
    """

    model: str
    messages: msgspec.Raw
    settings: OptimizationSettings
    keep_cut: int | None = None


class LeverSaving(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens that one lever took away (signed: an injected summary counts against it)."""

    lever: Lever
    tokens: int


class OptimizeReply(msgspec.Struct, frozen=True, kw_only=True):
    """`messages` is the shorter array as JSON, or `null` where nothing `changed` (msgspec has no optional Raw). The levers'
    tokens sum to `original_tokens - optimized_tokens`.

    `exact_tokens` is false where the model's own tokenizer is not at hand and a stand-in counted. `cut` is the number of
    leading non-system messages that were left out, None without a cut.
    """

    messages: msgspec.Raw
    original_tokens: int
    optimized_tokens: int
    levers: tuple[LeverSaving, ...] = ()
    exact_tokens: bool = True
    cut: int | None = None

    @property
    def changed(self) -> bool:
        """Whether there are other messages to send."""
        return bytes(self.messages) != b"null"


OPTIMIZE: Rpc[OptimizeRequest, OptimizeReply] = Rpc(
    "promptly.v1.optimizer.optimize", OptimizeRequest, OptimizeReply, 100
)
