"""Which side of the experiment a conversation is on, and what the side without levers runs under."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

import msgspec

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.events import Arm
from libs.common.contracts.levers import LEVERS_OFF, LeverName
from libs.common.conversation import system_text
from services.gateway.domain.chat import Chat, Message
from services.gateway.domain.overrides import Overrides
from services.gateway.domain.request import Envelope, Request

# What has conversations. The other kinds have no lever but the cache of vectors, and are in no experiment.
KINDS: Final = ("chat", "completion", "messages", "responses", "generate")
_RANGE: Final = 1 << 64


def conversation(org_id: str, envelope: Envelope, chat: Chat | None) -> str | None:
    """A digest that stays the same over a conversation's turns and is another for each organization: of the session that the client
    names, a subagent's being its own, else of the system prompt and the first user turn. None where there is neither.
    """
    if envelope.session:
        name = ["session", envelope.session, envelope.agent or ""]
    elif chat is not None and (first := _first_turn(chat.fields.messages)):
        name = ["first turn", system_text(chat.fields.messages), first]
    else:
        return None
    return _digest(
        org_id, b"conversation", msgspec.json.encode([part.encode("utf-8", "replace") for part in name])
    ).hex()


def arm(org_id: str, conversation_id: str, share: float) -> Arm:
    """The side of a conversation. Each has one fixed number from 0 to 1 and is held out where that is below the share: with the same
    share it never changes sides, and a larger share moves conversations only one way.
    """
    number = int.from_bytes(_digest(org_id, b"holdout", conversation_id.encode())[:8], "big")
    return "control" if number < share * _RANGE else "treated"


def lever_arms(org_id: str, conversation_id: str, settings: OptimizationSettings) -> dict[LeverName, bool]:
    """Whether each lever that has an arm of its own is on in a conversation. Each is drawn by lots of its own, so that half of those
    without one lever run with another that has half: what a lever does shows whatever the others do. A lever that is off in any
    case has no arm.
    """
    found: dict[LeverName, bool] = {}
    for lever, share in settings.lever_shares.items():
        if share > 0 and is_on(settings, lever):
            drawn = _digest(org_id, b"lever", f"{lever} {conversation_id}".encode())
            found[lever] = int.from_bytes(drawn[:8], "big") >= share * _RANGE
    return found


def measures(settings: OptimizationSettings) -> bool:
    """Whether conversations are told apart."""
    return settings.holdout_share > 0 or any(settings.lever_shares.values())


def assign(request: Request) -> Request:
    """The request with its arm; one that is held out runs without any lever, and one with levers without those whose lot says so. A
    request that only another model can answer is in no experiment: without levers it would fail.
    """
    share, org_id = request.settings.holdout_share, request.principal.org_id
    if not measures(request.settings) or request.requested is None or request.kind not in KINDS:
        return request
    name = conversation(org_id, request.envelope, request.chat)
    if name is None:
        return request
    side = arm(org_id, name, share)
    request = msgspec.structs.replace(request, arm=side, conversation=name)
    if side == "treated":
        return _with_arms(request, lever_arms(org_id, name, request.settings))
    settings, overrides = without_levers(request.settings), _without_cache(request.overrides)
    return msgspec.structs.replace(request, settings=settings, overrides=overrides)


def without_levers(settings: OptimizationSettings) -> OptimizationSettings:
    """Settings under which the client's own request goes to the model that it names. The cache is not written to either: answers that
    the held-out conversations paid for would be savings of the others.
    """
    return msgspec.structs.replace(
        settings,
        level="off",
        cache_enabled=False,
        routing_mode="manual",
        rules_in_manual=False,
        prefix_caching=False,
        deferral=False,
        effort="off",
        tool_definitions="off",
        images="off",
    )


def is_on(settings: OptimizationSettings, lever: LeverName) -> bool:
    """Whether a lever may act under these settings, whatever the level."""
    return any(getattr(settings, name) != value for name, value in LEVERS_OFF[lever].items())


def _with_arms(request: Request, arms: dict[LeverName, bool]) -> Request:
    off = [lever for lever, on in arms.items() if not on]
    settings, overrides = request.settings, request.overrides
    for lever in off:
        settings = msgspec.structs.replace(settings, **LEVERS_OFF[lever])
    if "caching" in off:
        overrides = _without_cache(overrides)
    return msgspec.structs.replace(request, lever_arms=arms, settings=settings, overrides=overrides)


def _without_cache(overrides: Overrides) -> Overrides:
    return msgspec.structs.replace(overrides, read_cache=False, write_cache=False)


def _first_turn(messages: Sequence[Message]) -> str:
    return next(("\n".join(message.texts) for message in messages if message.role == "user"), "")


def _digest(org_id: str, purpose: bytes, value: bytes) -> bytes:
    key = blake2b(org_id.encode(), digest_size=32).digest()
    return blake2b(value, key=key, person=purpose, digest_size=12).digest()
