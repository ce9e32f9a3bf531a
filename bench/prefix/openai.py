"""Input bills under OpenAI's rules: without a key, with the client's own, with ours. Several conversations at a time, at a steady rate."""

from collections.abc import Sequence
from itertools import chain, zip_longest

import msgspec

from bench.optimizer.client import calls
from bench.optimizer.data import Sets
from bench.optimizer.tools import AIRLINE
from bench.prefix.traffic import Body
from services.gateway.domain.prefix_writes import Place
from services.gateway.state.cache_keys import CacheKeys
from tests.fake_provider import meter
from tests.fake_provider.openai_cache import OpenAICache

# Without a price for writes, and with one.
MODELS = ("gpt-5", "gpt-5.6")
RATES = (6, 60, 300)  # calls a minute
_TOGETHER = 20  # conversations at a time
_CONVERSATIONS = 60


class Bills(msgspec.Struct, frozen=True, kw_only=True):
    """Of each conversation, in nano-dollars: uncached, as it comes, with the session as key, with ours. `rate` is in calls a minute."""

    name: str
    model: str
    rate: int
    plain: list[int]
    none: list[int]
    own: list[int]
    ours: list[int]


def airline(sets: Sets) -> list[list[Body]]:
    """tau-bench's airline agent in the chat format."""
    found = (sets.airline() or [])[:_CONVERSATIONS]
    tools = [{"type": "function", "function": one} if "function" not in one else one for one in AIRLINE]
    return [[{"messages": list(messages), "tools": tools} for messages, _ in calls(one)] for one in found]


def single(system: str, questions: Sequence[str]) -> list[list[Body]]:
    """One call each, all with the same instructions: sessions have nothing of their own to be read."""
    told = {"role": "system", "content": system}
    return [[{"messages": [told, {"role": "user", "content": question}]}] for question in questions]


def bills(name: str, model: str, conversations: Sequence[Sequence[Body]], rate: int) -> Bills:
    """What they come to, `_TOGETHER` conversations at a time taking turns."""
    count = len(conversations)
    zeros = ([0] * count for _ in range(4))
    found = Bills(name=name, model=model, rate=rate, **dict(zip(("plain", "none", "own", "ours"), zeros, strict=True)))
    now = 0.0
    caches = [OpenAICache(lambda: now) for _ in range(3)]
    keys = CacheKeys(lambda: now)
    for at, body in _in_turn(conversations):
        now += 60 / rate
        key = keys.key(Place("org", "key", model), b"shape", str(at))
        named = (None, f"session-{at}", key)
        for cache, given, bill in zip(caches, named, (found.none, found.own, found.ours), strict=True):
            used = cache.used("account", model, {**body, **({} if given is None else {"prompt_cache_key": given})})
            bill[at] += _bill(model, used)
        found.plain[at] += _bill(model, meter.Usage(used.prompt))
    return found


def lines(sets: Sets, words: Sequence[str]) -> list[Bills]:
    """The bills of agents and of single calls, for both kinds of models, at each rate."""
    questions = [f"{word} {at}" for at in range(40) for word in words]
    traffics = {
        "tau airline": airline(sets),
        "single, one long system prompt": single(" ".join([*words] * 300), questions),
    }
    return [
        bills(name, model, conversations, rate)
        for name, conversations in traffics.items()
        for model in (MODELS if conversations else ())
        for rate in RATES
    ]


def columns(found: Bills) -> list[str]:
    """A row: what was sent, input bills, what keys saved of the bill without one, the share of conversations dearer with ours."""
    none = sum(found.none)
    pairs = list(zip(found.none, found.ours, strict=True))
    return [
        *(found.name, found.model, str(found.rate)),
        *(f"${sum(bill) / 1e9:.3f}" for bill in (found.plain, found.none, found.own, found.ours)),
        *(f"{100 * (1 - sum(bill) / none):.1f} %" for bill in (found.own, found.ours)),
        f"{100 * sum(after > before for before, after in pairs) / len(pairs):.1f} %",
        f"{max(100 * (after / before - 1) for before, after in pairs):+.1f} %",
    ]


def _in_turn(conversations: Sequence[Sequence[Body]]) -> list[tuple[int, Body]]:
    found: list[tuple[int, Body]] = []
    for start in range(0, len(conversations), _TOGETHER):
        group = [
            [(at, body) for body in conversations[at]]
            for at in range(start, min(start + _TOGETHER, len(conversations)))
        ]
        found += [one for one in chain.from_iterable(zip_longest(*group)) if one is not None]
    return found


def _bill(model: str, used: meter.Usage) -> int:
    nano = meter.bill_usage(model, used)
    assert nano is not None, "the model is on the list"
    return nano
