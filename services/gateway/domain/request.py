"""A client's request, parsed. Never changed: what is decided about it is a `Plan`, what came of it an `Outcome`."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, TypeVar

import msgspec

from libs.common.contracts.auth import OptimizationSettings, Principal
from libs.common.contracts.events import Arm, LeverName
from services.gateway.domain.cache_key import CacheKey
from services.gateway.domain.chat import Chat
from services.gateway.domain.overrides import Overrides
from services.gateway.domain.targets import Target
from services.gateway.domain.turns import CallIds

Kind = Literal["chat", "completion", "messages", "responses", "generate", "count", "embedding", "passthrough"]

_EPOCH = date(1970, 1, 1)
_DAY_MS = 86_400_000


@lru_cache(8)  # asked for eight times a request
def _day(number: int) -> date:
    return _EPOCH + timedelta(days=number)


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came over HTTP. Header names are lower-case; `accepted` is monotonic seconds, `time_ms` the same moment
    since the epoch; `principal` is whom the key belongs to, where that is known already.
    """

    request_id: str
    accepted: float
    time_ms: int
    api_key: str | None
    body: bytes
    headers: dict[str, str]
    query: str = ""
    principal: Principal | None = None


E = TypeVar("E", bound="Envelope")


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What the pipeline reads of a request, whatever its format.

    `raw` is the body, `top` its top-level values as they came, decoded once. `max_tokens` is for each of `choices` answers,
    `tier` the service tier; `session` and `agent` name the conversation and the subagent if the client does, `tools` is how many
    tools there are. `earlier_bytes` is how much of a stored conversation goes
    out with it; `flags` are features of the format that bind a request to a provider or switch levers off, by names of the
    endpoint's own. `routable`: another model may answer; `shortenable`: texts of its messages may be changed.
    """

    raw: bytes
    top: Mapping[str, msgspec.Raw]
    model: str
    stream: bool = False
    max_tokens: int | None = None
    choices: int = 1
    end_user: str | None = None
    tier: str | None = None
    session: str | None = None
    agent: str | None = None
    tools: int = 0
    earlier_bytes: int = 0
    flags: frozenset[str] = frozenset()
    routable: bool = True
    shortenable: bool = True


def identified(envelope: E, principal: Principal) -> E:
    """The envelope, with the end user whom a caller's token names in the place of whom the client names."""
    return envelope if principal.end_user is None else msgspec.structs.replace(envelope, end_user=principal.end_user)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request and the settings that it runs under. Times as in `Incoming`.

    `chat` is the request as OpenAI's chat format has it, which is what optimizer, router and semantic cache read; None: no lever
    applies. `calls` are the tool calls in the conversation; under `session_name` the session's model is kept (None: the
    conversation says it all, or nobody asks). `requested` is where the requested model can be had, None where no
    key reaches it; `client` is the family of its user agent; `cache_key` is None where the answer may not be cached.
    `alias` is the organization's own name that the client called the model by, `fallbacks` are models that may answer where the requested
    one fails. `arm` is the side of the experiment that its conversation is on, `conversation` that one's digest, and `lever_arms` says of
    each lever with an arm of its own whether it is on.
    """

    id: str
    accepted: float
    time_ms: int
    kind: Kind
    principal: Principal
    envelope: Envelope
    chat: Chat | None
    overrides: Overrides
    settings: OptimizationSettings
    calls: CallIds = CallIds()
    requested: Target | None = None
    session_name: str | None = None
    client: str | None = None
    cache_key: CacheKey | None = None
    trace_id: str | None = None
    arm: Arm | None = None
    conversation: str | None = None
    lever_arms: Mapping[LeverName, bool] = {}
    alias: str | None = None
    fallbacks: tuple[Target, ...] = ()

    @property
    def baseline_model(self) -> str:
        """The model that the client requested, or that its alias stands for."""
        return self.envelope.model

    @property
    def day(self) -> date:
        """The day, in UTC, whose prices apply."""
        return _day(self.time_ms // _DAY_MS)

    @property
    def messages(self) -> msgspec.Raw:
        """The messages as the client sent them; empty where there is no chat view."""
        return msgspec.Raw(b"[]") if self.chat is None else self.chat.raw["messages"]
