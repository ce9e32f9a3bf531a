"""How a request ended: times, tokens, cost."""

from collections.abc import Mapping

import msgspec

from libs.common.catalog import NOTHING_APART, Apart
from libs.common.contracts.events import LeverShare, Status, TokenClasses
from services.gateway.domain.prefix_writes import Breakpoints
from services.gateway.domain.receipt import Receipt
from services.gateway.domain.trials import NOTHING_TRIED, Tried
from services.gateway.domain.turns import Kept


class CallTrace(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the calls to providers so far. Times are monotonic seconds; `billed` is what a call that failed cost
    all the same; `dropped` are parameters that the provider has no form for. `target_surface` is the provider's API that was called,
    `raw` whether the client's own request went out; `upstream_request_id` is the provider's name for the call;
    `breakpoints` what it was asked to cache by us, and not by the client; `deferred` whether we asked for its slower tier, and `tried` what
    the levers on trial did.
    """

    called: float | None = None
    first_byte: float | None = None
    answered: float | None = None
    served_model: str | None = None
    served_tier: str | None = None
    dropped: tuple[str, ...] = ()
    target_surface: str | None = None
    raw: bool = False
    upstream_request_id: str | None = None
    breakpoints: Breakpoints | None = None
    deferred: bool = False
    tried: Tried = NOTHING_TRIED
    billed: TokenClasses | None = None


class TokenCounts(msgspec.Struct, frozen=True, kw_only=True):
    """An answer's tokens; `estimated` where a figure is not the provider's own. `rates` name what multiplies all prices beside
    the service tier, as the answer says it.
    """

    tokens: TokenClasses = TokenClasses()
    apart: Apart = NOTHING_APART
    rates: tuple[str, ...] = ()
    estimated: bool = False


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One request's end. `status_code` is what the client got; `error` is our code. `original_tokens` are those of the
    client's own messages; `tool_calls` is what is to be kept of the answer's tool calls, by their id. `stop` is the
    provider's word for why the answer ended, `units` what it counted apart from tokens, of which those `unpriced` have no
    known price; `parts` are the models and tokens of an answer that several calls of models made; `stored` whether the
    answer is kept for a follow-up. An embedding call has `items`, of which `cached_items` came from the cache.
    """

    status: Status
    status_code: int = 200
    error: str | None = None
    trace: CallTrace = CallTrace()
    counts: TokenCounts = TokenCounts()
    original_tokens: int = 0
    receipt: Receipt | None = None
    shadow_savings_nano: int | None = None
    shadow_levers: tuple[LeverShare, ...] = ()
    tool_calls: Mapping[str, Kept] = {}
    stop: str | None = None
    units: Mapping[str, float] = {}
    parts: tuple[tuple[str, TokenClasses], ...] = ()
    unpriced: tuple[str, ...] = ()
    stored: bool = False
    items: int = 0
    cached_items: int = 0
