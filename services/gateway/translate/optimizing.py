"""The optimize API on the wire: what comes in, what goes out, and errors in a shape of their own."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from libs.common.contracts.base import DECODE_ERRORS
from libs.common.contracts.optimizer import TextReply
from libs.common.errors import BadRequest, PromptlyError
from services.gateway.domain.invalid import invalid

_MOST_METADATA = 4096
CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    402: "INSUFFICIENT_CREDITS",
    403: "FORBIDDEN",
    409: "IDEMPOTENCY_IN_PROGRESS",
    413: "PAYLOAD_TOO_LARGE",
    422: "IDEMPOTENCY_MISMATCH",
    429: "RATE_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
    503: "SERVICE_UNAVAILABLE",
}
_SHOWN = ("required", "available", "retry_after", "param")


class OptimizeBody(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt to shorten. `target_model` is taken and ignored; `metadata` stays with the log entry, at most 4 KiB."""

    prompt: Annotated[str, Meta(min_length=1, max_length=50_000, description="The prompt to optimize.")]
    similarity_threshold: Annotated[
        float, Meta(ge=0, le=1, description="How similar the shorter prompt has to be.")
    ] = 0.9
    target_model: Any = None
    metadata: dict[str, Any] | None = None


class OptimizeAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shortest prompt that is similar enough; `latency_ms` is in milliseconds."""

    optimized_prompt: str
    original_prompt: str
    original_tokens: Annotated[int, Meta(ge=0, description="What was charged.")]
    compressed_tokens: Annotated[int, Meta(ge=0)]
    tokens_saved: Annotated[int, Meta(ge=0)]
    similarity_score: Annotated[float, Meta(ge=0, le=1)]
    latency_ms: Annotated[float, Meta(ge=0)]
    cache_hit: bool
    optimizer_model: Annotated[str, Meta(description="What shortened the prompt, and what measured it.")]


class Credits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tokens that are left for the optimize API, None where they are not counted; the price is in pounds."""

    balance_tokens: Annotated[int | None, Meta(description="Null where credits are not counted.")]
    currency: Literal["GBP"] = "GBP"
    price_per_million_tokens: float


def read(body: bytes) -> OptimizeBody:
    """The body; a `BadRequest` names what is wrong with it."""
    try:
        asked = msgspec.json.decode(body, type=OptimizeBody)
    except msgspec.ValidationError as error:
        raise invalid(str(error)) from None
    except (*DECODE_ERRORS, RecursionError):
        raise BadRequest("The body is not valid JSON.", code="invalid_json") from None
    if asked.metadata and len(msgspec.json.encode(asked.metadata)) > _MOST_METADATA:
        raise BadRequest("metadata: at most 4 KiB of JSON.", param="metadata")
    return asked


def answer(asked: OptimizeBody, made: TextReply, latency_ms: float, *, cached: bool) -> bytes:
    """The documented answer."""
    return msgspec.json.encode(
        OptimizeAnswer(
            optimized_prompt=made.text,
            original_prompt=asked.prompt,
            original_tokens=made.original_tokens,
            compressed_tokens=made.compressed_tokens,
            tokens_saved=made.original_tokens - made.compressed_tokens,
            similarity_score=made.similarity,
            latency_ms=round(latency_ms, 2),
            cache_hit=cached,
            optimizer_model=made.method,
        )
    )


def tags(metadata: dict[str, Any] | None) -> dict[str, str]:
    """Metadata as the log keeps it: texts as they are, whatever else as JSON."""
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in (metadata or {}).items()
    }


def error_body(error: PromptlyError) -> dict[str, Any]:
    """One of our errors."""
    details = {name: value for name in _SHOWN if (value := getattr(error.details, name)) is not None}
    return body(error.message, error.status, details)


def body(message: str, code: int, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """An error by its status."""
    name = CODES.get(code, "BAD_REQUEST" if code < 500 else "INTERNAL_ERROR")
    return {"success": False, "error": {"code": name, "message": message, "details": details or {}}}
