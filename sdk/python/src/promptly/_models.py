"""What Promptly answers, beside and beyond what OpenAI's API answers."""

from typing import Any

from openai import BaseModel
from openai.types.chat import ChatCompletion as _ChatCompletion
from openai.types.chat import ChatCompletionChunk as _ChatCompletionChunk


class Metadata(BaseModel):
    """What became of a request: models, tokens, and the dollars that were saved."""

    baseline_model: str
    """The model that was asked for."""
    routed_model: str
    """The model that was chosen."""
    original_tokens: int
    optimized_tokens: int
    savings: float | None = None
    """Dollars; None where a price is unknown."""
    cache_hit: bool
    latency_ms: float
    request_id: str
    """What `client.feedback` takes."""
    provider: str | None = None
    served_model: str | None = None
    """The name that was sent to the provider."""
    complexity: str | None = None
    cache_similarity: float | None = None
    cache_entry_id: str | None = None
    routing_reason: str | None = None
    """Why this model: rule, classifier, manual, not_dearer, not_capable, not_reachable, abstained, pinned or budget."""
    routing_signals: list[str] = []
    budget_exceeded: str | None = None
    """The budget that had no room, and wanted the request to be routed as a simple one."""
    effort: str | None = None
    """How much the model was asked to think, where that is less than it does by itself."""
    shadow_model: str | None = None
    shadow_savings: float | None = None
    optimizations: list[str] = []
    """What changed something."""
    content_kinds: dict[str, int] = {}
    """How many messages hold prose, data, structured, code, layout or unknown content."""
    left_out: dict[str, int] = {}
    """What was not sent: messages, results, documents."""
    not_done: list[str] = []
    """Cuts that were left out because they would have cost more than they save."""
    fallback_used: bool = False
    degraded: list[str] = []
    """Parts that the request went without."""
    dropped_params: list[str] = []
    """Parameters that the provider has no word for."""
    model_note: str | None = None
    rule: str | None = None
    """The rule that chose the model."""
    usage_estimated: bool = False


class ChatCompletion(_ChatCompletion):
    """OpenAI's answer, and what became of the request."""

    promptly_metadata: Metadata | None = None


class ChatCompletionChunk(_ChatCompletionChunk):
    """OpenAI's chunk; the last one of a stream says what became of the request."""

    promptly_metadata: Metadata | None = None


class OptimizedPrompt(BaseModel):
    """The shortest form of a prompt that is still similar enough."""

    optimized_prompt: str
    original_prompt: str
    original_tokens: int
    """What was charged."""
    compressed_tokens: int
    tokens_saved: int
    similarity_score: float
    latency_ms: float
    cache_hit: bool
    optimizer_model: str


class Credits(BaseModel):
    """What is left for `client.optimize`."""

    balance_tokens: int | None = None
    """None where credits are not counted."""
    currency: str
    price_per_million_tokens: float


class Feedback(BaseModel):
    """Feedback as it was kept."""

    request_id: str
    rating: str
    evicted: bool
    """Whether a cached answer was removed for it."""


def metadata_of(answer: Any) -> Metadata | None:
    """The metadata of anything that Promptly answered, also to a wrapped client, where no type tells of it."""
    found = getattr(answer, "promptly_metadata", None)
    if found is None or isinstance(found, Metadata):
        return found
    return Metadata.construct(**found)
