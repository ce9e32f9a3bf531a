"""A provider's cache, the gateway's memory, and a clock that only counts."""

import json
from datetime import UTC, datetime

import msgspec

from bench.prefix.traffic import MODEL, Body
from libs.common import catalog
from libs.common.contracts.events import TokenClasses
from services.gateway.domain.prefix_writes import Lifetime, Place, rates
from services.gateway.providers.anthropic.breakpoints import beginning
from services.gateway.state.prefix_reuse import PrefixReuse
from tests.fake_provider import meter
from tests.fake_provider.meter import Usage
from tests.fake_provider.prefix_cache import PrefixCache

_TODAY = datetime.now(UTC).date()
_PLACE = Place("org", "key", MODEL)


class Played:
    """One organization's traffic: a clock, the provider's cache, and the gateway's memory."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lifetime: Lifetime = "5m"
        self.provider = PrefixCache(lambda: self.now)
        self.reuse = PrefixReuse(lambda: self.now)
        self._model = catalog.load().find(MODEL)

    def used(self, body: Body) -> Usage:
        """The input of one call with our breakpoints."""
        data = msgspec.json.encode(body)
        begins = beginning(data)
        made = None
        if begins is not None and self._model is not None:
            size = begins.fixed + begins.earlier + begins.newest
            known = rates(self._model, _TODAY, size)
            made = None if known is None else self.reuse.decide(_PLACE, begins, known)
            if made is not None:
                self.lifetime = made.lifetime
                data = begins.with_breakpoints(made.lifetime, turns=made.turns)
        used = self.provider.used("account", MODEL, json.loads(data))
        if made is not None:
            told = TokenClasses(
                uncached_input=used.uncached_input,
                cache_read=used.cache_read,
                cache_write_5m=used.cache_write_5m,
                cache_write_1h=used.cache_write_1h,
            )
            self.reuse.note(made, told)
        return used


def bill_of(used: Usage) -> int:
    """The input bill in nano-dollars."""
    nano = meter.bill_usage(MODEL, used)
    assert nano is not None, "the model is on the list"
    return nano
