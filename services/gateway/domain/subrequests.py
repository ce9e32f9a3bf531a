"""What the pipeline sends to cache, optimizer and router; None where there is nothing to send, so that no call is made."""

import msgspec

from libs.common import conversation
from libs.common.catalog import Catalog
from libs.common.contracts.auth import OptimizationSettings, Principal, RoutingRule
from libs.common.contracts.cache import ExactLookup, SemanticLookup
from libs.common.contracts.optimizer import OptimizeRequest
from libs.common.contracts.router import RouteRequest
from libs.common.tool_definitions import descriptions
from services.gateway.domain.chat import Chat, OwnFormat
from services.gateway.domain.needs import needs
from services.gateway.domain.plan import Plan, pinned_model
from services.gateway.domain.prefix import PrefixState
from services.gateway.domain.request import Kind, Request
from services.gateway.domain.targets import available

# Above this a message on the bus would hold up others, so the services that save are left out; the request still goes through.
MAX_MESSAGE_BYTES = 1 << 20
# A long conversation crosses the bus whole at its first turn, and then what is new of it (`clients/optimizer.py`). The bus takes 8 MiB.
# One message of it may have `MAX_MESSAGE_BYTES`, for a text is read in one go.
MAX_OPTIMIZED_BYTES = (8 << 20) - (64 << 10)


# What is a chat as it comes; of all other kinds a view is made for the levers.
_CHAT = ("chat", "completion")
_CONVERSATIONS = (*_CHAT, "messages", "responses", "generate")


def exact_lookup(request: Request) -> ExactLookup | None:
    """Is there an answer to this very request?"""
    if request.cache_key is None or not request.overrides.read_cache:
        return None
    return ExactLookup(org_id=request.principal.org_id, fingerprint=request.cache_key.fingerprint)


def semantic_lookup(request: Request) -> SemanticLookup | None:
    """Is there an answer to a question that means the same?"""
    key = request.cache_key
    if key is None or key.query is None or not request.overrides.read_cache:
        return None
    return SemanticLookup(
        org_id=request.principal.org_id,
        scope=key.scope,
        query=key.query,
        threshold=request.settings.cache_similarity_threshold,
    )


def optimization_enabled(request: Request) -> bool:
    """Whether any lever that shortens is on, the client's format leaves something to it, and the messages fit into a hop."""
    chat = request.chat
    if chat is None or not (shortens(request.settings) and request.envelope.shortenable) or not _fits(request):
        return False
    if beside(request.settings):
        return True
    return chat.own is None or len(chat.own.held) < len(chat.fields.messages)


def shortens(settings: OptimizationSettings) -> bool:
    """Whether any lever that shortens is on."""
    on = settings.whitespace_removal or settings.redundancy_elimination
    on = on or settings.system_prompt_compression or settings.context_pruning
    return settings.level != "off" and (on or beside(settings))


def beside(settings: OptimizationSettings) -> bool:
    """Whether a lever is on, or on trial, that changes something else than messages."""
    return settings.level == "aggressive" and (settings.tool_definitions, settings.images) != ("off", "off")


def _judges_effort(request: Request) -> bool:
    """Whether the router is asked about the conversation as a whole: also where effort stays as it is, to compare with."""
    compared = request.lever_arms.get("effort") is False
    return request.settings.level != "off" and (request.settings.effort != "off" or compared)


def too_long_for(request: Request) -> tuple[str, ...]:
    """The services that would save, were the request not too long for a hop to them."""
    own, envelope = request.settings, request.envelope
    too_long = len(envelope.raw) + envelope.earlier_bytes > MAX_MESSAGE_BYTES
    if not too_long or request.kind not in _CONVERSATIONS:
        return ()
    unread = request.chat is None
    wanted = {
        "cache": own.cache_enabled and (request.overrides.read_cache or request.overrides.write_cache),
        "optimizer": shortens(own) and envelope.shortenable and (unread or not _fits(request)),
        "router": unread and envelope.routable and is_read(request.kind, request.principal, without_shortening(own)),
    }
    return tuple(name for name, on in wanted.items() if on)


def without_shortening(settings: OptimizationSettings) -> OptimizationSettings:
    """The same settings with every lever off that shortens."""
    return msgspec.structs.replace(settings, level="off")


def _fits(request: Request) -> bool:
    size = len(request.messages)
    if size <= MAX_MESSAGE_BYTES or request.chat is None:
        return size <= MAX_MESSAGE_BYTES
    return size <= MAX_OPTIMIZED_BYTES and max(map(len, request.chat.written)) <= MAX_MESSAGE_BYTES


