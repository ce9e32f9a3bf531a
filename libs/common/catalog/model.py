"""One model of the catalogue: capabilities, limits and dated prices."""

from datetime import date
from decimal import Decimal

import msgspec

from libs.common.contracts.events import TokenClasses
from libs.common.money import nano_from_pico, pico_per_token


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
    """A model by the id that its provider takes. `capabilities` and `refuses` hold flags; limits are tokens."""

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
        return next((row for row in self.prices if row.in_force(day)), None)

    def can(self, capability: str) -> bool:
        """Whether the model has a capability, such as "vision", "tools" or "json_schema"."""
        return capability in self.capabilities

    def cost_nano(self, tokens: TokenClasses, day: date, *, hypothetical: bool = False) -> int | None:
        """What tokens cost in nano-dollars, rounded once; None where a class that was used has no known price.

        `hypothetical` is for tokens that another model used: a class that this one does not offer is plain input here.
        """
        row = self.price(day)
        if row is None:
            return None
        prices = row.for_input(tokens.input)
        pico = 0
        other = prices.input if hypothetical else None
        for count, price in (
            (tokens.uncached_input, prices.input),
            (tokens.cache_read, prices.cache_read or other),
            (tokens.cache_write_5m, prices.cache_write_5m or other),
            (tokens.cache_write_1h, prices.cache_write_1h or other),
            (tokens.output, prices.output),
        ):
            if count and price is None:
                return None
            pico += count * pico_per_token(price or Decimal(0))
        return nano_from_pico(pico)
