"""Whether it pays to have a provider cache what prompts begin with: a write costs more than plain input, a read a tenth of it."""

from datetime import date
from typing import Literal, Protocol

import msgspec

from libs.common.catalog import Model

Lifetime = Literal["5m", "1h"]
# What is assumed of gaps before any is known: so many short ones. An hour's premium is paid on what was seen alone.
_ASSUMED = 2
_SEEN_FOR_HOUR = 4
# An hour is taken only where it is clearly the better one.
_CLEARLY = 0.97


class Beginning(Protocol):
    """What a prompt begins with, where its client has set no breakpoint of its own.

    `shape` is a digest of what an application sends each time: its tools, else its system prompt; `conversation` one of what does not
    change from turn to turn. About how many tokens there are: `fixed` in tools and system prompt, `earlier` in the conversation up to
    the newest turn, `newest` in that. `continues` says that the model has answered in this conversation before.
    """

    @property
    def shape(self) -> bytes: ...
    @property
    def conversation(self) -> bytes: ...
    @property
    def fixed(self) -> int: ...
    @property
    def earlier(self) -> int: ...
    @property
    def newest(self) -> int: ...
    @property
    def continues(self) -> bool: ...

    def with_breakpoints(self, lifetime: Lifetime, *, turns: bool) -> bytes:
        """The body with breakpoints after tools and system prompt and, with `turns`, after the last two turns of the user's."""
        ...


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """What a token costs that is read, or written, of one that is neither. An hour's write is None where there is none."""

    read: float
    write: float
    write_1h: float | None


class Place(msgspec.Struct, frozen=True):
    """Whose cache it is: a provider has one for each account and model."""

    org_id: str
    key_id: str
    model: str


class Breakpoints(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be cached of a prompt, and where: with `turns` the conversation too. `shape` is for what comes back."""

    place: Place
    shape: bytes
    lifetime: Lifetime
    turns: bool


class Gaps(msgspec.Struct, frozen=True):
    """How many turns came within five minutes of the one before, within an hour, and later."""

    soon: int = 0
    within_hour: int = 0
    later: int = 0


def rates(model: Model | None, day: date, tokens: int) -> Rates | None:
    """The rates for a prompt of so many tokens; None where one of them is not known."""
    row = None if model is None else model.price(day)
    if row is None:
        return None
    prices = row.for_input(tokens)
    if not prices.input or prices.cache_read is None or prices.cache_write_5m is None:
        return None
    hour = prices.cache_write_1h
    return Rates(
        read=float(prices.cache_read / prices.input),
        write=float(prices.cache_write_5m / prices.input),
        write_1h=None if hour is None else float(hour / prices.input),
    )


def lifetime(gaps: Gaps, rates: Rates, *, kept: int, new: int) -> Lifetime | None:
    """How long to keep a beginning of `kept` tokens that grows by `new` with each turn; None: not at all.

    Each turn reads what is kept, or writes it again where that is gone, and writes what is new.
    """
    known = gaps.soon + gaps.within_hour + gaps.later
    soon = (gaps.soon + _ASSUMED) / (known + _ASSUMED)
    plain = float(kept + new)
    short = kept * (soon * rates.read + (1 - soon) * rates.write) + new * rates.write
    if rates.write_1h is not None and known >= _SEEN_FOR_HOUR:
        hour = (gaps.soon + gaps.within_hour) / known
        long = kept * (hour * rates.read + (1 - hour) * rates.write_1h) + new * rates.write_1h
        if long < _CLEARLY * min(short, plain):
            return "1h"
    return "5m" if short < plain else None


def premium(rates: Rates, lifetime: Lifetime) -> float:
    """What a written token costs beyond one of plain input, of that."""
    return (rates.write_1h if lifetime == "1h" and rates.write_1h is not None else rates.write) - 1


def net_saved(rates: Rates, *, read: int, written: int, written_1h: int) -> float:
    """What reads have saved and writes have cost, in tokens of plain input."""
    return read * (1 - rates.read) - written * premium(rates, "5m") - written_1h * premium(rates, "1h")
