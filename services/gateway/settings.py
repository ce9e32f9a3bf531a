"""The gateway's settings."""

from typing import Annotated, Literal

from msgspec import Meta

from libs.common.settings import CommonSettings, SharedPort

WorkerCount = Annotated[int, Meta(ge=1, le=64)]
ResponseSeconds = Annotated[float, Meta(ge=0, le=2_592_000)]


class GatewaySettings(CommonSettings, frozen=True, kw_only=True):
    """`key_pepper` and `kek` are auth's. Seconds unless a name says otherwise; sizes in bytes.

    `allowed_hosts` lists hosts (with commas, `host` or `host:port`) that a provider's base URL may name although they
    are not public. `trusted_proxies` lists addresses whose X-Forwarded-For names the real client: your load balancer's.
    `spool_dir` keeps events while the bus is away. `keep_alive` is how long a stream may be silent before a comment goes
    out; `max_concurrency` is requests under way at once, per key and gateway. `flight_wait` is how long a request waits for
    the answer to an identical one that is already on its way. `optimize_rpm` is the optimize API's limit per key and minute;
    with `credits` `off` its calls cost nothing, and without `credit_leasing` each of them is a transaction of the ledger.
    `max_requests` are under way at once in this gateway; an organization may have as many of them as are still free.
    `max_rpm` is the most that a key's own limit may be; `besides_rpm` is the limit per key and minute of calls that use no
    model (lists of models, balances, feedback), `count_rpm` that of counts of tokens. Each store in memory of what callers
    send holds `memory_bytes`, a quarter of them for one organization. After SIGTERM the gateway is unready at once,
    takes requests for `stop_delay_seconds` more, so that a balancer can learn of it, and then streams have `stream_drain_seconds`
    to end.
    An answer may take `plain_timeout`, a stream `stream_timeout` in all; a stream that brings less than `stream_slowest` bytes
    a second over `stream_window` is ended (the default lets a comment every 15 seconds pass). `max_answer_bytes` is the
    largest answer, unpacked. `max_body_bytes` is the largest body of a request; the APIs for agents, which send a whole conversation
    each time (messages, responses, generateContent), take `max_conversation_bytes`.
    Responses that no provider stores are kept for `response_ttl` (3,600 to 2,592,000; 0: none are kept), up to
    `response_quota_bytes` of each organization, the oldest going first (at least 32 MiB).
    `gateway_workers` processes share the port, the spool's directory and the operations port; each bound that is said to be of
    a gateway is each one's own.
    `dashboard_dir` is where the built dashboard lies; without it, `/` says how to get it.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    gateway_workers: WorkerCount = 1
    auth_url: str = "http://127.0.0.1:8001"
    key_pepper: str
    kek: str
    spool_dir: str = "var/spool"
    spool_max_bytes: int = 256 << 20
    allowed_hosts: str = ""
    trusted_proxies: str = ""
    dashboard_dir: str = ""
    openai_base_url: str = "https://api.openai.com/v1"
    anthropic_base_url: str = "https://api.anthropic.com"
    anthropic_version: str = "2023-06-01"
    google_base_url: str = "https://generativelanguage.googleapis.com"
    max_body_bytes: int = 10 << 20
    max_conversation_bytes: int = 32 << 20
    connect_timeout: float = 5.0
    first_byte_timeout: float = 120.0
    idle_timeout: float = 60.0
    plain_timeout: float = 600.0
    stream_timeout: float = 3600.0
    stream_window: float = 120.0
    stream_slowest: float = 0.25
    max_answer_bytes: int = 64 << 20
    keep_alive: float = 15.0
    max_concurrency: int = 1000
    optimize_rpm: int = 100
    credits: Literal["metered", "off"] = "metered"
    credit_leasing: bool = True
    max_requests: int = 2000
    besides_rpm: int = 300
    count_rpm: int = 600
    max_rpm: int = 100_000
    memory_bytes: int = 64 << 20
    stop_delay_seconds: float = 0.0
    stream_drain_seconds: float = 120.0
    flight_wait: float = 600.0
    lookup_budget_ms: float = 80.0
    route_budget_ms: float = 60.0
    optimize_budget_ms: float = 100.0
    ack_budget_ms: float = 250.0
    limit_budget_ms: float = 100.0
    turns_budget_ms: float = 100.0
    responses_budget_ms: float = 500.0
    response_ttl: ResponseSeconds = 604_800.0
    response_quota_bytes: Annotated[int, Meta(ge=32 << 20)] = 512 << 20
    principal_ttl: float = 30.0
    principal_stale: float = 900.0
    body_timeout: float = 10.0

    @property
    def shared_port(self) -> SharedPort | None:
        if self.gateway_workers == 1:
            return None
        drain_seconds = self.stop_delay_seconds + self.stream_drain_seconds + self.drain_seconds
        return SharedPort(self.gateway_workers, self.host, self.port, drain_seconds)