def optimize_request(request: Request, plan: Plan, catalog: Catalog) -> OptimizeRequest:
    """Can it be shorter? To be sent where `optimization_enabled` says so."""
    warm, chat, settings = plan.prefix, request.chat, request.settings
    assert chat is not None
    own = chat.own
    if own is not None and own.whole:
        settings = msgspec.structs.replace(settings, context_pruning=False)
    return OptimizeRequest(
        model=chat.fields.model,
        messages=request.messages,
        settings=settings,
        held=() if own is None else _held(own, warm),
        fixed=() if own is None else own.fixed,
        placed=own is not None,
        keep_cut=warm.cut if warm is not None else None,
        warm_tokens=warm.cached_tokens if warm is not None else 0,
        tools=bool(chat.fields.tools or chat.fields.functions),
        org_id=request.principal.org_id,
        cached_price_share=1.0 if warm is None else _cached_price_share(request, catalog),
        definitions=_definitions(chat, settings),
    )


def _definitions(chat: Chat, settings: OptimizationSettings) -> tuple[str, ...]:
    """What the request's tools are described with, each text once."""
    if settings.level != "aggressive" or settings.tool_definitions == "off":
        return ()
    tools = (chat.raw[name] for name in ("tools", "functions") if name in chat.raw)
    return tuple(dict.fromkeys(text for declared in tools for text in descriptions(declared)))


def _held(own: OwnFormat, warm: PrefixState | None) -> tuple[int, ...]:
    """With what the client marked a turn ago, and the provider has cached as it came."""
    marked = 0 if warm is None else warm.marked
    return own.held if marked <= own.marked else tuple(sorted({*own.held, *range(marked)}))


def _cached_price_share(request: Request, catalog: Catalog) -> float:
    """What a token that the provider has cached costs, of one that it has not; 1 where nobody knows of a discount."""
    model = request.requested.priced(catalog) if request.requested is not None else None
    price = None if model is None else model.price(request.day)
    if price is None or price.cache_read is None or not price.input:
        return 1.0
    return float(price.cache_read / price.input)


def route_request(request: Request, plan: Plan) -> RouteRequest | None:
    """Which model? All texts travel only where a rule reads them."""
    principal, settings, chat = request.principal, request.settings, request.chat
    if chat is None or not request.envelope.routable:
        return None
    fields = chat.fields
    rules = rules_of(principal, settings)
    if settings.routing_mode == "manual" and not rules:
        return None
    reads_all = any(rule.condition.type != "always" for rule in rules)
    prompt = chat.prompt
    texts = tuple(text for message in fields.messages for text in message.texts) if reads_all else ()
    if len(prompt) + sum(map(len, texts)) > MAX_MESSAGE_BYTES:
        return None
    tools = [*(fields.tools or ()), *(fields.functions or ())]
    tool_bytes = len(chat.raw.get("tools", b"")) + len(chat.raw.get("functions", b""))
    return RouteRequest(
        requested_model=fields.model,
        prompt=prompt,
        texts=texts,
        turns=sum(message.role == "user" for message in fields.messages),
        mode=settings.routing_mode,
        rules=rules,
        tiers=principal.tiers,
        reachable=available(principal),
        needs=needs(chat),
        cost_quality=settings.cost_quality,
        pinned=pinned_model(request, plan),
        org_id=principal.org_id,
        conversation=conversation.user_turns(fields.messages, tool_bytes),
        system=conversation.system_text(fields.messages),
        writes=conversation.writes(tools),
        answer_limit=fields.max_completion_tokens or fields.max_tokens,
        prefix_marked="cache_control" in request.envelope.flags or b'"cache_control"' in bytes(chat.raw["messages"]),
        substitute_unreachable=settings.substitute_unreachable,
        rules_in_manual=settings.rules_in_manual,
        older_generations=settings.older_generations,
        conversation_judged=_judges_effort(request),
        step_down=plan.budget_exceeded is not None and settings.routing_mode == "auto",
    )


def is_read(kind: Kind, principal: Principal, settings: OptimizationSettings) -> bool:
    """Whether a request of this kind has a chat view made for the levers."""
    return (
        kind in _CHAT or shortens(settings) or settings.routing_mode != "manual" or bool(rules_of(principal, settings))
    )


def rules_of(principal: Principal, settings: OptimizationSettings) -> tuple[RoutingRule, ...]:
    """The rules that this request is tried by: in manual mode none, unless the organization says so."""
    return principal.rules if settings.routing_mode != "manual" or settings.rules_in_manual else ()


def may_substitute(principal: Principal, settings: OptimizationSettings) -> bool:
    """Whether another model may answer where no key reaches the requested one: a rule, or the organization's wish."""
    return bool(rules_of(principal, settings)) or (settings.substitute_unreachable and settings.routing_mode == "auto")
