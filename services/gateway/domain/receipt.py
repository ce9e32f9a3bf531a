"""The receipt: what a request would have cost, what it did cost, and which lever brought what. It sums exactly.

Amounts are computed in pico-dollars and rounded to nano-dollars once per line; the rest that rounding leaves goes to the
last line. A line may be negative: a summary that was injected, a more expensive model that a rule demanded.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from libs.common.catalog import Model, Terms
from libs.common.catalog.model import STANDARD
from libs.common.contracts.events import LeverName, LeverShare, TokenClasses
from libs.common.money import nano_from_pico, pico_per_token
from services.gateway.domain.trials import NOTHING_TRIED, Tried


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Nano-dollars; None where a price is not known. Σ levers = baseline − actual."""

    baseline_nano: int | None
    actual_nano: int | None
    levers: tuple[LeverShare, ...] = ()
    price_version: str

    @property
    def savings_nano(self) -> int | None:
        """Baseline minus actual, with its sign."""
        if self.baseline_nano is None or self.actual_nano is None:
            return None
        return self.baseline_nano - self.actual_nano


def for_call(
    day: date,
    *,
    price_version: str,
    baseline: Model | None,
    served: Model | None,
    tokens: TokenClasses,
    removed: Sequence[tuple[LeverName, int]],
    known_cached: int = 0,
    terms: Terms = STANDARD,
    baseline_terms: Terms = STANDARD,
    cached_by_us: bool = False,
    deferred: bool = False,
    tried: Tried = NOTHING_TRIED,
) -> Receipt:
    """The receipt of a request that a provider answered. `removed` holds the levers' tokens, in pipeline order; a model
    is None where its price is not known.

    `known_cached` is how much of this conversation's beginning the provider had cached last time. What a cut threw away
    of it would have been billed at the cached price, so the baseline has it so, and the loss is a line of its own. `terms`
    say how it was served, `baseline_terms` how the request that the client sent would have been.

    `cached_by_us`: the provider's cache was used because we asked for it, so that the baseline has all input as plain. What
    reads saved and writes cost is a line of its own. So is what the slower tier saved, where it was we who asked for it: `deferred`.

    What levers on trial have `tried` is counted as it would have been billed: tokens of what a prompt begins with at the cached price
    where there was one, and thoughts as many as such an answer usually takes, where that is known of the requested model.
    """
    beside, usual = tried.removed, tried.usual_reasoning
    total_removed = sum(count for _, count in removed)
    routed = baseline is not served
    # A provider that forgets by itself has cost nobody anything that we brought about.
    lost = _lost(tokens, known_cached, total_removed) if (routed or total_removed) and not cached_by_us else 0
    asked = _uncached(tokens) if cached_by_us else tokens
    original = msgspec.structs.replace(
        asked,
        uncached_input=asked.uncached_input + total_removed - lost,
        cache_read=asked.cache_read + lost,
        output_reasoning=asked.output_reasoning if usual is None or routed else usual,
    )
    original = _with_more(original, sum(count for _, count in beside))
    before = (
        None
        if baseline is None
        else baseline.cost_nano(original, day, hypothetical=routed or lost > 0, terms=baseline_terms)
    )
    after = None if served is None else served.cost_nano(tokens, day, terms=terms)
    row = None if baseline is None else baseline.price(day)
    if baseline is None or before is None or after is None or row is None:
        shares = [LeverShare(lever=lever, tokens=count, nano_usd=None) for lever, count in (*removed, *beside)]
        return Receipt(baseline_nano=before, actual_nano=after, levers=tuple(shares), price_version=price_version)
    prices = row.for_input(original.input)
    factor = baseline_terms.factor or Decimal(1)
    price = pico_per_token(prices.input * factor)
    lines = [(lever, count, nano_from_pico(count * price)) for lever, count in removed]
    for lever, count in beside:
        without = baseline.cost_nano(_with_more(original, -count), day, terms=baseline_terms)
        lines.append((lever, count, 0 if without is None else before - without))
    if usual is not None and not routed:
        thought = msgspec.structs.replace(original, output_reasoning=asked.output_reasoning)
        now = baseline.cost_nano(thought, day, terms=baseline_terms)
        lines.append(("effort", 0, 0 if now is None else before - now))
    if lost:
        discount = price - pico_per_token((prices.cache_read or prices.input) * factor)
        lines.append(("cache_discount", 0, nano_from_pico(-lost * discount)))
    if cached_by_us and served is not None:
        plain = served.cost_nano(_uncached(tokens), day, terms=terms)
        lines.append(("cache_discount", 0, (after if plain is None else plain) - after))
    if deferred and served is not None:
        at_once = msgspec.structs.replace(terms, factor=baseline_terms.factor)
        sooner, later = (served.cost_nano(asked, day, terms=at) for at in (at_once, terms))
        if sooner is not None and later is not None and sooner != later:
            lines.append(("deferral", 0, sooner - later))
    rest = before - after - sum(nano for *_, nano in lines)
    if routed:
        lines.append(("routing", 0, rest))
    elif lines:
        lever, count, nano = lines[-1]
        lines[-1] = (lever, count, nano + rest)
    return Receipt(
        baseline_nano=before,
        actual_nano=after,
        levers=tuple(LeverShare(lever=lever, tokens=count, nano_usd=nano) for lever, count, nano in lines),
        price_version=price_version,
    )


