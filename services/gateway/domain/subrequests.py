"""What the pipeline asks of each part; None where there is nothing to ask, so that no hop is made."""

from datetime import UTC, datetime

from libs.common import conversation
from libs.common.catalog import Catalog
from libs.common.contracts.auth import RoutingRule
from libs.common.contracts.cache import ExactLookup, SemanticLookup
from libs.common.contracts.optimizer import OptimizeRequest
from libs.common.contracts.router import RouteRequest
from services.gateway.domain.needs import needs
from services.gateway.domain.targets import reachable
from services.gateway.domain.work import Work

# Above this a bus message would hold up others, so the parts that save are left out; the request still goes through.
MAX_HOP_BYTES = 1 << 20


def exact_lookup(work: Work) -> ExactLookup | None:
    """Is there an answer to this very request?"""
    if work.cache_key is None or not work.overrides.read_cache:
        return None
    return ExactLookup(org_id=work.principal.org_id, fingerprint=work.cache_key.fingerprint)


def semantic_lookup(work: Work) -> SemanticLookup | None:
    """Is there an answer to a question that means the same?"""
    key = work.cache_key
    if key is None or key.query is None or not work.overrides.read_cache:
        return None
    return SemanticLookup(
        org_id=work.principal.org_id,
        scope=key.scope,
        query=key.query,
        threshold=work.settings.cache_similarity_threshold,
    )


def shortens(work: Work) -> bool:
    """Whether any lever that shortens is on, and the messages fit into a hop."""
    settings = work.settings
    on = settings.whitespace_removal or settings.redundancy_elimination
    on = on or settings.system_prompt_compression or settings.context_pruning
    return settings.level != "off" and on and len(bytes(work.chat.raw["messages"])) <= MAX_HOP_BYTES


def optimize_request(work: Work, catalog: Catalog) -> OptimizeRequest:
    """Can it be shorter? To be asked where `shortens` says so."""
    warm = work.warm
    return OptimizeRequest(
        model=work.chat.fields.model,
        messages=work.chat.raw["messages"],
        settings=work.settings,
        keep_cut=warm.cut if warm is not None else None,
        warm_tokens=warm.cached_tokens if warm is not None else 0,
        tools=bool(work.chat.fields.tools or work.chat.fields.functions),
        org_id=work.principal.org_id,
        cached_price_share=1.0 if warm is None else _cached_price_share(work, catalog),
    )


def _cached_price_share(work: Work, catalog: Catalog) -> float:
    """What a token that the provider has cached costs, of one that it has not; 1 where nobody knows of a discount."""
    model = work.requested.priced(catalog) if work.requested is not None else None
    price = None if model is None else model.price(datetime.fromtimestamp(work.time_ms / 1000, UTC).date())
    if price is None or price.cache_read is None or not price.input:
        return 1.0
    return float(price.cache_read / price.input)


def route_request(work: Work) -> RouteRequest | None:
    """Which model? All texts travel only where a rule reads them."""
    principal, settings, fields = work.principal, work.settings, work.chat.fields
    rules = rules_of(work)
    if settings.routing_mode == "manual" and not rules:
        return None
    reads_all = any(rule.condition.type != "always" for rule in rules)
    prompt = work.chat.prompt
    texts = tuple(text for message in fields.messages for text in message.texts) if reads_all else ()
    if len(prompt) + sum(map(len, texts)) > MAX_HOP_BYTES:
        return None
    tools = [*(fields.tools or ()), *(fields.functions or ())]
    tool_bytes = len(work.chat.raw.get("tools", b"")) + len(work.chat.raw.get("functions", b""))
    return RouteRequest(
        requested_model=fields.model,
        prompt=prompt,
        texts=texts,
        turns=sum(message.role == "user" for message in fields.messages),
        mode=settings.routing_mode,
        rules=rules,
        tiers=principal.tiers,
        reachable=reachable(principal),
        needs=needs(work.chat),
        cost_quality=settings.cost_quality,
        pinned=work.pinned,
        org_id=principal.org_id,
        conversation=conversation.user_turns(fields.messages, tool_bytes),
        system=conversation.system_text(fields.messages),
        writes=conversation.writes(tools),
        answer_limit=fields.max_completion_tokens or fields.max_tokens,
        prefix_marked=b'"cache_control"' in bytes(work.chat.raw["messages"]),
        substitute_unreachable=settings.substitute_unreachable,
        rules_in_manual=settings.rules_in_manual,
        older_generations=settings.older_generations,
    )


def rules_of(work: Work) -> tuple[RoutingRule, ...]:
    """The rules that this request is tried by: in manual mode none, unless the organisation says so."""
    settings = work.settings
    return work.principal.rules if settings.routing_mode != "manual" or settings.rules_in_manual else ()


def may_go_elsewhere(work: Work) -> bool:
    """Whether another model may answer where no key reaches the requested one: a rule, or the organisation's wish."""
    settings = work.settings
    return bool(rules_of(work)) or (settings.substitute_unreachable and settings.routing_mode == "auto")
