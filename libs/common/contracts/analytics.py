"""What analytics answers about an organization's requests. Times are milliseconds since the epoch, UTC; `to_ms` excluded."""

from typing import Literal

import msgspec

from libs.common.contracts.base import Event, Rpc
from libs.common.contracts.events import CompletionFinished
from libs.common.contracts.experiments import ExperimentQuery, ExperimentResults


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """An organization and a stretch of time."""

    org_id: str
    from_ms: int
    to_ms: int


class RequestCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Requests by how they ended."""

    total: int
    success: int
    fallback: int
    cached: int
    error: int
    cancelled: int


class CacheCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Hits by layer; the rate is over all requests, 0 to 1."""

    exact_hits: int
    semantic_hits: int
    hit_rate: float


class TokenCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Prompt tokens before and after, and what was generated."""

    original: int
    optimized: int
    saved: int
    output: int


class Latencies(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds, true to two percent; None where there were no requests. `overhead` is what we added, `provider` what
    the provider took where one was asked, `first_byte` how long the first piece of a streamed answer took.
    """

    p50: float | None
    p95: float | None
    p99: float | None
    overhead_p50: float | None
    overhead_p95: float | None
    provider_p50: float | None = None
    provider_p95: float | None = None
    first_byte_p50: float | None = None
    first_byte_p95: float | None = None


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """Totals of a period. Money is nano-dollars over the priced requests; `unpriced_requests` counts the others.

    `data_as_of_ms` is the newest event that is already counted. `error_rate` is 0 to 1.
    """

    requests: RequestCounts
    cache: CacheCounts
    tokens: TokenCounts
    cost_nano: int
    baseline_cost_nano: int
    savings_nano: int
    error_rate: float
    latency_ms: Latencies
    unpriced_requests: int
    data_as_of_ms: int | None


class SavingsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A period cut into hours, days or weeks (UTC; weeks start on Monday)."""

    org_id: str
    from_ms: int
    to_ms: int
    interval: str = "day"


class SavingsPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One interval, by its start."""

    time_ms: int
    requests: int
    cost_nano: int
    baseline_cost_nano: int
    savings_nano: int
    tokens_saved: int


class SavingsSeries(msgspec.Struct, frozen=True, kw_only=True):
    """Intervals in order of time; those without requests are left out."""

    points: tuple[SavingsPoint, ...]


class ModelUse(msgspec.Struct, frozen=True, kw_only=True):
    """What one served model did; `share` is of all requests, 0 to 1."""

    model: str
    provider: str | None
    requests: int
    share: float
    input_tokens: int
    output_tokens: int
    cost_nano: int
    savings_nano: int
    latency_p50_ms: float | None
    error_rate: float
    latency_p95_ms: float | None = None
    latency_p99_ms: float | None = None


class Models(msgspec.Struct, frozen=True, kw_only=True):
    """Most requests first."""

    models: tuple[ModelUse, ...]


class LeverUse(msgspec.Struct, frozen=True, kw_only=True):
    """What one lever brought; `requests` counts those in which it took something away."""

    lever: str
    requests: int
    tokens_saved: int
    savings_nano: int


class Levers(msgspec.Struct, frozen=True, kw_only=True):
    """Largest savings first; their sum is `total_nano`."""

    levers: tuple[LeverUse, ...]
    total_nano: int


class LatencyQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A period cut into hours, days or weeks (UTC), of all requests or of those that one model served."""

    org_id: str
    from_ms: int
    to_ms: int
    interval: str = "day"
    model: str | None = None


class LatencyPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One interval, by its start. Of a single model only the latencies as a whole are kept."""

    time_ms: int
    requests: int
    latency_ms: Latencies


class LatencySeries(msgspec.Struct, frozen=True, kw_only=True):
    """Intervals in order of time; those without requests are left out."""

    points: tuple[LatencyPoint, ...]


MERGED_KEY = "playground"


class BreakdownQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A period, broken down by one or two dimensions: key, endpoint, model, provider, user, team, client, error (the code of a
    failed request's error), or a tag as "tag:name". Of user, team, client, error and tags at most one. `filters` are values that dimensions
    must have. With an `interval` (hour, day, week, month in `time_zone`) each row has its points, and with `previous` what the period
    before had, of the same length or months. `merged_keys` are keys that count as one, whose value is `MERGED_KEY`.
    """

    org_id: str
    from_ms: int
    to_ms: int
    by: tuple[str, ...]
    filters: dict[str, str] = {}
    interval: str | None = None
    time_zone: str = "UTC"
    previous: bool = False
    limit: int = 100
    merged_keys: tuple[str, ...] = ()


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """Requests added up. Money is nano-dollars of the requests whose baseline and actual cost are both known; the others are
    `unpriced_requests`. Calls of the optimize API are not among them.
    """

    requests: int = 0
    errors: int = 0
    cached: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    tokens_saved: int = 0
    cost_nano: int = 0
    baseline_cost_nano: int = 0
    unpriced_requests: int = 0


class BreakdownPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What a row had in one interval, by the interval's start."""

    time_ms: int
    use: Use


class BreakdownRow(msgspec.Struct, frozen=True, kw_only=True):
    """One value of each dimension. Points of intervals without requests are left out."""

    values: tuple[str, ...]
    use: Use
    previous: Use | None = None
    points: tuple[BreakdownPoint, ...] = ()


class Breakdown(msgspec.Struct, frozen=True, kw_only=True):
    """The rows that cost most, up to the limit. `other` is what further rows have, `without` what requests have that carry no such user,
    client, error or tag; with the rows they make the `total`. `intervals` are the starts of all of them, `partial` those that the period
    only touches. The period before is given where it was asked for.
    """

    rows: tuple[BreakdownRow, ...]
    other: Use
    without: Use
    total: Use
    previous_total: Use | None = None
    previous_from_ms: int | None = None
    previous_to_ms: int | None = None
    intervals: tuple[int, ...] = ()
    partial: tuple[int, ...] = ()


class RequestQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the request log, newest first. `cursor` is the `next_cursor` of the page before; `ids`, where given, are
    the only entries that may be on it. `semantic` leaves only semantic hits, `cache_entry_id` only those of one entry; `tag` is a name
    and the value that it must have; `error_code` leaves failed requests alone, `min_latency_ms` those that took as long or longer.
    """

    org_id: str
    limit: int = 50
    cursor: str | None = None
    model: str | None = None
    status: str | None = None
    cache_hit: bool | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    key_id: str | None = None
    kind: str | None = None
    session: str | None = None
    client: str | None = None
    arm: str | None = None
    conversation: str | None = None
    end_user: str | None = None
    tag: tuple[str, str] | None = None
    team_id: str | None = None
    error_code: str | None = None
    min_latency_ms: float | None = None
    ids: tuple[str, ...] | None = None
    semantic: bool = False
    cache_entry_id: str | None = None


class RequestPage(msgspec.Struct, frozen=True, kw_only=True):
    """Log entries, and where the next page starts (None at the end)."""

    requests: tuple[CompletionFinished, ...]
    next_cursor: str | None


class RequestById(msgspec.Struct, frozen=True, kw_only=True):
    """One log entry of an organization."""

    org_id: str
    id: str


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """What the client thought of an answer; `time_ms` is when it said so last."""

    rating: Literal["good", "bad"]
    cache_wrong: bool
    comment: str | None
    time_ms: int


class RequestEntry(CompletionFinished, frozen=True, kw_only=True):
    """A log entry, with what was said about it since."""

    feedback: Feedback | None = None


class RequestsLogged(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of requests that have just been written to the log, by organization."""

    ids: dict[str, tuple[str, ...]]


OVERVIEW: Rpc[Period, Overview] = Rpc("promptly.v1.analytics.overview", Period, Overview, 5000)
SAVINGS: Rpc[SavingsQuery, SavingsSeries] = Rpc("promptly.v1.analytics.savings", SavingsQuery, SavingsSeries, 5000)
MODELS: Rpc[Period, Models] = Rpc("promptly.v1.analytics.models", Period, Models, 5000)
LEVERS: Rpc[Period, Levers] = Rpc("promptly.v1.analytics.levers", Period, Levers, 5000)
LATENCIES: Rpc[LatencyQuery, LatencySeries] = Rpc("promptly.v1.analytics.latencies", LatencyQuery, LatencySeries, 5000)
BREAKDOWN: Rpc[BreakdownQuery, Breakdown] = Rpc("promptly.v1.analytics.breakdown", BreakdownQuery, Breakdown, 5000)
REQUESTS: Rpc[RequestQuery, RequestPage] = Rpc("promptly.v1.analytics.requests", RequestQuery, RequestPage, 5000)
REQUEST: Rpc[RequestById, RequestEntry] = Rpc("promptly.v1.analytics.request", RequestById, RequestEntry, 5000)
REQUESTS_LOGGED: Event[RequestsLogged] = Event("promptly.v1.events.requests.logged", RequestsLogged, False)


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What the requests cost, in nano-dollars, that are in the log since `from_ms` and fit a query in all but its model and its page;
    unpriced ones count nothing.
    """

    nano: int


SPENT: Rpc[RequestQuery, Spent] = Rpc("promptly.v1.analytics.spent", RequestQuery, Spent, 2000)


class LeaseOf(msgspec.Struct, frozen=True, kw_only=True):
    """A lease of an organization's credits."""

    org_id: str
    lease_id: str


class Charged(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens that requests were charged under it."""

    tokens: int


CHARGED: Rpc[LeaseOf, Charged] = Rpc("promptly.v1.analytics.charged", LeaseOf, Charged, 2000)
EXPERIMENT: Rpc[ExperimentQuery, ExperimentResults] = Rpc(
    "promptly.v1.analytics.experiment", ExperimentQuery, ExperimentResults, 10_000
)
