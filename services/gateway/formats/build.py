"""What a provider's surface gets to build a request from, and what it gives back."""

from collections.abc import Iterable, Mapping

import msgspec

from libs.common.catalog import Model
from services.gateway.domain.turns import Kept
from services.gateway.formats.blocks import Ask, Level, Surface, Thinking
from services.gateway.formats.tool_names import ToolName


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to answer. `known` is the catalogue's model (None: somebody's own server). `recalled` holds what was kept of earlier
    tool calls, by their id. `without` names fields that are not to be added, because the server refuses them. `named` False: the
    client named another model, so that what this one refuses of a request in the provider's own format is left out.
    """

    model: str
    known: Model | None = None
    stream: bool = False
    recalled: Mapping[str, Kept] = {}
    without: frozenset[str] = frozenset()
    named: bool = True

    def clamped(self, limit: int) -> int:
        """A limit of output tokens, no greater than the model's own."""
        known = self.known.max_output_tokens if self.known is not None else 0
        return min(limit, known) if known else limit


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's request body. `dropped` names the client's fields that it does not carry as they were, `added` those that the
    client did not send. `names` are the client's tools by the names that went out, `stop` the sequences that the provider does not
    take, so that the answer has to be cut here.
    """

    body: bytes
    dropped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    names: Mapping[str, ToolName] = {}
    stop: tuple[str, ...] = ()


_LEVELS: tuple[tuple[int, Level], ...] = (
    (1024, "low"),
    (4096, "medium"),
    (16_384, "high"),
    (32_000, "xhigh"),
)


def effort_of(thinking: Thinking) -> Level | None:
    """How much to think, as an effort; None: not said. A number of tokens becomes the least effort that has as many."""
    if thinking.effort is not None or thinking.budget is None or thinking.budget < 0:
        return thinking.effort
    if thinking.budget == 0:
        return "none"
    return next((level for budget, level in _LEVELS if thinking.budget <= budget), "xhigh")


# What a client calls a field, where its format has another name for it than `Ask` has.
_FIELDS: Mapping[Surface, Mapping[str, str]] = {
    "messages": {"reasoning": "thinking", "stop": "stop_sequences", "response_format": "output_config.format"},
    "responses": {"logprobs": "top_logprobs", "response_format": "text.format", "verbosity": "text.verbosity"},
    "generate": {
        "reasoning": "thinkingConfig",
        "response_format": "responseJsonSchema",
        "tool_choice": "toolConfig",
        "top_p": "topP",
        "top_k": "topK",
        "stop": "stopSequences",
        "presence_penalty": "presencePenalty",
        "frequency_penalty": "frequencyPenalty",
        "logprobs": "responseLogprobs",
        "service_tier": "serviceTier",
    },
}
_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


def client_fields(ask: Ask, lost: Iterable[str]) -> tuple[str, ...]:
    """The client's names of fields, each once."""
    names = _FIELDS.get(ask.origin, {})
    return tuple(dict.fromkeys(ask.limit_field if name in _LIMITS else names.get(name, name) for name in lost))
