"""One model of the catalogue: capabilities, limits and dated prices."""

from datetime import date
from decimal import Decimal

import msgspec

from libs.common.contracts.events import TokenClasses
from libs.common.money import nano_from_pico, pico_per_token

_ONE = Decimal(1)


class Apart(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens among a request's that are billed by a rate of their own: sounds, and pictures in the answer. `audio_input`
    includes `audio_cached`. `uncounted`: there were sounds, and nobody said how many tokens they are.
    """

    audio_input: int = 0
    audio_cached: int = 0
    audio_output: int = 0
    image_output: int = 0
    uncounted: bool = False


NOTHING_APART = Apart()


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How a request was served: what its service tier multiplies prices with (None: not known), and what is billed apart."""

    factor: Decimal | None = _ONE
    apart: Apart = NOTHING_APART


STANDARD = Terms()


class LongContext(msgspec.Struct, frozen=True, kw_only=True):
    """Prices for the whole of a request whose input is over a number of tokens."""

    over_input_tokens: int
    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write_5m: Decimal | None = None
    cache_write_1h: Decimal | None = None


class PriceRow(msgspec.Struct, frozen=True, kw_only=True):
    """USD per million tokens, in force from one day up to, and without, another. None: not offered, so not known."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write_5m: Decimal | None = None
    cache_write_1h: Decimal | None = None
    audio_input: Decimal | None = None
    audio_cached: Decimal | None = None
    audio_output: Decimal | None = None
    image_output: Decimal | None = None
    long_context: LongContext | None = None
    effective_from: date | None = None
    effective_to: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether this is the row of that day."""
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day < self.effective_to
        )

    def for_input(self, tokens: int) -> "PriceRow | LongContext":
        """The prices that a request with this many input tokens pays."""
        if self.long_context is not None and tokens > self.long_context.over_input_tokens:
            return self.long_context
        return self


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model by the id that its provider takes. `capabilities` and `refuses` hold flags; limits are tokens, 0 where nobody says.
    `retires` is the day that its provider has announced as its last, None where none is known.
    """

    name: str
    provider: str
    max_input_tokens: int
    max_output_tokens: int
    capabilities: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    prices: tuple[PriceRow, ...] = ()
    retires: date | None = None

    def price(self, day: date) -> PriceRow | None:
        """The row in force on a day; None: unknown."""
        for row in self.prices:
            if row.in_force(day):
                return row
        return None

    def can(self, capability: str) -> bool:
        """Whether the model has a capability, such as "vision", "tools" or "json_schema"."""
        return capability in self.capabilities

    def cost_nano(
        self,
        tokens: TokenClasses,
        day: date,
        *,
        hypothetical: bool = False,
        terms: Terms = STANDARD,
        input_each: int | None = None,
    ) -> int | None:
        """What tokens cost in nano-dollars, rounded once; None where a class that was used, or the tier that served them, has
        no known price.

        `hypothetical` is for tokens that another model used: a class that this one does not offer is plain input here. With
        `input_each`, the tokens are those of many requests, each of which pays the prices for that many input tokens.
        """
        row = self.price(day)
        apart, factor = terms.apart, terms.factor
        if row is None or factor is None or apart.uncounted:
            return None
        prices = row.for_input(tokens.input if input_each is None else input_each)
        pico = 0
        other = prices.input if hypothetical else None
        heard = heard_cached = told = spoken = 0
        if apart is not NOTHING_APART:
            heard = min(apart.audio_input - apart.audio_cached, tokens.uncached_input)
            heard_cached = min(apart.audio_cached, tokens.cache_read)
            told = min(apart.audio_output + apart.image_output, tokens.output)
            spoken = min(apart.audio_output, told)
        for count, price in (
            (tokens.uncached_input - heard, prices.input),
            (heard, row.audio_input),
            (tokens.cache_read - heard_cached, prices.cache_read or other),
            (heard_cached, row.audio_cached),
            (tokens.cache_write_5m, prices.cache_write_5m or other),
            (tokens.cache_write_1h, prices.cache_write_1h or other),
            (tokens.output - told, prices.output),
            (spoken, row.audio_output),
            (told - spoken, row.image_output),
        ):
            if not count:
                continue
            if price is None:
                return None
            pico += count * pico_per_token(price)
        return nano_from_pico(pico if factor == 1 else int((pico * factor).to_integral_value()))
