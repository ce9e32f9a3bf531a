"""How a request ended: times, tokens, cost."""

from collections.abc import Mapping

import msgspec

from libs.common.catalog import Apart
from libs.common.contracts.events import Status, TokenClasses
from services.gateway.domain.receipt import Receipt
from services.gateway.domain.turns import Kept


class CallTrace(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the calls to providers so far. Times are monotonic seconds; `billed` is what a call that failed cost
    all the same; `dropped` are parameters that the provider has no form for.
    """

    called: float | None = None
    first_byte: float | None = None
    answered: float | None = None
    served_model: str | None = None
    served_tier: str | None = None
    dropped: tuple[str, ...] = ()
    billed: TokenClasses | None = None


class TokenCounts(msgspec.Struct, frozen=True, kw_only=True):
    """An answer's tokens; `estimated` where a figure is not the provider's own."""

    tokens: TokenClasses = TokenClasses()
    apart: Apart = Apart()
    estimated: bool = False


class Metered(msgspec.Struct, frozen=True, kw_only=True):
    """What is billed, or served, by other units than a chat's tokens; the fields are those of `CompletionFinished`."""

    units: Mapping[str, float] = {}
    unpriced: tuple[str, ...] = ()
    items: int = 0
    cached_items: int = 0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One request's end. `status_code` is what the client got; `error` is our code. `original_tokens` are those of the
    client's own messages; `tool_calls` is what is to be kept of the answer's tool calls, by their id.
    `surface` is the provider's API that was called, `raw` whether the client's own bytes went there, `upstream_request_id` what the
    provider calls the request.
    """

    status: Status
    status_code: int = 200
    error: str | None = None
    trace: CallTrace = CallTrace()
    counts: TokenCounts = TokenCounts()
    original_tokens: int = 0
    receipt: Receipt | None = None
    shadow_savings_nano: int | None = None
    tool_calls: Mapping[str, Kept] = {}
    metered: Metered = Metered()
    surface: str | None = None
    raw: bool = False
    upstream_request_id: str | None = None
