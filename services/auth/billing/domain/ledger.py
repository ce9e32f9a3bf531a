"""Credits: whole tokens that were bought or given, and what became of them. Entries are only ever added.

A lease takes tokens off the balance for a gateway to charge from; it ends once, with what was charged. The sum of all
entries' `tokens` is the balance, that of their `reserved` what is under leases, and neither is ever below zero.
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

from libs.common.contracts.auth import PENCE_PER_MILLION

LEAST_PURCHASE_PENCE: Final = 500
Kind = Literal["trial", "grant", "purchase", "reserve", "release", "settle", "expire"]
Ending = Literal["settle", "expire"]
# Of what is left, a lease takes no more than this share, so that some is left for other gateways.
_SHARE: Final = 20


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What an organization has: tokens to lease, tokens under leases, and whether its admins know that little is left."""

    balance: int = 0
    reserved: int = 0
    low_told: bool = False

    @property
    def spendable(self) -> int:
        """All that is there; what leases will have charged is not known before they end."""
        return self.balance + self.reserved


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One change, by an id that is its own: writing it again changes nothing. `ref` says what it is about."""

    org_id: str
    id: str
    kind: Kind
    tokens: int
    reserved: int = 0
    at: datetime
    ref: str | None = None


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens with a gateway."""

    org_id: str
    id: str
    tokens: int
    opened_at: datetime


MOST_PENCE = 1_000_000  # of one purchase; more is taken for a typing error


def tokens_for(pence: int) -> int:
    """How many tokens so much money buys."""
    return pence * 1_000_000 // PENCE_PER_MILLION


def grant(balance: int, need: int, wanted: int) -> int:
    """How much a lease gets, in whole multiples of what is needed; 0 where there is too little."""
    if need > balance or need <= 0:
        return 0
    return max(1, min(wanted, balance // _SHARE) // need) * need


def added(org_id: str, kind: Literal["trial", "grant", "purchase"], tokens: int, source: str, at: datetime) -> Entry:
    """Credits are added; the same source adds them once."""
    return Entry(org_id=org_id, id=f"{kind}:{source}", kind=kind, tokens=tokens, at=at, ref=source)


def reserved(lease: Lease) -> Entry:
    """A lease begins."""
    return _of(lease, "reserve", -lease.tokens, lease.tokens, lease.opened_at)


def released(lease: Lease, tokens: int, at: datetime) -> Entry:
    """A lease returns what it will not use, and stays open."""
    return _of(lease, "release", tokens, -tokens, at)


def settled(lease: Lease, used: int, at: datetime, kind: Ending) -> Entry:
    """A lease ends: what was used is charged, the rest is returned."""
    used = max(0, min(used, lease.tokens))
    entry = _of(lease, kind, lease.tokens - used, -lease.tokens, at)
    return msgspec.structs.replace(entry, id=f"{lease.id}:end")  # however it ends, it ends once


def _of(lease: Lease, kind: Kind, tokens: int, held: int, at: datetime) -> Entry:
    return Entry(
        org_id=lease.org_id, id=f"{lease.id}:{kind}", kind=kind, tokens=tokens, reserved=held, at=at, ref=lease.id
    )
