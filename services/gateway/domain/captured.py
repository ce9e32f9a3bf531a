"""Which requests are captured, and what is kept of one."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

import msgspec

from libs.common.contracts.events import CompletionFinished, TokenClasses
from libs.common.contracts.gateway import Captured, CapturedKind
from services.gateway.domain import holdout
from services.gateway.domain.request import Request

MAX_BODY: Final = 1 << 20
_SAMPLE: Final = 0.1
_RANGE: Final = 1 << 64
_KINDS: Final[Mapping[str, CapturedKind]] = {"chat": "chat", "messages": "messages", "responses": "responses"}
_ANSWERED: Final = ("success", "fallback", "cached")


class CapturedRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request as its client sent it, and what came of it: the tokens that the provider counted (none, where the cache answered), those of
    the request as it came, the tier that served it, why the answer ended, and nano-dollars, None where a price is unknown.
    """

    id: str
    kind: CapturedKind
    time_ms: int
    key_id: str
    body: msgspec.Raw
    user_id: str | None = None
    session: str | None = None
    agent: str | None = None
    served_tier: str | None = None
    stop: str | None = None
    tokens: TokenClasses = TokenClasses()
    original_tokens: int = 0
    actual_nano: int | None = None
    baseline_nano: int | None = None

    @property
    def known(self) -> Captured:
        """What may be seen without its text."""
        size = len(bytes(self.body))
        return Captured(id=self.id, kind=self.kind, time_ms=self.time_ms, user_id=self.user_id, bytes=size)


def captured(request: Request, event: CompletionFinished) -> CapturedRequest | None:
    """What is kept of a request; None where it is not to be: the organization does not want it, the request says `store: false`, it is
    none of a chat's or of an agent's, it was not answered, it is larger than `MAX_BODY`, or it is in no sample.
    """
    mode, kind, body = request.principal.settings.capture, _KINDS.get(request.kind), request.envelope.raw
    if mode == "none" or kind is None or len(body) > MAX_BODY or event.status not in _ANSWERED:
        return None
    if bytes(request.envelope.top.get("store", b"")).strip() == b"false":
        return None
    if mode == "sampled" and not _in_sample(request):
        return None
    return CapturedRequest(
        id=request.id,
        kind=kind,
        time_ms=request.time_ms,
        key_id=request.principal.key_id,
        body=msgspec.Raw(body),
        user_id=request.principal.user_id,
        session=request.envelope.session,
        agent=request.envelope.agent,
        served_tier=event.service_tier,
        stop=event.stop,
        tokens=event.tokens,
        original_tokens=event.original_tokens,
        actual_nano=event.actual_cost_nano,
        baseline_nano=event.baseline_cost_nano,
    )


def _in_sample(request: Request) -> bool:
    """Whole conversations: what one turn repeats of another is half of what there is to be seen."""
    org_id = request.principal.org_id
    name = request.conversation or holdout.conversation(org_id, request.envelope, request.chat) or request.id
    key = blake2b(org_id.encode(), digest_size=32).digest()
    digest = blake2b(name.encode(), key=key, person=b"capture", digest_size=8).digest()
    return int.from_bytes(digest) < _SAMPLE * _RANGE
