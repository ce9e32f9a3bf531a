"""What a request costs: before its call, for a budget; after it, as a receipt."""

from datetime import date

import msgspec

from libs.common.catalog import Catalog, Model, Terms
from libs.common.contracts.events import TokenClasses
from services.gateway.domain import receipt
from services.gateway.domain.billed_apart import parts_receipt, total, units_cost, with_extra
from services.gateway.domain.needs import needs
from services.gateway.domain.outcome import Outcome
from services.gateway.domain.plan import Plan
from services.gateway.domain.request import Request
from services.gateway.domain.rough_tokens import rough_tokens
from services.gateway.domain.targets import Target
from services.gateway.domain.trials import Tried

_UNKNOWN_OUTPUT = 4_096  # tokens: what a model that nobody knows may answer
_BYTES_PER_TOKEN = 3


def expected_nano(request: Request, plan: Plan, catalog: Catalog) -> int:
    """What the call may cost, in nano-dollars: what goes out, and as much back as was allowed, or as the model can answer,
    for each of its choices. A model without a known price counts as the most expensive one.
    """
    model = plan.target.priced(catalog) if plan.target else None
    envelope = request.envelope
    most = model.max_output_tokens if model is not None and model.max_output_tokens > 0 else _UNKNOWN_OUTPUT
    used = TokenClasses(
        uncached_input=_sent_tokens(request), output_text=(envelope.max_tokens or most) * envelope.choices
    )
    return _priced_or_most_expensive(catalog, model, used, request.day)


def _sent_tokens(request: Request) -> int:
    if request.chat is None:
        sent = rough_tokens(request.envelope.raw, bytes_per_token=_BYTES_PER_TOKEN)
        return sent + request.envelope.earlier_bytes // _BYTES_PER_TOKEN
    return needs(request.chat).context_tokens


def spent_nano(request: Request, plan: Plan, outcome: Outcome, catalog: Catalog) -> int:
    """What the call cost of a budget."""
    if outcome.receipt is not None and outcome.receipt.actual_nano is not None:
        return outcome.receipt.actual_nano
    model = plan.target.priced(catalog) if plan.target else None
    return _priced_or_most_expensive(catalog, model, outcome.counts.tokens, request.day)


def price_hit(request: Request, plan: Plan, outcome: Outcome, catalog: Catalog) -> Outcome:
    """The outcome of a request that the cache answers, with its receipt. `original_tokens` are those of its messages."""
    assert plan.hit is not None
    target = request.requested or plan.target
    made = receipt.for_hit(
        request.day,
        price_version=catalog.version,
        baseline=_baseline(request, plan, catalog),
        prompt_tokens=outcome.original_tokens,
        completion_tokens=plan.hit.completion_tokens,
        terms=_terms(request, plan, outcome, catalog, target, served=False),
    )
    return msgspec.structs.replace(outcome, receipt=made)


def price_call(request: Request, plan: Plan, outcome: Outcome, catalog: Catalog) -> Outcome:
    """The outcome of a provider's call with its receipt, made of the tokens that were counted."""
    tokens, baseline = outcome.counts.tokens, _baseline(request, plan, catalog)
    removed, tried = plan.removed, _possible(request, outcome)
    target = plan.target if plan.instead_used else request.requested or plan.target
    made = receipt.for_call(
        request.day,
        price_version=catalog.version,
        baseline=baseline,
        served=plan.target.priced(catalog) if plan.target else baseline,
        tokens=tokens,
        removed=removed,
        known_cached=plan.prefix.cached_tokens if plan.prefix else 0,
        terms=_terms(request, plan, outcome, catalog, plan.target, served=True),
        baseline_terms=_terms(request, plan, outcome, catalog, target, served=False),
        deferred=outcome.trace.deferred,
        tried=tried,
        # Another provider may have cached what the client asked for by itself.
        cached_by_us=outcome.trace.breakpoints is not None
        and tokens.input > tokens.uncached_input
        and (target is None or plan.target is None or target.provider == plan.target.provider),
    )
    if outcome.parts:
        tokens = total(outcome.parts)
        counts = msgspec.structs.replace(outcome.counts, tokens=tokens)
        outcome = msgspec.structs.replace(outcome, counts=counts)
        terms = _terms(request, plan, outcome, catalog, plan.target, served=True)
        made = parts_receipt(outcome.parts, catalog, request.day, terms)
    extra = units_cost(plan.target.provider if plan.target else "", outcome.units, request.day)
    return msgspec.structs.replace(
        outcome,
        receipt=with_extra(made, extra),
        unpriced=extra.unpriced,
        original_tokens=tokens.input + sum(count for _, count in (*removed, *tried.removed)),
        shadow_savings_nano=_shadow_savings(request, plan, outcome, catalog),
        shadow_levers=receipt.shadow_lines(request.day, baseline=baseline, tokens=tokens, tried=tried),
    )


