"""The gateway's settings."""

from typing import Annotated, Literal

from msgspec import Meta

from libs.common.sealing_settings import SealingSettings
from libs.common.settings import SharedPort

WorkerCount = Annotated[int, Meta(ge=1, le=64)]
ResponseSeconds = Annotated[float, Meta(ge=0, le=2_592_000)]
_SHORTEST_RESPONSE = 3_600.0


class GatewaySettings(SealingSettings, frozen=True, kw_only=True):
    """What the gateway can be told. Seconds unless a name says otherwise; sizes in bytes."""

    host: str = "127.0.0.1"
    """Address on which clients are served."""
    port: int = 8000
    """Port on which clients are served."""
    gateway_workers: WorkerCount = 1
    """Processes that share the port, the spool's directory and the operations port; each bound of a gateway is each one's own."""
    auth_url: str = "http://127.0.0.1:8001"
    """Where auth's `/api` is, for what the gateway passes on."""
    spool_dir: str = "var/spool"
    """Where events are kept while the bus is away."""
    spool_max_bytes: int = 256 << 20
    """Bytes that the spool may hold."""
    allowed_hosts: str = ""
    trusted_proxies: str = ""
    dashboard_dir: str = ""
    """Where the built dashboard lies; unset: `/` says how to get it."""
    openai_base_url: str = "https://api.openai.com/v1"
    """OpenAI's API."""
    anthropic_base_url: str = "https://api.anthropic.com"
    """Anthropic's API."""
    anthropic_version: str = "2023-06-01"
    """The version of Anthropic's API that is spoken."""
    google_base_url: str = "https://generativelanguage.googleapis.com"
    """Google's Gemini API."""
    max_body_bytes: int = 10 << 20
    """Bytes of the largest body of a request."""
    max_conversation_bytes: int = 32 << 20
    """The same for agents' APIs (messages, responses, generateContent), which send a whole conversation each time."""
    connect_timeout: float = 5.0
    """Seconds to connect to a provider."""
    first_byte_timeout: float = 120.0
    """Seconds until a provider's first byte."""
    idle_timeout: float = 60.0
    """Seconds between two pieces of a provider's answer."""
    plain_timeout: float = 600.0
    """Seconds that an answer which is not streamed may take in all."""
    stream_timeout: float = 3600.0
    """Seconds that a stream may take in all."""
    stream_window: float = 120.0
    """Seconds over which a stream's pace is measured."""
    stream_slowest: float = 0.25
    """Bytes a second below which a stream is ended; the default lets a comment every 15 seconds pass."""
    max_answer_bytes: int = 64 << 20
    """Bytes of the largest answer, unpacked."""
    keep_alive: float = 15.0
    """Seconds that a stream may be silent before a comment goes out."""
    max_concurrency: int = 1000
    """Requests under way at once, for each key and gateway."""
    optimize_rpm: int = 100
    """Calls of the optimize API, for each key and minute."""
    credits: Literal["metered", "off"] = "metered"
    credit_leasing: bool = True
    """Whether gateways lease credits; otherwise each optimize call is a transaction of the ledger."""
    max_requests: int = 2000
    """Requests under way at once in a gateway; an organization may have as many of them as are free."""
    besides_rpm: int = 300
    """Calls that use no model (lists of models, balances, feedback), for each key and minute."""
    count_rpm: int = 600
    """Counts of tokens, for each key and minute."""
    max_rpm: int = 100_000
    """The most that a key's own limit may be, in requests a minute."""
    memory_bytes: int = 64 << 20
    """Bytes of each store in memory of what callers send, a quarter of them for one organization."""
    stop_delay_seconds: float = 0.0
    """Seconds after SIGTERM in which requests are still taken, so that a balancer can learn that this gateway is unready."""
    stream_drain_seconds: float = 120.0
    """Seconds that streams have to end after SIGTERM."""
    flight_wait: float = 600.0
    """Seconds that a request waits for the answer to an identical one under way."""
    lookup_budget_ms: float = 80.0
    """Milliseconds for a look into the cache."""
    route_budget_ms: float = 60.0
    """Milliseconds for the router."""
    optimize_budget_ms: float = 100.0
    """Milliseconds for the optimizer."""
    ack_budget_ms: float = 250.0
    """Milliseconds until an event is acknowledged, before it goes to the spool."""
    limit_budget_ms: float = 100.0
    """Milliseconds to ask for a share of a limit or a budget."""
    turns_budget_ms: float = 100.0
    """Milliseconds to look up tool calls of earlier turns."""
    responses_budget_ms: float = 500.0
    """Milliseconds to look up a stored response."""
    response_ttl: ResponseSeconds = 604_800.0
    """Seconds for which responses are kept that no provider stores (3,600 to 2,592,000; 0: none are kept)."""
    response_quota_bytes: Annotated[int, Meta(ge=32 << 20)] = 512 << 20
    """Bytes of an organization's stored responses, the oldest going first (at least 32 MiB)."""
    deferral_batch_requests: Annotated[int, Meta(ge=1, le=50_000)] = 500
    """Requests that wait, of one kind, with which a batch goes out."""
    deferral_batch_bytes: Annotated[int, Meta(ge=1, le=100 << 20)] = 16 << 20
    """Bytes of requests that wait, of one kind, with which a batch goes out."""
    deferral_wait_seconds: Annotated[float, Meta(ge=0, le=3600)] = 600.0
    """Seconds after which a batch goes out, however small."""
    deferral_look_seconds: Annotated[float, Meta(gt=0, le=3600)] = 30.0
    """Seconds between two looks at a provider's batch."""
    deferral_lease_seconds: Annotated[float, Meta(ge=1, le=600)] = 60.0
    """Seconds after which another gateway goes on with the batches of one that is gone."""
    deferral_ttl: Annotated[float, Meta(ge=604_800, le=2_592_000)] = 604_800.0
    """Seconds for which answers of batches are kept (604,800 to 2,592,000)."""
    deferral_daily_bytes: int = 256 << 20
    """Bytes of waiting requests and their answers, sealed, that an organization may store in a UTC day (0: no request waits)."""
    capture_ttl: Annotated[float, Meta(ge=3_600, le=2_592_000)] = 604_800.0
    """Seconds for which captured requests are kept, of organizations that have them captured (3,600 to 2,592,000)."""
    capture_daily_bytes: Annotated[int, Meta(ge=0)] = 16 << 20
    """Bytes of an organization's captured requests, sealed, of a UTC day, each counting as 4 KiB at least (0: none are captured)."""
    principal_ttl: float = 30.0
    """Seconds for which auth's answer about a key holds."""
    principal_stale: float = 900.0
    """Seconds for which it holds while auth is away."""
    request_log_share: Annotated[float, Meta(ge=0, le=1)] = 1.0
    """Share of successful requests that get a line in the log, 0 to 1; each failed one gets its line."""
    metrics_by_org: bool = False
    """Whether `/metrics` also counts requests and costs of each organization, by its id, up to a thousand of them."""
    body_timeout: float = 10.0
    """Seconds within which a request's body has to come."""

    def __post_init__(self) -> None:
        SealingSettings.__post_init__(self)
        if 0 < self.response_ttl < _SHORTEST_RESPONSE:
            raise ValueError(f"Expected 0, or at least {_SHORTEST_RESPONSE:,.0f} - at `$.response_ttl`")

    @property
    def shared_port(self) -> SharedPort | None:
        if self.gateway_workers == 1:
            return None
        drain_seconds = self.stop_delay_seconds + self.stream_drain_seconds + self.drain_seconds
        return SharedPort(self.gateway_workers, self.host, self.port, drain_seconds)
