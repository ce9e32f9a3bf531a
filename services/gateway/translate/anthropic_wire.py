"""What is read of Anthropic's answers: tokens, tiers, the input of a tool, and what an error means."""

import re
from collections.abc import Mapping

import msgspec

from libs.common.contracts.events import TokenClasses
from services.gateway.domain.attempts import Failure
from services.gateway.translate.fields import Counted, Fields, compact, read_object, whole_text
from services.gateway.translate.openai_errors import retry_after
from services.gateway.translate.openai_usage import rates_of

_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_CODES = {
    401: "invalid_api_key",
    402: "insufficient_quota",
    404: "model_not_found",
    413: "request_too_large",
    429: "rate_limit_exceeded",
    529: "overloaded",
}
_NUMBERS = frozenset(map(str, range(400, 600)))
_MAX_ERROR = 64 << 10
_MAX_SENTENCE = 2000
_UNPAID = re.compile(r"credit balance|spend(ing)? limit|API usage limit", re.IGNORECASE)
_TOO_LONG = re.compile(r"prompt is too long|context (window|limit|length)", re.IGNORECASE)
_SECRET = re.compile(r"sk-ant-[\w-]+|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\borg[-_]\w{8,}", re.IGNORECASE)


class Counts(msgspec.Struct, frozen=True):
    """Tokens as Anthropic counts them: input without the cache's; writes of both kinds, and the hour-long among them."""

    input: int = 0
    written: int = 0
    written_1h: int = 0
    read: int = 0
    output: int = 0
    thinking: int = 0
    odd: bool = False
    speed: str = ""
    geo: str = ""

    @property
    def rates(self) -> tuple[str, ...]:
        """What multiplies the prices of all these tokens beside the service tier."""
        return rates_of(self.speed, self.geo)

    def at_least(self, other: "Counts") -> "Counts":
        """The greater of each: a stream's counts are running totals, and not every event has all of them."""
        most = Counts(*map(max, msgspec.structs.astuple(self)[:7], msgspec.structs.astuple(other)[:7]))
        return msgspec.structs.replace(most, speed=self.speed or other.speed, geo=self.geo or other.geo)

    @property
    def billed(self) -> TokenClasses | None:
        """What was charged, if the provider says that anything was."""
        if not (self.input or self.written or self.read or self.output):
            return None
        thinking = min(self.thinking, self.output)
        return TokenClasses(
            uncached_input=self.input,
            cache_read=self.read,
            cache_write_5m=self.written - self.written_1h,
            cache_write_1h=self.written_1h,
            output_text=self.output - thinking,
            output_reasoning=thinking,
        )


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """Anthropic's error object."""

    type: str = ""
    message: str = "The provider reported an error."


def counts_of(usage: Fields) -> Counts:
    """Anthropic's usage object, flat; any part may be missing, null, or of another kind than it should be."""
    seen = Counted()
    by_age = usage.object("cache_creation")
    short = seen.count(by_age, "ephemeral_5m_input_tokens") or 0
    long = seen.count(by_age, "ephemeral_1h_input_tokens") or 0
    return Counts(
        input=seen.count(usage, "input_tokens") or 0,
        written=max(seen.count(usage, "cache_creation_input_tokens") or 0, short + long),
        written_1h=long,
        read=seen.count(usage, "cache_read_input_tokens") or 0,
        output=seen.count(usage, "output_tokens") or 0,
        thinking=seen.count(usage.object("output_tokens_details"), "thinking_tokens") or 0,
        odd=seen.odd,
        speed=usage.name("speed"),
        geo=usage.name("inference_geo"),
    )


def tier_of(usage: Fields) -> str:
    """The service tier that the answer was served with, in OpenAI's words."""
    tier = usage.name("service_tier")
    return "default" if tier == "standard" else tier


def arguments(block: Fields) -> str:
    """A tool block's input as JSON."""
    given = block.values.get("input")
    if given is None or bytes(given) == b"null":
        return "{}"
    value = block.value("input")
    return (value or "{}") if isinstance(value, str) else compact(given)


def error_of(fields: Fields) -> Error | None:
    """The error that an object holds, as an object of its own or as a text."""
    if (found := fields.object("error")).values:
        return Error(type=found.name("type"), message=found.text("message") or Error().message)
    said = fields.text("error") or (fields.text("message") if "content" not in fields.values else "")
    return Error(type=fields.name("code"), message=said) if said else None


def failure(status: int, headers: Mapping[str, str], content: bytes) -> Failure:
    """What an error answer means."""
    fields = read_object(whole_text(content[:_MAX_ERROR]))
    error = (None if fields is None else error_of(fields)) or Error(
        message=f"The provider answered with status {status}."
    )
    return failed(error, status=status, retry_after=retry_after(headers))


def failed(error: Error, *, status: int | None = None, retry_after: float | None = None) -> Failure:
    """The failure that an error object describes; an event of a stream has no status beside its type."""
    status = status or _STATUSES.get(error.type) or (int(error.type) if error.type in _NUMBERS else 500)
    code = _CODES.get(status) or error.type or None
    if status in (400, 402, 403) and (error.type == "billing_error" or _UNPAID.search(error.message)):
        status, code = 402, "insufficient_quota"
    elif status == 400 and _TOO_LONG.search(error.message):
        code = "context_length_exceeded"
    message = _SECRET.sub("[redacted]", error.message[:_MAX_SENTENCE])
    return Failure("status", message, status=status, code=code, retry_after=retry_after)