def _possible(request: Request, outcome: Outcome) -> Tried:
    """What was tried, with no more thoughts than the request had room for."""
    tried, most = outcome.trace.tried, request.envelope.max_tokens
    if tried.usual_reasoning is None or most is None:
        return tried
    room = max(outcome.counts.tokens.output_reasoning, most - outcome.counts.tokens.output_text)
    return msgspec.structs.replace(tried, usual_reasoning=min(tried.usual_reasoning, room))


def _terms(
    request: Request, plan: Plan, outcome: Outcome, catalog: Catalog, target: Target | None, *, served: bool
) -> Terms:
    """How a target's answer is billed: by the tier that the answer names, else by the requested one; and by its speed and place."""
    trace, own = outcome.trace, served or plan.target == target
    dropped = "service_tier" in trace.dropped and own
    tier = None if dropped else request.envelope.tier
    # The client has asked for no tier where we ask for the slower one.
    if trace.served_tier and own and (served or not trace.deferred):
        tier = trace.served_tier
    factor = catalog.tier_factor(target.provider, tier, request.day) if target is not None else None
    if target is not None and factor is not None:
        found = catalog.rates_factor(
            target.provider, target.served_model, _rates(plan, outcome, target, own=own), request.day
        )
        factor = None if found is None else factor * found
    return Terms(factor=factor, apart=outcome.counts.apart)


def _rates(plan: Plan, outcome: Outcome, target: Target, *, own: bool) -> tuple[str, ...]:
    """What multiplies a target's prices. Where the answer was made is a setting of the account at the provider, and would have been
    the same for another model of it; how fast is not.
    """
    if own:
        return outcome.counts.rates
    if plan.target is None or plan.target.provider != target.provider:
        return ()
    return tuple(rate for rate in outcome.counts.rates if rate.startswith("geo:"))


def _baseline(request: Request, plan: Plan, catalog: Catalog) -> Model | None:
    """What savings are counted against: a model that could have answered. Where no key reaches the requested one, that is
    the one that answers in its place, and so it is where the requested one failed.
    """
    if request.requested is not None and not plan.instead_used:
        return request.requested.priced(catalog)
    if plan.hit is not None:
        return catalog.find(plan.hit.served_model)
    return plan.target.priced(catalog) if plan.target is not None else None


def _shadow_savings(request: Request, plan: Plan, outcome: Outcome, catalog: Catalog) -> int | None:
    """What the router would have saved, where its choice is only recorded."""
    shadow = plan.route.shadow_model if plan.route is not None else None
    if shadow is None or plan.target is None:
        return None
    return receipt.shadow_savings(
        request.day,
        served=plan.target.priced(catalog),
        shadow=catalog.find(shadow),
        tokens=outcome.counts.tokens,
        terms=Terms(apart=outcome.counts.apart),
    )


def _priced_or_most_expensive(catalog: Catalog, model: Model | None, used: TokenClasses, day: date) -> int:
    """Nano-dollars at a model's price; where it is not known, at the highest that is: a budget is a promise."""
    cost = None if model is None else model.cost_nano(used, day)
    return most_expensive_nano(catalog, used, day) if cost is None else cost


def most_expensive_nano(catalog: Catalog, used: TokenClasses, day: date) -> int:
    """Nano-dollars at the highest price that is known."""
    costs = (known.cost_nano(used, day, hypothetical=True) for known in catalog.models.values())
    return max((cost for cost in costs if cost is not None), default=0)
