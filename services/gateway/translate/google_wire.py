"""What is read of Gemini's answers, whole or one event of a stream."""

from typing import Any

import msgspec

from libs.common.contracts.base import UNREADABLE, decoder
from services.gateway.domain.attempts import Failure
from services.gateway.translate.google_errors import inside


class _Reply(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Google leaves out what is empty, and other servers of its format say null."""


class Call(_Reply, frozen=True, kw_only=True):
    """A call of a function, with its arguments complete."""

    name: str
    id: str | None = None
    args: dict[str, Any] | None = None


class Part(_Reply, frozen=True, kw_only=True):
    """A piece of content. Kinds that OpenAI's format has no place for are not read."""

    text: str | None = None
    thought: bool | None = None
    function_call: Call | None = None
    thought_signature: str | None = None


class Content(_Reply, frozen=True, kw_only=True):
    """The model's turn, or a stretch of it."""

    parts: list[Part] | None = None


class Alternative(_Reply, frozen=True, kw_only=True):
    """A token that could have stood there."""

    token: str = ""
    log_probability: float = 0.0


class Alternatives(_Reply, frozen=True, kw_only=True):
    """The likeliest tokens of one place."""

    candidates: list[Alternative] | None = None


class Logprobs(_Reply, frozen=True, kw_only=True):
    """How likely each token was, and what else was likely there."""

    chosen_candidates: list[Alternative] | None = None
    top_candidates: list[Alternatives] | None = None


class Candidate(_Reply, frozen=True, kw_only=True):
    """One answer."""

    content: Content | None = None
    finish_reason: str | None = None
    index: int | None = None
    logprobs_result: Logprobs | None = None

    @property
    def parts(self) -> list[Part]:
        """Its parts, also where there is no content at all."""
        return (self.content.parts if self.content is not None else None) or []


class Feedback(_Reply, frozen=True, kw_only=True):
    """Why there is no answer, if there is none."""

    block_reason: str | None = None


class Counts(_Reply, frozen=True, kw_only=True):
    """Tokens. The prompt's include cached ones; the candidates' mostly leave out thoughts."""

    prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    total_token_count: int | None = None


class Reply(_Reply, frozen=True, kw_only=True):
    """What is read of a `GenerateContentResponse`."""

    candidates: list[Candidate] | None = None
    prompt_feedback: Feedback | None = None
    usage_metadata: Counts | None = None
    model_version: str | None = None
    response_id: str | None = None
    error: Any = None

    @property
    def blocked(self) -> str | None:
        """Why the prompt was refused; None: it was not."""
        return self.prompt_feedback.block_reason if self.prompt_feedback is not None else None


def reply(data: bytes) -> Reply:
    """A whole answer or one event of a stream. `Failure` for an error object, bare or in a list, and for anything else."""
    try:
        bare: Reply | list[Reply] = decoder(Reply | list[Reply]).decode(data)
        (found,) = [bare] if isinstance(bare, Reply) else bare
    except (*UNREADABLE, ValueError):
        raise Failure("malformed", "The answer is not one of Gemini's.") from None
    if found.error:
        raise inside(data)
    return found
