"""Chat messages as the gateway would ask the router about them, with every provider at hand."""

import asyncio
from typing import Any

import msgspec

from libs.common import catalog, conversation
from libs.common.clock import ManualClock
from libs.common.contracts.router import RouteReply, RouteRequest
from services.router.pipeline import Router
from services.router.ports import NoNearestNeighbors, ShippedCalibrations
from services.router.weights import load_weights
from tests.unit.analytics.examples import NOW

PROVIDERS = ("openai", "anthropic", "google")
WEIGHTS = load_weights()
ROUTER = Router(catalog.load(), WEIGHTS, ShippedCalibrations(WEIGHTS.prior), NoNearestNeighbors(), ManualClock(NOW))


class Said(msgspec.Struct, frozen=True):
    """A message as far as it is read."""

    role: str
    texts: tuple[str, ...]


def ask(
    *said: tuple[str, str],
    model: str = "claude-opus",
    tools: tuple[str, ...] = (),
    keys: tuple[str, ...] = PROVIDERS,
    **fields: Any,
) -> RouteReply:
    """What the router says about the newest turn; `tools` are the names of those declared, `keys` the providers connected."""
    messages = [Said(role, (text,)) for role, text in said]
    declared = [{"type": "function", "function": {"name": name}} for name in tools]
    request = RouteRequest(
        requested_model=model,
        prompt=next(one.texts[0] for one in reversed(messages) if one.role == "user"),
        turns=sum(one.role == "user" for one in messages),
        reachable=dict.fromkeys(keys, ()),
        conversation=conversation.user_turns(messages, 0),
        system=conversation.system_text(messages),
        writes=conversation.writes(declared),
        **fields,
    )
    return asyncio.run(ROUTER.route(request))