def shadow_lines(
    day: date, *, baseline: Model | None, tokens: TokenClasses, tried: Tried, terms: Terms = STANDARD
) -> tuple[LeverShare, ...]:
    """What levers on trial would have taken away, and saved; None where a price is not known, or nobody can say what would have been."""
    found = []
    for lever, count in tried.shadow:
        nano = None
        if baseline is not None and count:
            paid = baseline.cost_nano(tokens, day, terms=terms)
            instead = baseline.cost_nano(_with_more(tokens, -count), day, terms=terms)
            nano = None if paid is None or instead is None else paid - instead
        found.append(LeverShare(lever=lever, tokens=count, nano_usd=nano))
    return tuple(found)


def _with_more(tokens: TokenClasses, count: int) -> TokenClasses:
    """With more (or fewer) tokens of what a prompt begins with: that is read from the provider's cache where anything is."""
    if not count:
        return tokens
    for name in ("cache_read", "cache_write_1h", "cache_write_5m"):
        if getattr(tokens, name) > max(0, -count):
            return msgspec.structs.replace(tokens, **{name: getattr(tokens, name) + count})
    return msgspec.structs.replace(tokens, uncached_input=max(0, tokens.uncached_input + count))


def _uncached(tokens: TokenClasses) -> TokenClasses:
    return msgspec.structs.replace(
        tokens, uncached_input=tokens.input, cache_read=0, cache_write_5m=0, cache_write_1h=0
    )


def shadow_savings(
    day: date, *, served: Model | None, shadow: Model | None, tokens: TokenClasses, terms: Terms = STANDARD
) -> int | None:
    """What the shadow's model would have saved on these tokens, in nano-dollars; None where a price is not known."""
    paid = None if served is None else served.cost_nano(tokens, day, terms=terms)
    instead = None if shadow is None else shadow.cost_nano(tokens, day, hypothetical=shadow is not served, terms=terms)
    return None if paid is None or instead is None else paid - instead


def _lost(tokens: TokenClasses, known_cached: int, removed: int) -> int:
    """Tokens that the provider had cached and now did not, out of those that were billed in full or cut."""
    plain = tokens.uncached_input + removed
    return max(0, min(known_cached - tokens.cache_read, plain))


def for_hit(
    day: date,
    *,
    price_version: str,
    baseline: Model | None,
    prompt_tokens: int,
    completion_tokens: int,
    terms: Terms = STANDARD,
) -> Receipt:
    """The receipt of a request that the cache answered: nothing was paid, and all of it is the caching lever's."""
    tokens = TokenClasses(uncached_input=prompt_tokens, output_text=completion_tokens)
    saved = None if baseline is None else baseline.cost_nano(tokens, day, terms=terms)
    return Receipt(
        baseline_nano=saved,
        actual_nano=0,
        levers=(LeverShare(lever="caching", tokens=prompt_tokens, nano_usd=saved),),
        price_version=price_version,
    )
