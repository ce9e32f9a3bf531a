"""A request, read and checked: what the other steps work on."""

import asyncio
import re
from collections.abc import Callable

import msgspec

from libs.common.catalog import Catalog
from libs.common.contracts.auth import OptimizationSettings, Principal
from libs.common.errors import BadRequest
from libs.common.telemetry import tracing
from services.gateway.domain import aliases, holdout, overrides, subrequests
from services.gateway.domain.cache_key import CacheKey, shaped_by
from services.gateway.domain.chat import Chat
from services.gateway.domain.request import Envelope, Incoming, Kind, Request, identified
from services.gateway.domain.targets import check_known, find_target, unreachable
from services.gateway.domain.turns import session_name
from services.gateway.endpoints.base import Endpoint

# Whose clients are agents: their loops go on for hours, and not all of them name their calls.
_AGENTS = ("messages", "responses", "generate")
_LARGE = 1 << 20
_FAMILY = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")


def parse_request(
    endpoint: Endpoint, incoming: Incoming, principal: Principal, catalog: Catalog, kind: Kind | None = None
) -> Request:
    """The request; `BadRequest` names what is wrong with it. `principal` holds only keys whose providers can serve it."""
    request = read_request(endpoint, incoming, principal, kind or endpoint.kind, catalog)
    check_known(request.baseline_model, principal, catalog)
    requested = find_target(request.baseline_model, principal, catalog)
    if requested is None and not subrequests.may_substitute(principal, request.settings):
        raise unreachable(request.baseline_model, principal, catalog)
    request = holdout.assign(msgspec.structs.replace(request, requested=requested))
    return msgspec.structs.replace(request, cache_key=_cache_key(endpoint, request))


async def parsed(parse: Callable[[], Request], size: int) -> Request:
    """What `parse` makes of a body of so many bytes. A long one is read beside the loop, which others wait for."""
    return parse() if size <= _LARGE else await asyncio.to_thread(_whole, parse)


def _whole(parse: Callable[[], Request]) -> Request:
    request = parse()
    if request.chat is not None:
        request.chat.beginnings  # noqa: B018  # what goes through all of it is done here, too
    return request


def read_request(endpoint: Endpoint, incoming: Incoming, principal: Principal, kind: Kind, catalog: Catalog) -> Request:
    """The request without a target; `BadRequest` names what is wrong with it. Where the client named an alias, the model that this
    stands for is in its place, and the router leaves it alone.
    """
    own = overrides.parse(incoming.headers, principal.tags)
    settings = own.apply(principal.settings)
    envelope, meant, named = endpoint.head(incoming.body, incoming.headers, incoming.query), None, None
    envelope = identified(envelope, principal)
    if (alias := principal.aliases.get(envelope.model)) is not None:
        named = envelope.model
        meant = aliases.resolve(
            named, alias, principal, catalog, _conversation(endpoint, incoming, principal, envelope)
        )
        envelope = endpoint.for_model(envelope, meant.model)
        settings = msgspec.structs.replace(settings, routing_mode="manual", rules_in_manual=False)
    # Both sides of an experiment are told apart, and asked again, by the chat view.
    viewed = subrequests.is_read(kind, principal, settings) or holdout.measures(settings)
    chat = endpoint.chat_view(envelope) if viewed else None
    return Request(
        id=incoming.request_id,
        accepted=incoming.accepted,
        time_ms=incoming.time_ms,
        kind=kind,
        principal=principal,
        envelope=envelope,
        chat=chat,
        calls=endpoint.call_ids(envelope),
        session_name=_session_name(kind, envelope, chat, settings, principal),
        overrides=own,
        settings=settings,
        client=_client_family(incoming.headers.get("user-agent", "")),
        trace_id=tracing.trace_id(),
        alias=named,
        fallbacks=() if meant is None else meant.fallbacks,
    )


def _conversation(endpoint: Endpoint, incoming: Incoming, principal: Principal, envelope: Envelope) -> str:
    """What stays on one model of an alias: a conversation, or a request that belongs to none."""
    try:
        chat = endpoint.chat_view(envelope)
    except BadRequest:  # it is said where the request is read
        chat = None
    return holdout.conversation(principal.org_id, envelope, chat) or incoming.request_id


def _session_name(
    kind: Kind, envelope: Envelope, chat: Chat | None, settings: OptimizationSettings, principal: Principal
) -> str | None:
    # What a budget has moved stays where it is, also where the client is no agent.
    named = kind in _AGENTS or any(budget.on_exceed == "route_simple" for budget in principal.budgets)
    if chat is None or not named or settings.routing_mode != "auto":
        return None
    return session_name(chat, envelope.model, envelope.session, envelope.agent)


def _client_family(user_agent: str) -> str | None:
    """The name of the client program, without its version and all that it says of its user's machine."""
    found = _FAMILY.match(user_agent)
    return found[0].lower() if found is not None else None


def _cache_key(endpoint: Endpoint, request: Request) -> CacheKey | None:
    own = request.overrides
    small = len(request.envelope.raw) <= subrequests.MAX_MESSAGE_BYTES
    if not (request.settings.cache_enabled and (own.read_cache or own.write_cache) and small):
        return None
    return endpoint.cache_key(request.envelope, shaped_by(request.settings, request.principal), own.cache_scope)
